// SPDX-License-Identifier: GPL-3.0-or-later
// A listener across the room: a face of about 60 of 640 pixels, found in the page and kept.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, run, serve, temporary, test, until } from './kit.mjs';

const data = temporary('far');
const music = join(data, 'music');
mkdirSync(music, { recursive: true });
for (let i = 0; i < 4; i++)
  execFileSync('sox', ['-n', '-r', '44100', '-c', '2', join(music, `piece-${i}.flac`), 'synth', '75', 'sine', `${110 * 2 ** (i / 2)}`, 'tremolo', `${1 + i / 3}`, '60', 'gain', '-8', 'fade', '1', '75', '1']);
run('library', 'scan', music, '--data', data, '--json');
const portrait = '/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg';
const camera = join(data, 'camera.mjpeg');
execFileSync('ffmpeg', ['-v', 'error', '-loop', '1', '-t', '6', '-r', '10', '-i', portrait, '-vf', 'scale=150:-2,pad=640:480:380:130:color=0xa0a0a0,noise=alls=5:allf=t', '-pix_fmt', 'yuvj420p', '-q:v', '4', camera]);
const server = await serve(data);
const chrome = await browser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`]);
const page = await (await chrome.newContext({ permissions: ['camera', 'microphone'] })).newPage();
await page.addInitScript(() => {
  localStorage.setItem('attune.welcomed', 'yes');
  globalThis.seen = { faces: [], none: 0 };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) {
    if (this.url.endsWith('/sense')) {
      if (typeof message === 'string') globalThis.seen.none += JSON.parse(message).type === 'no_face' ? 1 : 0;
      else globalThis.seen.faces.push(Number(/"face_px":(\d+)/.exec(new TextDecoder().decode(message))?.[1]));
    }
    return send.call(this, message);
  };
});

await test('a face of about 60 pixels is found in the page, and then kept', async () => {
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.locator('article', { has: page.getByRole('heading', { name: 'Camera' }) }).getByRole('switch').click();
  const seen = () => page.evaluate(() => globalThis.seen);
  await until(async () => (await seen()).faces.length >= 3, 'three crops of the face', 90_000);
  const first = await seen();
  check(first.faces.every((px) => px >= 40 && px <= 110), `the face is ${first.faces.join(', ')} pixels wide`);
  await until(async () => (await seen()).faces.length >= first.faces.length + 10, 'ten more', 30_000);
  const then = await seen();
  check(then.none - first.none <= 2, `${then.none - first.none} looks of ${then.faces.length - first.faces.length} lost it`);
});

await chrome.close();
await server.stop();
finish();
