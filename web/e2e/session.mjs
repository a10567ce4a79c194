// SPDX-License-Identifier: GPL-3.0-or-later
// A session from the page, with real sound: start, hear, rate, why, stop; sensors on and off; the server
// killed in the middle. Chromium's fake camera and microphone stand in for devices.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, run, serve, temporary, test, until } from './kit.mjs';

const shots = process.argv.includes('--screenshots') ? process.argv[process.argv.indexOf('--screenshots') + 1] : null;
if (shots) mkdirSync(shots, { recursive: true });
const data = temporary('session');
const music = join(data, 'music');
mkdirSync(music, { recursive: true });
// A small library of tones with different tempo, loudness and colour, analysed by the program itself.
for (let i = 0; i < 8; i++) {
  const f = 110 * 2 ** (i / 4);
  execFileSync('sox', ['-n', '-r', '44100', '-c', '2', join(music, `piece-${i}.flac`), 'synth', '75', 'sine', `${f}`, 'synth', '75', 'sine', 'mix', `${f * 1.5}`, 'tremolo', `${1 + i / 3}`, '60', 'gain', '-8', 'fade', '1', '75', '1']);
}
run('library', 'scan', music, '--data', data, '--json');
let server = await serve(data);
const chrome = await browser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const context = await chrome.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'dark', permissions: ['camera', 'microphone'] });
const page = await context.newPage();
await page.addInitScript(() => {
  localStorage.setItem('attune.welcomed', 'yes');
  globalThis.tracksMade = [];
  const original = navigator.mediaDevices?.getUserMedia?.bind(navigator.mediaDevices);
  if (original) navigator.mediaDevices.getUserMedia = async (c) => { const s = await original(c); globalThis.tracksMade.push(...s.getTracks()); return s; };
});
const rms = () => page.evaluate(() => Number(document.getElementById('meter')?.value ?? 0));
const sessionsNow = async () => (await (await fetch(`${server.url}/api/v1/sessions`)).json()).sessions;

await test('start: one press, and sound is measured in the page', async () => {
  await page.goto(server.url);
  await page.locator('#feel-valence').focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('#feel-arousal').focus();
  await page.keyboard.press('End');
  const begun = Date.now();
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.locator('#meter').waitFor({ state: 'attached', timeout: 20_000 });
  await until(async () => (await rms()) > 0.002, 'RMS above silence', 20_000);
  console.log(`      sound after ${Date.now() - begun} ms`);
  if (shots) { await page.waitForTimeout(3000); await page.screenshot({ path: join(shots, 'playing-desktop-dark.png'), fullPage: true }); }
});

await test('why is shown, with the parts of the score', async () => {
  await page.locator('#why .lead').waitFor({ timeout: 15_000 });
  check((await page.locator('#why .lead').textContent()).trim().length > 10, 'a sentence');
  await page.getByText('All reasons and numbers').click();
  await page.getByText('Together').waitFor();
});

await test('a rating is given on an empty plane and changes the plan', async () => {
  const count = async () => (await (await fetch(`${server.url}/api/v1/sessions/${(await sessionsNow())[0].id}/events`)).json()).events.filter((e) => e.kind === 'decision' && e.data.what === 'plan_adopted').length;
  const before = await count();
  await page.keyboard.press('r');
  const plane = page.locator('dialog svg.rate');
  await plane.waitFor();
  check((await plane.locator('.now, .uncertainty, .felt').count()) === 0, 'no estimate may be in sight');
  const box = await plane.boundingBox();
  await page.mouse.click(box.x + box.width * 0.12, box.y + box.height * 0.12);
  await page.getByRole('button', { name: 'That is how I feel' }).click();
  await until(async () => (await count()) > before, 'a new plan after the rating', 20_000);
});

await test('microphone: the tile goes live, off stops capture within 1 s', async () => {
  const tile = page.locator('article', { has: page.getByRole('heading', { name: 'Microphone' }) });
  await tile.getByRole('switch').click();
  await tile.getByText('live', { exact: true }).waitFor({ timeout: 10_000 });
  await until(() => page.evaluate(() => globalThis.tracksMade.some((x) => x.kind === 'audio' && x.readyState === 'live')), 'an open microphone');
  await tile.getByRole('switch').click();
  const ms = await until(() => page.evaluate(() => globalThis.tracksMade.filter((x) => x.kind === 'audio').every((x) => x.readyState === 'ended')), 'the track has ended', 1000);
  console.log(`      capture ended after ${ms} ms`);
});

await test('camera: the face module loads from this host only, off stops capture within 1 s', async () => {
  const outside = [];
  page.on('request', (r) => { if (!r.url().startsWith(server.url) && !/^(data|blob):/.test(r.url())) outside.push(r.url()); });
  const tile = page.locator('article', { has: page.getByRole('heading', { name: 'Camera' }) });
  await tile.getByRole('switch').click();
  await tile.getByText(/no face|a face|too dark/).waitFor({ timeout: 60_000 });
  await tile.getByRole('switch').click();
  await until(() => page.evaluate(() => globalThis.tracksMade.filter((x) => x.kind === 'video').every((x) => x.readyState === 'ended')), 'the track has ended', 1000);
  check(outside.length === 0, outside.join(', '));
});

await test('stop: silent within 500 ms', async () => {
  await until(async () => (await rms()) > 0.0005, 'sound before the stop', 20_000);
  const times = await page.evaluate(async () => {
    // Measured where it sounds: the page's own output.
    const begun = performance.now();
    document.querySelector('.stopbar button').click();
    for (;;) {
      await new Promise((done) => setTimeout(done, 10));
      const meter = document.getElementById('meter');
      if (!meter || Number(meter.value) < 1e-4) return performance.now() - begun;
      if (performance.now() - begun > 3000) return Infinity;
    }
  });
  console.log(`      silent after ${Math.round(times)} ms`);
  check(times <= 500, `silent only after ${times} ms`);
  await page.getByText('The session has ended').waitFor({ timeout: 10_000 });
});

await test('the server is killed in mid-session: the page says so, and the session ends cleanly when it is back', async () => {
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.locator('#meter').waitFor({ state: 'attached', timeout: 20_000 });
  const port = server.port;
  await server.stop('SIGKILL');
  await page.getByText('The connection to Attune is lost').waitFor({ timeout: 10_000 });
  server = await serve(data, { port });
  await page.getByText('It was interrupted').waitFor({ timeout: 20_000 });
  check((await sessionsNow())[0].status === 'interrupted', 'the record says so too');
});

await chrome.close();
await server.stop();
finish();
