// SPDX-License-Identifier: GPL-3.0-or-later
// What is made by hand: music that is heard while it is steered, and a therapist's plan in a session that plays.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, run, serve, temporary, test, until } from './kit.mjs';

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
