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
// What the fake devices show and say: a public-domain portrait from Debian's python-matplotlib-data, swaying a
// little, and a synthetic voice.
const portrait = '/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg';
const camera = join(data, 'camera.mjpeg');
const voice = join(data, 'voice.wav');
execFileSync('ffmpeg', ['-v', 'error', '-loop', '1', '-t', '6', '-r', '10', '-i', portrait, '-vf', "scale=560:-2,crop=440:480:60+12*sin(t*2.1):30+6*sin(t*3.1),pad=640:480:100:0,noise=alls=5:allf=t", '-pix_fmt', 'yuvj420p', '-q:v', '4', camera]);
execFileSync('espeak-ng', ['-v', 'en', '-s', '150', '-w', join(data, 'spoken.wav'), 'Today I feel rather tired, but the morning was good. I walked along the river, and I met an old friend there. We talked for a long time.']);
execFileSync('sox', [join(data, 'spoken.wav'), '-r', '48000', '-c', '1', voice, 'gain', '-n', '-3', 'pad', '0', '0.6']);
let server = await serve(data);
const chrome = await browser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`, `--use-file-for-fake-audio-capture=${voice}`]);
const context = await chrome.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'dark', permissions: ['camera', 'microphone'] });
const page = await context.newPage();
await page.addInitScript(() => {
  localStorage.setItem('attune.welcomed', 'yes');
  globalThis.tracksMade = [];
  globalThis.sensed = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (this.url.endsWith('/sense')) globalThis.sensed.push({ at: performance.now(), kind: typeof data === 'string' ? JSON.parse(data).type : new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, 1)[0] });
    return send.call(this, data);
  };
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
});

await test('why is shown, with the parts of the score', async () => {
  await page.locator('#why .lead').waitFor({ timeout: 15_000 });
  check((await page.locator('#why .lead').textContent()).trim().length > 10, 'a sentence');
  await page.getByText('All reasons and numbers').click();
  await page.getByText('Together').waitFor();
});

if (shots) {
  for (const [size, viewport] of Object.entries({ desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } })) {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(viewport);
      await page.waitForTimeout(300);
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width: viewport.width, height: Math.max(tall, viewport.height) });
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(shots, `playing-${size}-${scheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 860 });
}

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

const tileOf = (name) => page.locator('article', { has: page.getByRole('heading', { name }) });
const evidenceOf = async (source) => (await (await fetch(`${server.url}/api/v1/sessions/${(await sessionsNow())[0].id}/events`)).json()).events.filter((e) => e.kind === 'evidence' && e.data.source === source);
/** Switches a sensor off and says how long it went on: tracks, and what the socket still carried. */
async function switchOff(tile, kind, messages) {
  const clicked = await page.evaluate(() => performance.now());
  await tile.getByRole('switch').click();
  const ms = await until(() => page.evaluate((k) => globalThis.tracksMade.filter((x) => x.kind === k).every((x) => x.readyState === 'ended'), kind), 'the track has ended', 1000);
  await page.waitForTimeout(1500);
  const late = await page.evaluate(([from, wanted]) => globalThis.sensed.filter((m) => wanted.includes(m.kind) && m.at > from + 1000).length, [clicked, messages]);
  check(late === 0, `${late} messages more than a second after it was switched off`);
  console.log(`      capture ended after ${ms} ms, the socket is silent`);
}

await test('a sensor that was not consented to is refused at the socket', async () => {
  const id = (await sessionsNow())[0].id;
  const answer = await page.evaluate((session) => new Promise((done) => {
    const socket = new WebSocket(`/api/v1/sessions/${session}/sense`.replace(/^/, location.origin.replace('http', 'ws')));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'open', sensor: 'camera' }));
    socket.onmessage = (m) => { socket.close(); done(JSON.parse(m.data)); };
    setTimeout(() => done(null), 5000);
  }), id);
  check(answer?.type === 'refused' && /face/.test(answer.detail), `the answer was ${JSON.stringify(answer)}`);
});

await test('camera: a face is found in the page and judged by the server; off stops capture within 1 s', async () => {
  const outside = [];
  page.on('request', (r) => { if (!r.url().startsWith(server.url) && !/^(data|blob):/.test(r.url())) outside.push(r.url()); });
  const tile = tileOf('Camera');
  await tile.getByRole('switch').click();
  await tile.getByText('a face', { exact: true }).waitFor({ timeout: 90_000 });
  await tile.getByText('live', { exact: true }).waitFor();
  const sizes = await page.evaluate(() => globalThis.sensed.filter((m) => m.kind === 1).length);
  check(sizes > 0, 'crops leave the page');
  await until(async () => (await evidenceOf('page:camera')).length > 0, 'evidence from the face in the record', 20_000);
  await switchOff(tile, 'video', [1, 'no_face']);
  check(outside.length === 0, outside.join(', '));
});

await test('microphone: a voice is heard and judged by the server; off stops capture within 1 s', async () => {
  const tile = tileOf('Microphone');
  await tile.getByRole('switch').click();
  await tile.getByText('hears you').waitFor({ timeout: 10_000 });
  await tile.getByText('live', { exact: true }).waitFor();
  await until(async () => (await evidenceOf('page:microphone')).length > 0, 'evidence from the voice in the record', 20_000);
  const evidence = await evidenceOf('page:microphone');
  check(evidence.every((e) => e.origin === 'live'), `its origin is ${evidence[0].origin}`);
  await switchOff(tile, 'audio', [2]);
});

await test('a sensor that was switched off is heard again in the same session when it is switched on again', async () => {
  for (const [name, source] of [['Microphone', 'page:microphone'], ['Camera', 'page:camera']]) {
    const tile = tileOf(name);
    const before = (await evidenceOf(source)).length;
    check(before > 0, `nothing came of ${source} before`);
    await tile.getByRole('switch').click();
    await tile.getByText('live', { exact: true }).waitFor({ timeout: 20_000 });
    await until(async () => (await evidenceOf(source)).length > before, `evidence of ${source} after it came back`, 60_000);
    // Off and on at once: the last word counts.
    await tile.getByRole('switch').click();
    await tile.getByRole('switch').click();
    await page.waitForTimeout(1500);
    const again = (await evidenceOf(source)).length;
    await until(async () => (await evidenceOf(source)).length > again, `evidence of ${source} after off and on at once`, 60_000);
    await tile.getByRole('switch').click();
  }
  const told = (await (await fetch(`${server.url}/api/v1/sessions/${(await sessionsNow())[0].id}/events`)).json()).events.filter((e) => e.kind === 'command').map((e) => e.data.kind);
  check(told.includes('withdraw_sensor') && told.includes('grant_sensor'), `the record tells of it: ${told.join(', ')}`);
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
