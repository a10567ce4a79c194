// SPDX-License-Identifier: GPL-3.0-or-later
// The page's jitter buffer, driven as a browser drives it: 128 frames at a time, packets of 20 ms that
// come when a plan says. What is played is compared with what was sent, frame by frame.
import { describe, expect, it } from 'vitest';

type Stats = { frame: number; ahead: number; target: number; underruns: number; dropped: number; silent: number; missing: number; step: number };
interface Worklet {
  port: { onmessage: (event: { data: unknown }) => void };
  process(inputs: unknown, outputs: Float32Array[][]): boolean;
  play: number;
  write: number;
  target: number;
  underruns: number;
  missing: number;
  dropped: number;
}
const classes: Record<string, new (options?: object) => Worklet> = {};
const world = globalThis as unknown as Record<string, unknown>;
world.AudioWorkletProcessor = class {
  port = { onmessage: () => {}, postMessage: (_: Stats) => {} };
};
world.registerProcessor = (name: string, one: new (options?: object) => Worklet) => (classes[name] = one);
world.currentTime = 0;
// @ts-expect-error: a worklet's file, no module with types
await import('../public/worklets/player.js');

const kRate = 48000;
const kPacket = 960;
const music = (frame: number) => 0.25 * Math.sin((2 * Math.PI * 440 * frame) / kRate);

/** When packet k (made at 20 ms · k by the server's clock) reaches the worklet [s]. */
type Arrival = (k: number) => number;

function play(seconds: number, arrival: Arrival, watch?: (second: number, w: Worklet) => void, options?: object) {
  const w = new classes['attune-player'](options);
  const out = new Float32Array(seconds * kRate);
  let k = 0;
  let due = arrival(0);
  for (let at = 0; at + 128 <= out.length; at += 128) {
    for (; due <= at / kRate; due = Math.max(due, arrival(++k))) {
      const left = new Float32Array(kPacket);
      for (let i = 0; i < kPacket; i++) left[i] = music(k * kPacket + i);
      w.port.onmessage({ data: { frame: k * kPacket, left, right: left.slice() } });
    }
    w.process([], [[out.subarray(at, at + 128), new Float32Array(128)]]);
    if (watch && Math.floor((at + 128) / kRate) !== Math.floor(at / kRate)) watch(Math.round((at + 128) / kRate), w);
  }
  return { w, out };
}
const wait = 0.005; // s on the way, where nothing is late
const onTime: Arrival = (k) => k * 0.02 + wait;

// Minutes of sound: on a busy machine more than vitest's five seconds.
describe('the jitter buffer', { timeout: 60_000 }, () => {
  it('plays what comes on time bit by bit, 120 ms after it was made at most', () => {
    const { w, out } = play(30, onTime);
    expect([w.underruns, w.missing, w.dropped, w.target]).toEqual([0, 0, 0, 4800]);
    const begin = out.findIndex((x, i) => i > 0 && x !== 0 && out[i + 1] !== 0) - 1;
    expect(begin / kRate).toBeLessThanOrEqual(0.12);
    for (let i = begin + 240; i < out.length - 128; i++) if (out[i] !== Math.fround(music(i - begin))) expect(i).toBe('as sent');
  });

  it('grows before it runs dry, when packets come later and later', () => {
    // Held up once a second, each time 1 ms longer, to 150 ms: more than what lies ahead at the start.
    const late: Arrival = (k) => {
      const held = Math.min(150, Math.floor(k / 50)) / 1000;
      return k % 50 < 10 ? Math.max(onTime(k), onTime(k - (k % 50)) + held) : onTime(k);
    };
    const { w } = play(300, late);
    expect([w.underruns, w.missing]).toEqual([0, 0]);
    expect(w.target).toBeGreaterThan(7200);
    expect(w.target).toBeLessThanOrEqual(19200);
  });

  it('runs dry once for an outage that comes again and again, never for the next', () => {
    // Every five seconds nothing for 180 ms.
    const outage: Arrival = (k) => (k > 250 && k % 250 < 9 ? onTime(k - (k % 250)) + 0.18 : onTime(k));
    let early = 0;
    const { w } = play(90, outage, (second, x) => { if (second === 25) early = x.underruns; });
    expect(early).toBeGreaterThan(0);
    expect(early).toBeLessThanOrEqual(3);
    expect(w.underruns).toBe(early);
  });

  it('follows a server whose clock is 500 ppm off, either way, without a gap and without delay', () => {
    for (const ppm of [500, -500]) {
      let most = 0;
      const { w, out } = play(240, (k) => onTime(k) * (1 - ppm * 1e-6), (second, x) => { if (second > 60) most = Math.max(most, x.write - x.play); });
      expect([ppm, w.underruns, w.missing, w.dropped]).toEqual([ppm, 0, 0, 0]);
      expect(most / 48).toBeLessThanOrEqual(160);
      let step = 0;
      for (let i = kRate; i < out.length - 128; i++) step = Math.max(step, Math.abs(out[i]! - out[i - 1]!));
      expect(step).toBeLessThanOrEqual(2 * Math.PI * 440 / kRate * 0.25 * 1.01); // a click would be more
    }
  });

  it('gives the delay back when the trouble is over', () => {
    const trouble: Arrival = (k) => (k < 1500 && k % 250 < 9 && k > 250 ? onTime(k - (k % 250)) + 0.18 : onTime(k));
    let most = 0;
    const { w } = play(330, trouble, (_, x) => { most = Math.max(most, x.target); });
    expect(w.target).toBeLessThanOrEqual(most - 2 * kPacket);
    expect(w.write - w.play).toBeLessThanOrEqual(w.target + 1200 + kPacket);
    expect(w.dropped).toBe(0);
  });

  it('counts a lost packet as missing, with its length', () => {
    const w = new classes['attune-player']();
    const out = new Float32Array(kRate);
    let k = 0;
    for (let at = 0; at + 128 <= out.length; at += 128) {
      for (; k * kPacket <= at; k++) {
        if (k === 25) continue;
        const left = new Float32Array(kPacket).fill(0.25);
        w.port.onmessage({ data: { frame: k * kPacket, left, right: left.slice() } });
      }
      w.process([], [[out.subarray(at, at + 128), new Float32Array(128)]]);
    }
    expect(w.underruns).toBe(0);
    expect(w.missing).toBeGreaterThanOrEqual(kPacket);
    expect(w.missing).toBeLessThanOrEqual(kPacket + 3 * 240);
  });

  it('comes back from a cut wire near the present, under a fade', () => {
    // Nothing for a second, then all of it at once.
    const cut: Arrival = (k) => (k > 250 && k < 300 ? onTime(300) : onTime(k));
    const { w, out } = play(12, cut);
    expect(w.underruns).toBe(1);
    expect((w.write - w.play) / 48).toBeLessThanOrEqual(240);
    let step = 0;
    for (let i = 1; i < out.length - 128; i++) step = Math.max(step, Math.abs(out[i]! - out[i - 1]!));
    expect(step).toBeLessThanOrEqual(2 * Math.PI * 440 / kRate * 0.25 * 1.1);
  });
});
