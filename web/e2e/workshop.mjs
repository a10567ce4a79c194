// SPDX-License-Identifier: GPL-3.0-or-later
// What is made by hand: music that is heard while it is steered, and a therapist's plan in a session that plays.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, root, run, serve, temporary, test, until } from './kit.mjs';

const data = temporary('workshop');
const music = join(data, 'music');
mkdirSync(music, { recursive: true });
for (let i = 0; i < 6; i++) {
  const f = 130 * 2 ** (i / 5);
  execFileSync('sox', ['-n', '-r', '44100', '-c', '2', join(music, `tone-${i}.flac`), 'synth', '60', 'sine', `${f}`, 'synth', '60', 'sine', 'mix', `${f * 1.5}`, 'tremolo', `${1 + i / 2}`, '60', 'gain', '-8', 'fade', '1', '60', '1']);
}
run('library', 'scan', music, '--data', data, '--json');
const server = await serve(data);
const chrome = await browser();
const context = await chrome.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'dark', acceptDownloads: true });
const page = await context.newPage();
const patches = [];
page.on('request', (r) => { if (r.method() === 'PATCH' && r.url().includes('/compose/plays/')) patches.push(JSON.parse(r.postData())); });
await page.addInitScript(() => localStorage.setItem('attune.welcomed', 'yes'));
const browserPage = async (url) => {
  const fresh = await (await chrome.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
  await fresh.addInitScript(() => localStorage.setItem('attune.welcomed', 'yes'));
  await fresh.goto(url);
  return fresh;
};
const rms = () => page.evaluate(() => Number(document.getElementById('meter')?.value ?? 0));
const get = async (path) => (await fetch(`${server.url}/api/v1${path}`)).json();

await test('Compose: it is heard, and a control held by hand changes what is heard', async () => {
  await page.goto(`${server.url}/compose`);
  await page.getByRole('button', { name: 'Hear it live' }).click();
  await until(async () => (await rms()) > 0.002, 'sound', 20_000);
  const loudest = async (ms) => { let most = 0; const end = Date.now() + ms; while (Date.now() < end) { most = Math.max(most, await rms()); await page.waitForTimeout(50); } return most; };
  const intensity = page.getByRole('slider', { name: /Soft or strong/ });
  const set = async (value) => intensity.evaluate((el, v) => { el.value = String(v); el.dispatchEvent(new Event('input', { bubbles: true })); }, value);
  await set(0.05);
  await page.waitForTimeout(1500);
  const soft = await loudest(4000);
  await set(1);
  await page.waitForTimeout(1500);
  const strong = await loudest(4000);
  check(strong > soft * 1.3, `strong ${strong.toFixed(3)} is not louder than soft ${soft.toFixed(3)}`);
  check(patches.at(-1).controls?.intensity === 1, 'what is held by hand is sent');
  check((await page.getByRole('slider', { name: 'Soft or strong' }).count()) === 1, 'a control held by hand keeps its name');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await until(async () => (await page.locator('#meter').count()) === 0, 'the meter is gone');
});

await test('Compose: a piece is made, kept in the library, and its MIDI file begins as one', async () => {
  await page.getByLabel('Length in seconds').fill('12');
  await page.getByRole('button', { name: 'Make a piece' }).click();
  await page.getByRole('button', { name: 'Save to the library' }).waitFor({ timeout: 60_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download MIDI' }).click()]);
  check(readFileSync(await download.path()).subarray(0, 4).toString() === 'MThd', 'not a MIDI file');
  const before = (await get('/library/tracks?limit=0')).total;
  await page.getByRole('button', { name: 'Save to the library' }).click();
  await page.getByRole('link', { name: 'Open it in the library' }).click();
  await page.locator('table').first().waitFor();
  check((await get('/library/tracks?limit=0')).total === before + 1, 'the library has one track more');
});

await test('Start: a session of composed music sounds, the page and the record say who composes', async () => {
  await page.goto(server.url);
  await page.getByText('More options').click();
  check(await page.getByRole('radio', { name: 'None' }).isChecked(), 'nothing is composed unless it is asked for');
  await page.getByText('Nothing else', { exact: true }).click();
  const mirror = page.getByRole('checkbox', { name: /follow my skin/ });
  check(!(await mirror.isChecked()), 'biofeedback is off by default');
  await page.getByText('biofeedback', { exact: true }).waitFor();
  await page.getByText('Learned from folk tunes (HMM)', { exact: true }).click();
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.locator('#meter').waitFor({ state: 'attached', timeout: 20_000 });
  await until(async () => (await rms()) > 0.002, 'composed sound', 30_000);
  await page.getByText(/^Composed by what was learned from folk tunes: /).waitFor({ timeout: 15_000 });
  const id = (await get('/sessions')).sessions[0].id;
  const events = (await get(`/sessions/${id}/events`)).events;
  const start = events.find((e) => e.kind === 'start').data.compose;
  check(start.when === 'always' && start.engine === 'hmm' && start.mirror === false, `it began with ${JSON.stringify(start)}`);
  const composed = events.filter((e) => e.kind === 'composed');
  check(composed.length > 0 && composed[0].data.engine === 'hmm', `the record names ${composed[0]?.data.engine}`);
  await page.keyboard.press('s');
  await until(async () => (await get('/sessions')).sessions[0].status !== 'running', 'the session has ended');
});

const post = async (url, body) => {
  const answer = await fetch(`${url}/api/v1/sessions`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ goal: 'calm', minutes: 5, sink: 'null', ...body }) });
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() };
};
const refused = async (url, body, status, words) => {
  const said = await post(url, body);
  check(said.status === status && said.type === 'application/problem+json' && words.test(said.body.detail), `${JSON.stringify(body)}: ${said.status} ${JSON.stringify(said.body)}`);
};

await test('Start: what cannot be composed is refused with what to do', async () => {
  await refused(server.url, { compose: 'sometimes' }, 400, /'compose'/);
  await refused(server.url, { compose: 'always', engine: 'orchestra' }, 400, /'engine'/);
  await refused(server.url, { mirror: true }, 400, /mirror steers composed music/);
  // Without a soundfont and without the models of the learned engines.
  const share = join(data, 'share');
  mkdirSync(join(share, 'free'), { recursive: true });
  for (const name of readdirSync(join(root, 'share'))) symlinkSync(join(root, 'share', name), join(share, name));
  const bare = await serve(data, { env: { ATTUNE_SOUNDFONT: '/nowhere/font.sf3' } });
  await refused(bare.url, { compose: 'always' }, 503, /ATTUNE_SOUNDFONT names no file/);
  const there = await browserPage(bare.url);
  await there.getByText('More options').click();
  await there.getByText(/ATTUNE_SOUNDFONT names no file/).waitFor();
  check((await there.getByRole('radio', { name: 'Nothing else' }).count()) === 0, 'what cannot sound is not offered');
  await there.context().close();
  await bare.stop();
  const unlearned = await serve(data, { env: { ATTUNE_SHARE: share, ATTUNE_SHARE_ONLY: '1' } });
  await refused(unlearned.url, { compose: 'always', engine: 'lstm' }, 503, /engine lstm is not installed/);
  const { engines } = await (await fetch(`${unlearned.url}/api/v1/compose/options`)).json();
  check(engines.join() === 'rule', `what is offered is ${engines}`);
  await unlearned.stop();
});

await test('Start: where there is no music yet, everything can be composed', async () => {
  const empty = await serve(temporary('empty'));
  await refused(empty.url, {}, 404, /there is no music yet/);
  const there = await browserPage(empty.url);
  const go = there.getByRole('button', { name: 'Start listening' });
  await there.getByText('More options').click();
  check(await go.isDisabled(), 'without music there is nothing to start');
  await there.getByText('Nothing else', { exact: true }).click();
  await go.click();
  await there.locator('#meter').waitFor({ state: 'attached', timeout: 20_000 });
  await until(async () => (await there.evaluate(() => Number(document.getElementById('meter')?.value ?? 0))) > 0.002, 'composed sound', 30_000);
  await there.context().close();
  await empty.stop();
});

await test('Start: a flagged listener is told why nothing is composed, and is refused at the door too', async () => {
  const who = (await get('/people/me/help')) && (await get('/people')).people[0].id;
  const put = (flags) => fetch(`${server.url}/api/v1/people/${who}/intake`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ flags }) });
  await put(['trauma']);
  const there = await browserPage(server.url);
  await there.getByText('More options').click();
  await there.getByText(/you hear music that you know/).waitFor();
  check(await there.getByRole('radio', { name: 'Nothing else' }).isDisabled(), 'it is not offered');
  await there.context().close();
  await refused(server.url, { compose: 'always' }, 403, /own known music only/);
  await put([]);
});

await test('Therapist: raises a ceiling from the page; a listener can only lower it', async () => {
  const loudness = async () => get('/people/me/loudness');
  await page.goto(`${server.url}/settings`);
  await page.getByText('How loud it may get', { exact: true }).click();
  const own = page.getByLabel(/^Ceiling at the ear/);
  await own.waitFor();
  check((await own.getAttribute('max')) === String((await loudness()).ceiling_dba), 'the slider of the listener ends where the ceiling stands');
  await own.fill('58');
  await page.getByRole('button', { name: 'Set the ceiling' }).click();
  await until(async () => (await loudness()).ceiling_dba === 58, 'the ceiling is lowered');
  const put = (body) => fetch(`${server.url}/api/v1/people/me/loudness`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const raised = await put({ as: 'listener', ceiling_dba: 70 });
  check(raised.status === 403 && /only by a therapist/.test((await raised.json()).detail), `a listener raised it: ${raised.status}`);
  await page.goto(`${server.url}/therapist`);
  await page.getByRole('button', { name: 'How loud it may get' }).first().click();
  const ceiling = page.getByLabel(/^Ceiling at the ear/);
  await ceiling.waitFor();
  await until(async () => (await ceiling.inputValue()) === '58', 'it shows what stands');
  await ceiling.fill('72');
  await page.getByRole('button', { name: 'Set the ceiling' }).click();
  await until(async () => (await loudness()).ceiling_dba === 72, 'the therapist raised it');
  await page.getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await loudness()).ceiling_dba === 58, 'and took it back');
});

const plan = () => page.locator('ol.planned li');
let names = [];
await test('Therapist: a client is added, and the plan made by hand is what plays next, locked', async () => {
  await page.goto(`${server.url}/therapist`);
  await page.getByLabel('Initials').fill('A.');
  await page.getByLabel('Goal in one line').fill('an hour without hurry');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Goal of A.').waitFor();
  await page.locator('li', { has: page.getByLabel('Goal of A.') }).getByRole('button', { name: 'Start a session' }).click();
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.locator('#meter').waitFor({ state: 'attached', timeout: 20_000 });
  await page.getByRole('link', { name: 'Therapist' }).click();
  const picker = page.getByLabel('Choose pieces in the order in which they shall play');
  await picker.waitFor();
  for (const wanted of ['tone-4', 'tone-1']) {
    await picker.fill(wanted);
    await page.getByRole('button', { name: `${wanted}.flac`, exact: true }).click();
  }
  await page.getByRole('button', { name: 'Play them next and lock the plan' }).click();
  await until(async () => {
    names = await plan().allTextContents();
    const at = names.findIndex((n) => n.startsWith('tone-4') && n.includes('chosen by hand'));
    return at >= 0 && at <= 1 && names[at + 1]?.startsWith('tone-1') && names[at + 1].includes('chosen by hand');
  }, 'the two pieces stand next in the plan', 15_000).catch((e) => { throw new Error(`${e.message}; the plan is ${names.join(' | ')}`); });
  await page.getByRole('button', { name: 'Unlock the plan' }).waitFor();
});

await test('Therapist: the level is lowered while it plays', async () => {
  await page.getByLabel(/^Level:/).fill('-9');
  await page.getByRole('button', { name: 'Set the level' }).click();
  const id = (await get('/sessions')).sessions[0].id;
  await until(async () => (await get(`/sessions/${id}/events`)).events.some((e) => e.kind === 'command' && JSON.stringify(e.data).includes('override_level')), 'the record tells of it');
});

await test('Therapist: the note of the session is drafted from the record and signed by a person', async () => {
  await page.keyboard.press('s');
  await until(async () => (await get('/sessions')).sessions[0].status !== 'running', 'the session has ended');
  await page.goto(`${server.url}/therapist`);
  await page.getByRole('button', { name: 'Draft from the last session' }).click();
  const text = await page.getByLabel('Text of the note').inputValue();
  check(/tone-/.test(text), `the note names what was played: ${text}`);
  await page.getByLabel('Signed by').fill('B. C.');
  await page.getByRole('button', { name: 'Sign', exact: true }).click();
  await page.getByText('Signed by B. C.').waitFor();
  check((await page.getByLabel('Text of the note').getAttribute('readonly')) !== null, 'a signed note cannot be changed');
});

await chrome.close();
await server.stop();
finish();
