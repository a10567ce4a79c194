// SPDX-License-Identifier: GPL-3.0-or-later
// One quiet sine, for finding a pitch by ear. Made here and heard here; nothing is recorded or sent.

/** Peak of full scale: −40 dBFS. Sessions play at −18 LUFS; a tone this far below is quiet where they are comfortable. */
export const kTonePeak = 0.01;
export const kToneSeconds = 5;
export const kFadeSeconds = 0.05;

/** Of the slider: 500 Hz to 12 kHz in steps of a 48th of an octave (25 cents), which is less than most ears can tell there. */
export const kLowest = 500;
export const kHighest = 12_000;
const kStepsPerOctave = 48;
export const kSteps = Math.round(Math.log2(kHighest / kLowest) * kStepsPerOctave);
const kOctaves = Math.log2(kHighest / kLowest);

/** Whole Hz: 500 … 12 000. */
export function pitchOf(step: number): number {
  return Math.round(kLowest * 2 ** ((Math.min(kSteps, Math.max(0, step)) / kSteps) * kOctaves));
}
export function stepOf(hz: number): number {
  return Math.round((Math.log2(Math.min(kHighest, Math.max(kLowest, hz)) / kLowest) / kOctaves) * kSteps);
}

/** Sounds for five seconds at most. */
export class Tone {
  private context: AudioContext | null = null;
  private oscillator: OscillatorNode | null = null;
  private gain: GainNode | null = null;
  private timer = 0;
  /** Bumped whenever something else is wanted: a start that is still waiting for the device gives up. */
  private turn = 0;

  constructor(private readonly changed: (sounding: boolean) => void) {}

  async start(hz: number): Promise<void> {
    this.stop();
    const turn = ++this.turn;
    const context = new AudioContext();
    await context.resume();
    if (turn !== this.turn) {
      void context.close();
      return;
    }
    const oscillator = new OscillatorNode(context, { type: 'sine', frequency: hz });
    const gain = new GainNode(context, { gain: 0 });
    oscillator.connect(gain).connect(context.destination);
    const now = context.currentTime;
    gain.gain.setValueAtTime(0, now);
    gain.gain.linearRampToValueAtTime(kTonePeak, now + kFadeSeconds);
    oscillator.start(now);
    [this.context, this.oscillator, this.gain] = [context, oscillator, gain];
    this.timer = window.setTimeout(() => this.stop(), (kToneSeconds - kFadeSeconds) * 1000);
    this.changed(true);
  }

  /** Glides there while it sounds. */
  turnTo(hz: number): void {
    if (this.context) this.oscillator?.frequency.setTargetAtTime(hz, this.context.currentTime, 0.01);
  }

  stop(): void {
    this.turn += 1;
    clearTimeout(this.timer);
    const { context, oscillator, gain } = this;
    this.context = this.oscillator = this.gain = null;
    if (!context || !oscillator || !gain) return;
    const now = context.currentTime;
    gain.gain.cancelScheduledValues(now);
    gain.gain.setValueAtTime(gain.gain.value, now);
    gain.gain.linearRampToValueAtTime(0, now + kFadeSeconds);
    oscillator.stop(now + kFadeSeconds + 0.01);
    oscillator.onended = () => void context.close();
    this.changed(false);
  }
}
