// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong is said in plain words, with what to do next: no music, no sound device, the camera refused, the
// server gone, the disk full, a file that is gone.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, run, serve, temporary, test, until } from './kit.mjs';

const chrome = await browser();
const open = async (url, options = {}) => {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  await context.addInitScript(() => localStorage.setItem('attune.welcomed', 'yes'));
  const page = await context.newPage();
  await page.goto(url);
  return page;
};
const plain = (text) => check(!/error|exception|null|undefined|\bE[A-Z]{3,}\b|\/home|\/tmp/i.test(text), `not plain: ${text}`);

await test('no music: the start page says so, offers two ways on, and does not start', async () => {
  const server = await serve(temporary('empty'));
  const page = await open(server.url);
  await page.getByRole('link', { name: 'Add your music' }).waitFor();
  await page.getByRole('button', { name: 'Let Attune compose a first library' }).waitFor();
  check(await page.getByRole('button', { name: 'Start listening' }).isDisabled(), 'there is nothing to start');
  const answer = await fetch(`${server.url}/api/v1/sessions`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ goal: 'calm', minutes: 5 }) });
  const { detail } = await answer.json();
  check(answer.status === 404 && /no music yet/.test(detail), detail);
  plain(detail);
  await page.goto(`${server.url}/library`);
  await page.locator('h1').waitFor();
  await page.context().close();
  await server.stop();
});

const data = temporary('errors');
const music = join(data, 'music');
mkdirSync(music);
for (let i = 0; i < 3; i++) execFileSync('sox', ['-n', '-r', '44100', '-c', '2', join(music, `piece-${i}.flac`), 'synth', '60', 'sine', `${220 * (i + 1)}`, 'gain', '-8']);
run('library', 'scan', music, '--data', data, '--json');
const server = await serve(data);

await test('a track is heard from its page, and says so when its file is gone', async () => {
  const row = (await (await fetch(`${server.url}/api/v1/library/tracks?q=piece-0`)).json()).rows[0];
  const page = await open(`${server.url}/library/${row.key}`);
  const audio = page.locator('audio');
  await audio.waitFor();
  await audio.evaluate((a) => { a.muted = true; return a.play(); });
  await until(() => audio.evaluate((a) => a.currentTime > 0.2 && a.duration > 59), 'it plays, and its length is known');
  await audio.evaluate((a) => { a.currentTime = 40; });
  await until(() => audio.evaluate((a) => a.currentTime > 40.2), 'it can be moved about in');
  rmSync(join(music, 'piece-0.flac'));
  const gone = await fetch(`${server.url}/api/v1/library/tracks/${row.key}/audio`);
  const { detail } = await gone.json();
  check(gone.status === 404 && /scan the library again/.test(detail), detail);
  plain(detail);
  await page.context().close();
});

await test('no sound device: said where it was chosen, with the other choice', async () => {
  if (existsSync('/dev/snd/pcmC0D0p')) return console.log('      this machine has a sound device: not shown here');
  const page = await open(server.url);
  await page.getByText("On Attune's machine").click();
  await page.getByRole('button', { name: 'Start listening' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor({ timeout: 20_000 });
  const text = await alert.textContent();
  check(/device/.test(text) && /in this page/i.test(text), text);
  plain(text);
  await page.context().close();
});

await test('the camera is refused: the tile says what to allow', async () => {
  const { session } = await (await fetch(`${server.url}/api/v1/sessions`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ goal: 'calm', minutes: 5, sink: 'null', sense: ['page:camera'] }) })).json();
  const page = await open(`${server.url}/live`);
  await page.addInitScript(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); });
  await page.reload();
  const tile = page.locator('article', { has: page.getByRole('heading', { name: 'Camera' }) });
  await tile.getByRole('switch').click();
  await tile.getByText('the browser refused. Allow it in the address bar').waitFor();
  await fetch(`${server.url}/api/v1/sessions/${session}/commands`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"kind":"stop"}' });
  await page.context().close();
});

await test('the disk is full: said with what to do, and that what was recorded is safe', async () => {
  const page = await open(`${server.url}/therapist`);
  await page.route('**/api/v1/people', (route) => route.request().method() === 'POST'
    ? route.fulfill({ status: 507, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:attune:error:disk_full', title: 'Insufficient Storage', status: 507, code: 'disk_full', detail: 'database or disk is full' }) })
    : route.continue());
  await page.getByLabel('Initials').fill('AB');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByText('The disk is full. Free some space').waitFor();
  await page.context().close();
});

await test('the server is gone: the page says so and goes on by itself when it is back', async () => {
  const page = await open(`${server.url}/library`);
  await page.locator('#track-0').waitFor();
  const port = server.port;
  await server.stop();
  await page.getByRole('searchbox').fill('x');
  await page.getByText('Attune does not answer').first().waitFor();
  const again = await serve(data, { port });
  await page.getByRole('searchbox').fill('piece');
  await page.getByText(/found/).waitFor({ timeout: 15_000 });
  await until(async () => (await page.getByText('Attune does not answer').count()) === 0, 'and says no more that it is gone', 15_000);
  await page.context().close();
  await again.stop();
});

await chrome.close();
finish();
