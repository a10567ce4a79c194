// SPDX-License-Identifier: GPL-3.0-or-later
// Where in a frame to look for a face that the whole of it does not show: in finer parts, and around where one was.
// The same places as in learn/face_finder.cpp.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const kPart = 0.45; // side of a part, of the longer side of the frame
const kMeet = 0.12; // what two neighbours share at least
const kAround = 3; // side of the look around a face, of its longer side

/** Square parts that overlap by more than a far face is wide. */
export function farParts(width: number, height: number): Box[] {
  const side = kPart * Math.max(width, height);
  const meet = kMeet * Math.max(width, height);
  const steps = (length: number) => Math.max(1, Math.ceil((length - meet) / (side - meet)));
  const at = (k: number, n: number, length: number) => (n > 1 ? ((length - side) * k) / (n - 1) : 0);
  const columns = steps(width);
  const rows = steps(height);
  return Array.from({ length: columns * rows }, (_, k) => ({
    x: at(k % columns, columns, width),
    y: at(Math.floor(k / columns), rows, height),
    width: side,
    height: side
  }));
}

/** A square around the face, inside the frame as far as it can be. */
export function around(face: Box, width: number, height: number): Box {
  const side = Math.min(Math.max(width, height), kAround * Math.max(face.width, face.height));
  const start = (middle: number, length: number) => Math.min(Math.max(middle - side / 2, 0), Math.max(0, length - side));
  return { x: start(face.x + face.width / 2, width), y: start(face.y + face.height / 2, height), width: side, height: side };
}
