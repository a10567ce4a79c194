// SPDX-License-Identifier: GPL-3.0-or-later
export interface TrackRow {
  key: string;
  title: string;
  artist: string;
  tempo_bpm: number | null;
  valence: number | null;
  arousal: number | null;
  duration_s: number | null;
  analysed: boolean;
  simulated: boolean;
}
export interface Scan {
  running: boolean;
  done: number;
  total: number;
  analysed: number;
  unchanged: number;
  skipped: number;
  failed: number;
  left_s: number | null;
  error: string | null;
}
export interface LibraryState {
  tracks: number;
  analysed: number;
  simulated: boolean;
  folders: string[];
  scan: Scan | null;
}
export interface LibraryMap {
  keys: string[];
  titles: string[];
  artists: string[];
  valence: number[];
  arousal: number[];
}

/** Is the point inside the polygon? Even-odd rule. */
export function inside(x: number, y: number, polygon: readonly (readonly [number, number])[]): boolean {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}
