// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { clock, ellipse, fixed, withSd } from '../src/lib/format';
import { inside } from '../src/lib/library';
import { alignment, gainOf, kCropSize, kEyeY, kLeftEyeX, kRightEyeX } from '../src/sensors/crop';
import { readHeartRate } from '../src/sensors/heart';
import { frame } from '../src/sensors/sensors.svelte';
import { readPacket } from '../src/sound/packet';

describe('numbers', () => {
  it('reads as people write', () => {
    expect([clock(75), clock(3725), clock(null), clock(Number.NaN)]).toEqual(['1:15', '1:02:05', '–', '–']);
    expect(fixed(-0.254)).toBe('−0.25');
    expect(withSd(0.5, null)).toBe('0.50');
  });
  it('turns a covariance into its ellipse', () => {
    const { a, b, angle } = ellipse([4, 0, 1]);
    expect([a, b, angle]).toEqual([2, 1, 0]);
    expect(ellipse([1, 0.5, 1]).angle).toBeCloseTo(Math.PI / 4);
    expect(ellipse([1, 0, 4]).angle).toBeCloseTo(Math.PI / 2);
  });
});

describe('the lasso', () => {
  it('holds what lies inside, also in a concave shape', () => {
    const shape: [number, number][] = [[0, 0], [10, 0], [10, 10], [5, 4], [0, 10]];
    expect([inside(2, 2, shape), inside(5, 8, shape), inside(9, 8, shape), inside(-1, 2, shape)]).toEqual([true, false, true, false]);
  });
});

describe('the aligned face', () => {
  it('puts the eyes where the trained crops have them, whatever the roll', () => {
    for (const roll of [-40, 0, 25]) {
      const r = (roll * Math.PI) / 180;
      const left = { x: 300 - 40 * Math.cos(r), y: 200 - 40 * Math.sin(r) };
      const right = { x: 300 + 40 * Math.cos(r), y: 200 + 40 * Math.sin(r) };
      const { matrix: [a, b, c, d, e, f], roll_deg } = alignment(left, right)!;
      expect(roll_deg).toBeCloseTo(roll);
      expect(a * left.x + c * left.y + e).toBeCloseTo(kLeftEyeX);
      expect(b * left.x + d * left.y + f).toBeCloseTo(kEyeY);
      expect(a * right.x + c * right.y + e).toBeCloseTo(kRightEyeX);
      expect(b * right.x + d * right.y + f).toBeCloseTo(kEyeY);
    }
    expect(alignment({ x: 1, y: 1 }, { x: 1, y: 1 })).toBeNull();
  });
  it('has one definition of those places: the header that the server and the trainers are built from', () => {
    const header = readFileSync(new URL('../../src/flow/crop.hpp', import.meta.url), 'utf8');
    const line = /kLeftEyeX = ([\d.]+), kRightEyeX = ([\d.]+), kEyeY = ([\d.]+);/.exec(header)!;
    expect([kLeftEyeX, kRightEyeX, kEyeY]).toEqual(line.slice(1, 4).map(Number));
    expect(kCropSize).toBe(Number(/kCropSize = (\d+);/.exec(header)![1]));
    const page = readFileSync(new URL('../src/sensors/crop.ts', import.meta.url), 'utf8');
    expect(page).not.toMatch(/k(CropSize|LeftEyeX|RightEyeX|EyeY)\s*=\s*[\d.]/);
  });
  it('brightens a dark frame and leaves a bright one', () => {
    expect(gainOf(new Uint8ClampedArray(64 * 4).fill(55)).gain).toBeCloseTo(4, 1);
    expect(gainOf(new Uint8ClampedArray(64 * 4).fill(255)).gain).toBe(1);
  });
});

describe('what comes from devices and the server', () => {
  it('reads heart-rate notifications with RR intervals', () => {
    expect(readHeartRate(new DataView(new Uint8Array([0x16, 72, 0x40, 0x03]).buffer))).toEqual({ bpm: 72, contact: true, rr_ms: [812.5] });
    expect(readHeartRate(new DataView(new Uint8Array([0x09, 44, 1, 9, 9]).buffer))).toEqual({ bpm: 300, contact: null, rr_ms: [] });
    expect(readHeartRate(new DataView(new ArrayBuffer(1)))).toBeNull();
    expect(readHeartRate(new DataView(new Uint8Array([0x01, 44]).buffer))).toBeNull();
  });
  it('reads the frame number of a packet', () => {
    const bytes = new Uint8Array(10);
    new DataView(bytes.buffer).setBigUint64(0, 960n * 1000n, true);
    expect(readPacket(bytes.buffer)!.frame).toBe(960_000);
    expect(readPacket(new ArrayBuffer(8))).toBeNull();
  });
  it('frames what sensors send as the server reads it', () => {
    const out = frame(1, { t_ms: 1 }, new Uint8Array([255, 216]));
    expect(out[0]).toBe(1);
    expect(out[1] | (out[2] << 8)).toBe('{"t_ms":1}'.length);
    expect(out.length).toBe(3 + 10 + 2);
  });
});
