// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every page, phone and desktop, light and dark: compared with docs/screenshots, or taken anew.
//   node e2e/shots.mjs            compares; what differs is written to web/e2e/differences
//   node e2e/shots.mjs --update   takes the pictures of docs/screenshots anew
// With the pictures the server's answers are kept (e2e/pictured.json), and given again when pages are compared: what is
// judged is the page, not what a planner or a machine says today.
// A pixel differs if a channel is off by more than kChannel; a page differs if more than kShare of its pixels do.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser, check, finish, root, run, serve, temporary, test } from './kit.mjs';

const kChannel = 40;
const kShare = 0.01;
const kLeftOut = 'audio';
const update = process.argv.includes('--update');
const kept = join(root, 'docs/screenshots');
const differences = join(root, 'web/e2e/differences');
mkdirSync(update ? kept : differences, { recursive: true });

const data = temporary('shots');
if (update) run('simulate', 'library', '--tracks', '300', '--seed', '3', '--data', data);
for (const seed of update ? ['1', '2'] : []) run('session', 'run', '--goal', 'calm', '--minutes', '20', '--sense', `simulated:anxious?seed=${seed}&family=textbook`, '--sink', 'null', '--fast', '--seed', seed, '--data', data, '--json');
const server = await serve(data);
const chrome = await browser();
const ask = async (path) => (await fetch(server.url + path)).json();
const answers = join(root, 'web/e2e/pictured.json');
const pictured = update
  ? { session: (await ask('/api/v1/sessions')).sessions[0].id, track: (await ask('/api/v1/library/tracks?limit=1')).rows[0].key, answers: {} }
  : JSON.parse(readFileSync(answers, 'utf8'));
const { session, track } = pictured;
/** Keeps what the server says, or says it again. Texts are today's. */
async function answer(route) {
  const { pathname, search } = new URL(route.request().url());
  const where = pathname + search;
  if (route.request().method() !== 'GET' || pathname.startsWith('/api/v1/strings')) return route.continue();
  if (update) {
    const response = await route.fetch();
    const body = await response.text();
    pictured.answers[where] = JSON.parse(body.replaceAll(data, '/home/me/.local/share/attune').replaceAll(root, '/usr/share/attune'));
  }
  const kept = pictured.answers[where];
  return kept === undefined ? route.continue() : route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(kept) });
}
const pages = [['start', '/'], ['live', '/live'], ['library', '/library'], ['map', '/library'], ['track', `/library/${track}`], ['sessions', '/sessions'], ['session', `/sessions/${session}`], ['therapist', '/therapist'], ['compose', '/compose'], ['settings', '/settings']];
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } };

/** Share of pixels that differ; 1 if the sizes are not the same. Runs in the browser: it knows PNG. */
async function difference(page, before, after, boxes) {
  return page.evaluate(async ([a, b, leftOut, channel]) => {
    const read = async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      return createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    };
    const [x, y] = [await read(a), await read(b)];
    if (x.width !== y.width || Math.abs(x.height - y.height) > 4) return 1;
    const height = Math.min(x.height, y.height);
    const pixels = [x, y].map((image) => {
      const pen = new OffscreenCanvas(image.width, height).getContext('2d', { willReadFrequently: true });
      pen.drawImage(image, 0, 0);
      for (const box of leftOut) pen.clearRect(box.x - 4, box.y - 4, box.width + 8, box.height + 8);
      return pen.getImageData(0, 0, image.width, height).data;
    });
    let off = 0;
    for (let i = 0; i < pixels[0].length; i += 4) {
      if ([0, 1, 2].some((k) => Math.abs(pixels[0][i + k] - pixels[1][i + k]) > channel)) off += 1;
    }
    return off / (x.width * height);
  }, [before.toString('base64'), after.toString('base64'), boxes, kChannel]);
}

const judge = await chrome.newPage();
for (const scheme of ['dark', 'light']) {
  for (const [size, viewport] of Object.entries(sizes)) {
    const context = await chrome.newContext({ viewport, colorScheme: scheme, reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' });
    await context.addInitScript(() => localStorage.setItem('attune.welcomed', 'yes'));
    const page = await context.newPage();
    await page.route('**/api/v1/**', answer);
    for (const [name, path] of pages) {
      await test(`${name}-${size}-${scheme}`, async () => {
        await page.setViewportSize(viewport);
        await page.goto(server.url + path);
        await page.waitForSelector('h1', { timeout: 10_000 });
        if (name === 'map') await page.getByRole('button', { name: 'Map' }).click();
        await page.waitForTimeout(500);
        // The whole page in one window, so that what is fixed to its edges stands there.
        const tall = await page.evaluate(() => document.documentElement.scrollHeight);
        if (!['library', 'map'].includes(name) && tall > viewport.height) { await page.setViewportSize({ width: viewport.width, height: tall }); await page.waitForTimeout(200); }
        const picture = await page.screenshot();
        const file = join(kept, `${name}-${size}-${scheme}.png`);
        if (update) return writeFileSync(file, picture);
        const boxes = await page.evaluate((selector) => [...document.querySelectorAll(selector)].map((e) => e.getBoundingClientRect()).map(({ x, y, width, height }) => ({ x, y, width, height })), kLeftOut);
        const share = await difference(judge, readFileSync(file), picture, boxes);
        if (share > kShare) writeFileSync(join(differences, `${name}-${size}-${scheme}.png`), picture);
        check(share <= kShare, `${(100 * share).toFixed(2)} % of the pixels differ; see web/e2e/differences`);
      });
    }
    await context.close();
  }
}
if (update) writeFileSync(answers, JSON.stringify(pictured, null, 1) + '\n');
await chrome.close();
await server.stop();
finish();
