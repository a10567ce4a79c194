// SPDX-License-Identifier: GPL-3.0-or-later
// What the end-to-end tests share: the real program on a real database, Debian's Chromium, plain checks.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { chromium } from 'playwright-core';

export const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
export const attune = process.env.ATTUNE_BIN ?? join(root, 'build/release/attune');

export function temporary(name) {
  const folder = mkdtempSync(join(tmpdir(), `attune-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function run(...args) {
  return execFileSync(attune, args, { encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, OMP_WAIT_POLICY: 'passive' } });
}

/** Starts `attune serve` and waits until it says where it is. */
export async function serve(data, { port = 0, args = [], env = {} } = {}) {
  const child = spawn(attune, ['serve', '--json', '--data', data, '--port', String(port), ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  process.on('exit', () => child.kill('SIGKILL'));
  const url = await new Promise((done, failed) => {
    let text = '';
    child.stdout.on('data', (block) => {
      text += block;
      const match = text.match(/"url":"([^"]+)"/);
      if (match) done(match[1].replace(/\/$/, ''));
    });
    child.on('exit', (code) => failed(new Error(`attune serve ended with ${code}`)));
  });
  const exited = new Promise((done) => child.on('exit', done));
  return { url, port: Number(new URL(url).port), child, pid: child.pid, stop: async (signal = 'SIGTERM') => { child.kill(signal); await exited; } };
}

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export async function browser(extra = []) {
  if (!existsSync(chromiumPath)) throw new Error(`no Chromium at ${chromiumPath}`);
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=user-gesture-required', ...extra]
  });
}

let passed = 0;
const failures = [];
export async function test(name, body) {
  const begun = Date.now();
  try {
    await body();
    passed += 1;
    console.log(`ok    ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}\n      ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n      ')}`);
  }
}
const kStall_ms = 40;
/** A thread that only sleeps: how late the machine woke it at worst [ms] is what nobody here could have done better. */
function watchStalls() {
  const worst = new Float64Array(new SharedArrayBuffer(8));
  const watch = new Worker(
    `const { workerData: worst } = require('node:worker_threads');
     let last = performance.now();
     setInterval(() => { const now = performance.now(); worst[0] = Math.max(worst[0], now - last - 5); last = now; }, 5);`,
    { eval: true, workerData: worst }
  );
  return async () => { await watch.terminate(); return worst[0]; };
}
/** For what must not wait: where `body` failed while the machine itself stood still, it is done again, twice at most. */
export async function undisturbed(body) {
  for (let left = 2; ; left--) {
    const stall = watchStalls();
    try {
      const result = await body();
      await stall();
      return result;
    } catch (error) {
      const worst = await stall();
      if (left === 0 || worst < kStall_ms) throw error;
      console.log(`      again: the machine stood still for ${worst.toFixed(0)} ms (${error.message})`);
    }
  }
}
export function check(condition, message) {
  if (!condition) throw new Error(message);
}
export async function until(probe, what, limit_ms = 8000) {
  const begun = Date.now();
  for (;;) {
    const value = await probe();
    if (value) return Date.now() - begun;
    if (Date.now() - begun > limit_ms) throw new Error(`not within ${limit_ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
export function finish() {
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exit(failures.length ? 1 : 0);
}
