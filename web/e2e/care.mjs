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
// What the page of a session hears from the server: a test adds to it what a session says only after a minute, and
// holds it back as a slow line does.
let events = null;
let held = null;
await page.routeWebSocket(/\/live(\?|$)/, (socket) => {
  socket.connectToServer().onMessage((message) => (held ? held.push(message) : socket.send(message)));
  events = socket;
});
// What a page's own tone is like where it leaves for the loudspeaker: peak, and its loudest frequency.
await page.addInitScript(() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode && !globalThis.ear?.has(this.context)) {
      const analyser = new AnalyserNode(this.context, { fftSize: 32768, smoothingTimeConstant: 0 });
      (globalThis.ear ??= new Map()).set(this.context, analyser);
      connect.call(this, analyser);
    }
    return connect.call(this, to, ...more);
  };
  globalThis.listen = () => {
    let heard = { peak: 0, hz: 0 };
    for (const [context, analyser] of globalThis.ear ?? []) {
      if (context.state === 'closed') continue;
      const wave = new Float32Array(2048);
      analyser.getFloatTimeDomainData(wave);
      const peak = wave.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      if (peak <= heard.peak) continue;
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      heard = { peak, hz: (bins.indexOf(Math.max(...bins)) * context.sampleRate) / analyser.fftSize };
    }
    return heard;
  };
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
  await page.getByText('within a third of an octave of it is turned down by at least 12 dB').waitFor();
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

await test('the pitch of a tinnitus is found by ear: quiet, for five seconds at most, with the keyboard alone', async () => {
  await page.evaluate(() => localStorage.clear());
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('I have tinnitus').check();
  const slider = page.getByRole('slider', { name: 'Find it by ear' });
  const pitch = page.getByLabel(/^Its pitch in Hz/);
  const heard = () => page.evaluate(() => globalThis.listen());
  const sounds = (hz) => until(async () => { const h = await heard(); return h.peak > 0.009 && Math.abs(h.hz - hz) < 5; }, `a tone of ${hz} Hz`, 4000);
  const silent = (why) => until(async () => (await heard()).peak < 1e-4, why, 1000);
  check((await pitch.inputValue()) === '', 'nothing is chosen before somebody chooses');
  await slider.focus();
  await page.keyboard.press('Home');
  check((await pitch.inputValue()) === '500' && (await slider.getAttribute('aria-valuetext')) === '500 Hz', await pitch.inputValue());
  await page.keyboard.press('ArrowRight');
  check((await pitch.inputValue()) === '507', `a step of a 48th of an octave: ${await pitch.inputValue()}`);
  await page.keyboard.press('End');
  check((await pitch.inputValue()) === '12000', await pitch.inputValue());
  await pitch.fill('3000');
  check(Math.abs(Number((await slider.getAttribute('aria-valuetext')).replace(/\D/g, '')) - 3000) < 1, 'the slider follows the number');
  const hear = page.getByRole('button', { name: 'Hear it', exact: true });
  await hear.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Sounding: 3000 Hz').waitFor();
  await sounds(3000);
  const { peak } = await heard();
  check(peak < 0.0101, `its peak is ${peak}`);
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  const moved = Number(await pitch.inputValue());
  check(moved > 3000, `moved to ${moved}`);
  await sounds(moved);
  await page.keyboard.press('Escape');
  await page.getByText(`Silent. Chosen: ${moved} Hz`).waitFor();
  await silent('Escape stops it');
  check(await slider.isVisible(), 'and nothing else');
  await page.getByRole('button', { name: 'Hear it an octave higher' }).click();
  check(Number(await pitch.inputValue()) === 2 * moved, await pitch.inputValue());
  await sounds(2 * moved);
  await accessible();
  await page.getByText(/^Silent\./).waitFor({ timeout: 6000 });
  await silent('five seconds at most');
  await page.getByRole('button', { name: 'Hear it', exact: true }).click();
  await page.getByText(/^Sounding/).waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await silent('leaving stops it');
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  check(Number(await pitch.inputValue()) === 2 * moved, 'the value stays, in Hz');
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
  held = [];
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.locator('[aria-keyshortcuts=u]').waitFor({ timeout: 20_000 });
  const wish = last('/sessions');
  check(wish.companion === true && wish.person === client, JSON.stringify(wish));
  await page.keyboard.press('u');
  // Nobody has told the page yet whose session it is: help is there, and nobody's contact.
  await page.getByRole('dialog').getByRole('listitem').first().waitFor();
  await until(() => events !== null && held.length > 0, 'events that are held back');
  check((await page.getByText(/Kim 777|Ben 123/).count()) === 0, 'a contact before it is known whose');
  for (const message of held.splice(0)) events.send(message);
  held = null;
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
  // Once in words, once by a rating.
  await page.getByRole('button', { name: 'It gets harder' }).click();
  await page.getByRole('alertdialog', { name: 'Is this getting harder?' }).getByRole('button', { name: 'Silence' }).waitFor();
  await api('POST', `/sessions/${id}/ratings`, { kind: 'felt', value: { valence: -0.9, arousal: 0.2 }, prompted: false });
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
  // Some seconds of it are drawn in the next test.
  await until(async () => (await api('GET', `/sessions/${id}/events?as=therapist`)).events.filter((e) => e.kind === 'state').length >= 5, 'five seconds', 15_000);
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
  await until(async () => (await drawn()) > 0, 'it is drawn for who may see it');
  await api('PUT', `/people/${client}/intake`, { flags: ['psychosis_mania'] });
  await page.goto(`${server.url}/sessions/${id}`);
  await page.getByText('What Attune estimated is not shown here').waitFor();
  check((await drawn()) === 0, 'an estimate is drawn');
  check((await page.getByRole('link', { name: 'Everything that is kept' }).count()) === 0, 'the report for the professional is offered');
  await page.getByRole('link', { name: 'Report for the person' }).waitFor();
});

await test('the report for the professional is refused to the listener whose state is hidden, and there for a therapist', async () => {
  const { id } = (await api('GET', '/sessions')).sessions[0];
  const report = (query) => fetch(`${server.url}/api/v1/sessions/${id}/report?version=professional${query}`);
  for (const query of ['', '&as=listener', '&as=owner']) {
    const refused = await report(query);
    check(refused.status === 403 && (await refused.json()).detail.includes('therapist'), `${query}: ${refused.status}`);
  }
  check((await report('&as=therapist')).status === 200, 'a therapist reads it');
  await page.goto(`${server.url}/therapist`);
  const link = page.getByRole('region', { name: 'Reports' }).getByRole('link').first();
  const href = await link.getAttribute('href');
  check(href.includes('as=therapist') && (await fetch(server.url + href)).status === 200, href);
  await accessible();
});

/** Numbers of the estimate and of what recognisers read; what is round may be anything. */
const numbersOf = (value, out = new Set()) => {
  if (typeof value === 'number' && !Number.isInteger(value * 100)) out.add(value);
  else if (value && typeof value === 'object') Object.values(value).forEach((part) => numbersOf(part, out));
  return out;
};
await test('a live page of a listener whose state is hidden gets nothing of it over the socket; a therapist’s gets all', async () => {
  const mine = (await api('POST', '/sessions', { goal: 'calm', minutes: 3, sink: 'null', person: client })).session;
  const follow = (as) => page.evaluate(([id, role]) => new Promise((done, failed) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/sessions/${id}/live?since=0${role ? `&as=${role}` : ''}`);
    const events = [];
    const enough = () => { socket.close(); done(events); };
    socket.onmessage = (m) => {
      events.push(...[JSON.parse(m.data)].flat());
      if (events.filter((e) => e.kind === 'state').length >= 5) enough();
    };
    socket.onerror = () => failed(new Error('no socket'));
    setTimeout(enough, 20_000);
  }), [mine, as]);
  await api('POST', `/sessions/${mine}/ratings`, { kind: 'felt', value: { valence: -0.37, arousal: 0.41 }, prompted: false });
  const [listener, therapist] = await Promise.all([follow(''), follow('therapist')]);
  const states = therapist.filter((e) => e.kind === 'state');
  check(states.length >= 3 && states.every((e) => e.data.felt), 'a therapist sees the estimate');
  const secret = numbersOf(states.map((e) => [e.data.felt, e.data.shadow]));
  check(secret.size > 10, `${secret.size} numbers`);
  const told = numbersOf(listener.map((e) => e.data));
  const out = [...secret].filter((x) => told.has(x));
  check(out.length === 0, `told: ${out.slice(0, 5).join(', ')}`);
  check(listener.some((e) => e.kind === 'heard') && listener.some((e) => e.kind === 'decision' && e.data.plan), 'what plays is told');
  check(listener.every((e) => !e.data.felt && !e.data.plan?.items?.some((i) => i.waypoint || i.predicted || i.score)), 'nothing of it by name');
  const record = numbersOf((await api('GET', `/sessions/${mine}/events`)).events.map((e) => e.data));
  check([...secret].every((x) => !record.has(x)), '/events tells it');
  // The page itself lives with what it gets.
  await page.goto(`${server.url}/live`);
  await page.getByText('What Attune estimated is not shown here').first().waitFor({ timeout: 10_000 });
  await accessible();
  await api('POST', `/sessions/${mine}/commands`, { kind: 'stop', args: {} });
  await until(async () => (await api('GET', '/sessions')).sessions[0].status !== 'running', 'the end of the session');
});

await test('slower and faster change the tempo, say it, and faster takes slower back', async () => {
  await api('PUT', '/people/me/intake', { flags: [] });  // what the first test marked lets nothing play
  const { session: id } = await api('POST', '/sessions', { goal: 'calm', minutes: 5, sink: 'null', from: { valence: -0.3, arousal: 0.4 } });
  const ratio = async () => (await api('GET', `/sessions/${id}/events`)).events.findLast((e) => e.kind === 'heard' && e.data.playing && e.data.kind === 'track')?.data.tempo_ratio;
  await page.goto(`${server.url}/live`);
  const tempo = page.getByRole('group', { name: 'Tempo' });
  await tempo.getByText('Its own tempo').waitFor({ timeout: 20_000 });
  await until(async () => (await ratio()) !== undefined, 'something plays', 20_000);
  const own = await ratio();
  const [slower, faster] = ['Slower', 'Faster again'].map((name) => tempo.getByRole('button', { name }));
  check((await faster.getAttribute('aria-disabled')) === 'true', 'there is nothing to take back yet');
  await slower.click();
  await tempo.getByRole('status').getByText('4 % slower').waitFor();
  await page.keyboard.press('l');
  await tempo.getByRole('status').getByText('8 % slower').waitFor();
  // The tempo glides by a third of a percent a second, too slowly to be noticed.
  await until(async () => (await ratio()) / own < 0.97, 'slower music', 40_000);
  await faster.click();
  await tempo.getByRole('status').getByText('4 % slower').waitFor();
  await page.keyboard.press('f');
  await tempo.getByRole('status').getByText('Its own tempo').waitFor();
  await until(async () => (await ratio()) / own > 0.995, 'its own tempo again', 40_000);
  await page.keyboard.press('f');
  await page.getByRole('status').filter({ hasText: 'The music has its own tempo already' }).waitFor();
  await accessible();
});

await test('never again, said on the live page, holds in the next session until Settings takes it back', async () => {
  const { id } = (await api('GET', '/sessions')).sessions[0];
  const heard = async () => (await api('GET', `/sessions/${id}/events`)).events.findLast((e) => e.kind === 'heard' && e.data.playing && e.data.track)?.data.track;
  const track = await heard();
  const title = rows.find((r) => r.key === track).title;
  await page.getByText('Never again', { exact: true }).click();
  await accessible();
  await page.getByRole('button', { name: 'Never this piece' }).click();
  await page.getByText('It will not be played again, today or later').waitFor();
  const soundsNow = async () => (await api('GET', `/sessions/${id}/events`)).events.findLast((e) => e.kind === 'heard').data.track;
  await until(async () => (await soundsNow()) !== track, 'it stops', 15_000);
  await page.keyboard.press('s');
  await until(async () => (await api('GET', '/sessions')).sessions[0].status !== 'running', 'the end of the session');
  const blocks = (await api('GET', '/people/me/blocks')).blocks;
  check(blocks.length === 1 && blocks[0].choice === track && blocks[0].by === 'local' && blocks[0].role === 'listener' && blocks[0].at, JSON.stringify(blocks));
  const next = (await api('POST', '/sessions', { goal: 'calm', minutes: 3, sink: 'null', from: { valence: -0.3, arousal: 0.4 } })).session;
  let plan;
  await until(async () => (plan = (await api('GET', `/sessions/${next}/events`)).events.find((e) => e.kind === 'decision' && e.data.plan)?.data.plan), 'a plan', 20_000);
  check(plan.items.length > 0 && plan.items.every((i) => i.track !== track), 'it is planned again');
  await api('POST', `/sessions/${next}/commands`, { kind: 'stop', args: {} });
  await page.goto(`${server.url}/settings`);
  const never = page.getByRole('region', { name: 'Never played' });
  await never.getByText(title).waitFor();
  await accessible();
  await never.getByRole('button', { name: 'Let it play again' }).click();
  await never.getByText('Nothing.').waitFor();
  check((await api('GET', '/people/me/blocks')).blocks.length === 0, 'it is taken back');
  await page.getByRole('button', { name: 'Undo' }).click();
  await never.getByText(title).waitFor();
});

await chrome.close();
await server.stop();
finish();
