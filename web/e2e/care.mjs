// SPDX-License-Identifier: GPL-3.0-or-later
// Care in the pages: what a flag needs is asked for, memories are marked, a client's session shows the client's own
// contact, help is offered to whom it gets worse, and a state that must not be seen is not drawn.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, root, run, serve, temporary, test, until } from './kit.mjs';

const axe = readFileSync(join(root, 'web/node_modules/axe-core/axe.min.js'), 'utf8');
const data = temporary('care');
// Real files: a simulated library has simulated sessions, which are nobody's.
const music = join(data, 'music');
mkdirSync(music, { recursive: true });
for (let i = 0; i < 5; i++) execFileSync('sox', ['-n', '-r', '22050', '-c', '1', join(music, `piece-${i}.wav`), 'synth', '60', 'sine', `${110 * 2 ** (i / 4)}`, 'tremolo', `${1 + i / 3}`, '60', 'gain', '-8']);
run('library', 'scan', music, '--data', data, '--json');
const server = await serve(data);
const api = async (method, path, body) => {
  const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined });
  check(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
};
const chrome = await browser();
const context = await chrome.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', bypassCSP: true });
const page = await context.newPage();
let events = null;  // what the page of a session hears from the server; a test adds to it what a session says only after a minute
await page.routeWebSocket(/\/live(\?|$)/, (socket) => {
  socket.connectToServer();
  events = socket;
});
const sent = [];
page.on('request', (r) => { if (['POST', 'PUT'].includes(r.method())) sent.push({ path: new URL(r.url()).pathname.replace('/api/v1', ''), body: JSON.parse(r.postData() || '{}') }); });
const last = (path) => sent.findLast((s) => s.path === path)?.body;
async function accessible() {
  for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 860 }]) {
    await page.setViewportSize(viewport);
    await page.evaluate(axe);
    const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
    check(result.violations.length === 0, result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary}`).join(' | ')}`).join('\n'));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `the page is ${wide} px wider than the screen`);
  }
}
const rows = (await api('GET', '/library/tracks?limit=40')).rows;
async function pick(label, row) {
  await page.getByLabel(label).fill(row.title);
  await page.getByRole('group', { name: 'Tracks found' }).or(page.locator('.chips')).getByRole('button', { name: row.title, exact: true }).first().click();
}

await test('onboarding asks what a marked flag needs, and the three marks of a memory', async () => {
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Next' }).click();
  check((await page.getByLabel('Its pitch in Hz').count()) === 0, 'asked only where it is needed');
  for (const flag of ['I have tinnitus', 'Trauma or dissociation', 'Music or flicker can bring on seizures']) await page.getByLabel(flag).check();
  const pitch = page.getByLabel(/^Its pitch in Hz/);
  await pitch.fill('50');
  check(await page.getByRole('button', { name: 'Next' }).isDisabled(), 'a pitch of 50 Hz is out of range');
  await pitch.fill('6000');
  await pick('A safe piece to come back to (optional)', rows[1]);
  await pick('What can bring it on: artists or pieces that must never play', rows[2]);
  await page.getByLabel('Kinds of music that must never play').fill('Techno, strobe');
  await page.getByLabel(/^Someone to turn to/).fill('Kim 777');
  await accessible();
  await page.getByRole('button', { name: 'Next' }).click();
  await pick('Carries memories', rows[3]);
  await page.getByLabel(/^When may .* play/).selectOption('only-with-me');
  await accessible();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await page.locator('.onboarding').waitFor({ state: 'detached' });
  const told = await api('GET', '/people/me/intake');
  check(told.tinnitus_hz === 6000 && told.safe_track === rows[1].key && told.contact === 'Kim 777', JSON.stringify(told));
  check(JSON.stringify(told.triggers) === '["strobe","techno"]' && told.trigger_tracks[0] === rows[2].key, JSON.stringify(told));
  check(last('/people/me/taste').memory_marks[rows[3].key] === 'only-with-me', JSON.stringify(last('/people/me/taste')));
});

const client = (await api('POST', '/people', { initials: 'KM', goal_line: 'rest' })).id;
await api('PUT', `/people/${client}/intake`, { flags: [], contact: 'Ben 123' });

await test('a session for a client says who is with them, and shows the contact of the client', async () => {
  await page.goto(`${server.url}/therapist`);
  const line = page.locator('.clients li').filter({ has: page.getByLabel('Goal of KM') });
  await line.getByRole('button', { name: 'Start a session' }).click();
  await page.locator('#feel-valence').focus();
  await page.keyboard.press('End');
  await page.locator('#feel-arousal').focus();
  await page.keyboard.press('Home');
  await page.getByText('More options').click();
  await page.getByLabel('Somebody is with me').check();
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.getByRole('button', { name: 'I don’t feel safe' }).or(page.locator('[aria-keyshortcuts=u]')).first().waitFor({ timeout: 20_000 });
  const wish = last('/sessions');
  check(wish.companion === true && wish.person === client, JSON.stringify(wish));
  await page.keyboard.press('u');
  await page.getByRole('dialog').getByText('Ben 123').waitFor();
  check((await page.getByText('Kim 777').count()) === 0, 'the contact of somebody else');
  await page.getByRole('button', { name: 'I am fine, go on' }).click();
});

await test('a piece that carries memories is asked about by its title, and the answer says which piece it is about', async () => {
  const id = (await api('GET', '/sessions')).sessions[0].id;
  const piece = { track: rows[3].key, title: 'Clair de <lune>' };
  const event = (what, code, question, answers) =>
    JSON.stringify({ seq: 0, t_s: 1, kind: 'decision', actor: 'local', origin: 'live', data: { what, request: 0, plan: null, question, answers, reasons: [{ code, args: piece, contribution: 0 }] } });
  events.send(event('ask', 'memory_fits', 'memory', ['yes', 'no']));
  const question = page.getByRole('alertdialog', { name: '“Clair de <lune>” carries memories for you. Would you like to hear it now?' });
  await question.waitFor();
  await accessible();
  await question.getByRole('button', { name: 'Yes, play it' }).click();
  await question.waitFor({ state: 'detached' });
  const said = last(`/sessions/${id}/commands`);
  check(said.kind === 'yes' && said.args.track === rows[3].key, JSON.stringify(said));
  events.send(event('ask', 'memory_fits', 'memory', ['yes', 'no']));
  await question.waitFor();
  events.send(event('no', 'memory_unanswered', '', []));   // nobody answered
  await question.waitFor({ state: 'detached' });
});

await test('who says twice that it gets worse is offered contact and help card, and the therapist is told', async () => {
  const id = (await api('GET', '/sessions')).sessions[0].id;
  check((await page.getByText('You said again that it is getting harder').count()) === 0, 'not before');
  for (const valence of [-0.9, -0.95]) {
    await api('POST', `/sessions/${id}/ratings`, { kind: 'felt', value: { valence, arousal: 0.2 }, prompted: false });
    await page.waitForTimeout(1500);
  }
  const offered = page.getByRole('region', { name: 'You said again that it is getting harder' });
  await offered.getByText('Ben 123').waitFor({ timeout: 15_000 });
  check((await offered.getByRole('listitem').count()) > 0, 'the help card');
  await accessible();
  await offered.getByRole('button', { name: 'Put this away' }).click();
  await offered.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Therapist' }).click();
  const flags = page.getByRole('region', { name: 'Flags' });
  await flags.getByText('the second time').first().waitFor();
  await flags.getByText('does not feel safe').first().waitFor();
  check((await flags.getByText('KM').count()) >= 2, 'whose flags they are');
  await accessible();
  await page.keyboard.press('s');
  await until(async () => (await api('GET', '/sessions')).sessions[0].status !== 'running', 'the end of the session');
  await page.goto(`${server.url}/therapist`);  // from the record, too
  await flags.getByText('the second time').first().waitFor();
});

await test('a state that must not be seen is not drawn', async () => {
  const { id } = (await api('GET', '/sessions')).sessions[0];
  const drawn = async () => page.locator('svg .felt').evaluateAll((lines) => lines.filter((l) => l.getBoundingClientRect().width > 0).length);
  await page.goto(`${server.url}/sessions/${id}`);
  await page.getByRole('heading', { name: 'The path' }).waitFor();
  check((await drawn()) > 0, 'it is drawn for who may see it');
  await api('PUT', `/people/${client}/intake`, { flags: ['psychosis_mania'] });
  await page.goto(`${server.url}/sessions/${id}`);
  await page.getByText('What Attune estimated is not shown here').waitFor();
  check((await drawn()) === 0, 'an estimate is drawn');
});

await chrome.close();
await server.stop();
finish();
