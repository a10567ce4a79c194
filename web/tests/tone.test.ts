// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { kHighest, kLowest, kSteps, kTonePeak, pitchOf, stepOf } from '../src/sound/tone';

describe('the slider of a pitch', () => {
  it('runs from 500 Hz to 12 kHz', () => expect([pitchOf(0), pitchOf(kSteps), pitchOf(-3), pitchOf(999)]).toEqual([kLowest, kHighest, kLowest, kHighest]));

  it('has steps of the same musical size, finer than a third of a semitone', () => {
    for (let step = 1; step <= kSteps; step++) {
      const cents = 1200 * Math.log2(pitchOf(step) / pitchOf(step - 1));
      expect(cents).toBeGreaterThan(22);
      expect(cents).toBeLessThan(28);
    }
  });

  it('comes back to the step that it was at', () => {
    for (let step = 0; step <= kSteps; step++) expect(stepOf(pitchOf(step))).toBe(step);
    expect([stepOf(100), stepOf(16_000)]).toEqual([0, kSteps]);
  });

  it('sounds at −40 dB of full scale', () => expect(20 * Math.log10(kTonePeak)).toBeCloseTo(-40, 9));
});
