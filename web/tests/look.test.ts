// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { around, farParts, type Box } from '../src/sensors/look';

const holds = (part: Box, face: Box) =>
  face.x >= part.x && face.y >= part.y && face.x + face.width <= part.x + part.width && face.y + face.height <= part.y + part.height;

describe('where the camera looks for a far face', () => {
  it.each([[640, 480], [480, 640], [1280, 720], [640, 360]])('a far face anywhere in %i by %i is whole in a part, where it is large enough', (width, height) => {
    const parts = farParts(width, height);
    const face = Math.max(width, height) * (60 / 640);
    for (let x = 0; x + face <= width; x += 7)
      for (let y = 0; y + face <= height; y += 7) expect(parts.some((part) => holds(part, { x, y, width: face, height: face })), `${x},${y}`).toBe(true);
    for (const part of parts) expect((face / part.width) * 320).toBeGreaterThan(60);
  });

  it('looks around a face where it was, inside the frame', () => {
    expect(around({ x: 300, y: 200, width: 40, height: 50 }, 640, 480)).toEqual({ x: 245, y: 150, width: 150, height: 150 });
    expect(around({ x: 0, y: 440, width: 40, height: 40 }, 640, 480)).toEqual({ x: 0, y: 360, width: 120, height: 120 });
    expect(around({ x: 0, y: 0, width: 400, height: 400 }, 640, 480)).toEqual({ x: 0, y: 0, width: 640, height: 640 });
  });
});
