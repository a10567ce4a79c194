// SPDX-License-Identifier: GPL-3.0-or-later
// Where an aligned face lies in a frame. The places of the eyes are flow/crop.hpp's: the build puts them in (vite.config.ts).

declare const __CROP_SIZE__: number, __CROP_LEFT_EYE_X__: number, __CROP_RIGHT_EYE_X__: number, __CROP_EYE_Y__: number;

export interface Point {
  x: number;
  y: number;
}
export const kCropSize = __CROP_SIZE__;
export const kLeftEyeX = __CROP_LEFT_EYE_X__;
export const kRightEyeX = __CROP_RIGHT_EYE_X__;
export const kEyeY = __CROP_EYE_Y__;

/** Mean of six landmarks of an eye (36..41 left in the picture, 42..47 right). */
export function centre(points: Point[]): Point {
  const sum = points.reduce((a, p) => ({ x: a.x + p.x, y: a.y + p.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

/** The canvas transform (a, b, c, d, e, f) that takes the eyes to their places in the crop, and the roll [degrees]. */
export function alignment(left: Point, right: Point): { matrix: [number, number, number, number, number, number]; roll_deg: number } | null {
  const dx = right.x - left.x;
  const dy = right.y - left.y;
  const distance = Math.hypot(dx, dy);
  if (!(distance > 2)) return null;
  const scale = (kRightEyeX - kLeftEyeX) / distance;
  const angle = Math.atan2(dy, dx);
  const cos = Math.cos(-angle) * scale;
  const sin = Math.sin(-angle) * scale;
  const mid = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const to = { x: (kLeftEyeX + kRightEyeX) / 2, y: kEyeY };
  return {
    matrix: [cos, sin, -sin, cos, to.x - (cos * mid.x - sin * mid.y), to.y - (sin * mid.x + cos * mid.y)],
    roll_deg: (angle * 180) / Math.PI
  };
}

/** One factor a frame that takes the 95th percentile of luma to 220; never darkens, at most eightfold. */
export function gainOf(rgba: Uint8ClampedArray): { gain: number; light: number } {
  const histogram = new Uint32Array(256);
  let sum = 0;
  let n = 0;
  for (let i = 0; i < rgba.length; i += 16) {
    const luma = (rgba[i] * 77 + rgba[i + 1] * 150 + rgba[i + 2] * 29) >> 8;
    histogram[luma]++;
    sum += luma;
    n++;
  }
  let left = n * 0.05;
  let p95 = 255;
  while (p95 > 0 && (left -= histogram[p95]) > 0) p95--;
  return { gain: Math.max(1, Math.min(8, 220 / Math.max(1, p95))), light: n ? sum / n : 0 };
}

