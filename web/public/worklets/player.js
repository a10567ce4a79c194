// SPDX-License-Identifier: GPL-3.0-or-later
// The jitter buffer and the page's clock: frames arrive with their number in the engine's timeline and
// are played in order. Starts when `target` frames wait, fades over every gap, never repeats or invents.
const kFade = 240; // 5 ms

class AttunePlayer extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.size = 1 << 18; // 5.4 s at 48 kHz
    this.left = new Float32Array(this.size);
    this.right = new Float32Array(this.size);
    this.valid = new Uint8Array(this.size);
    this.target = options.processorOptions?.target ?? 5760; // 120 ms
    this.play = -1; // next frame to be played; -1 = waiting
    this.write = -1; // one past the newest frame
    this.gain = 0;
    this.goal = 1;
    this.underruns = 0;
    this.dropped = 0;
    this.sum = 0;
    this.counted = 0;
    this.stopped = false;
    this.port.onmessage = (event) => this.receive(event.data);
  }

  receive(message) {
    if (message.type === 'stop') {
      this.stopped = true;
      return;
    }
    if (message.type === 'flush') {
      this.valid.fill(0);
      this.play = -1;
      this.write = -1;
      this.stopped = false;
      return;
    }
    const { frame, left, right } = message;
    if (this.write < 0 || frame > this.write + this.size / 2 || frame < this.write - this.size) {
      // A new timeline, or a hole larger than the buffer: begin again there.
      this.valid.fill(0);
      this.play = -1;
      this.first = frame;
      this.write = frame;
    }
    for (let i = 0; i < left.length; i++) {
      const f = frame + i;
      if (this.play >= 0 && f < this.play) {
        this.dropped++;
        continue;
      }
      const at = f % this.size;
      this.left[at] = left[i];
      this.right[at] = right[i];
      this.valid[at] = 1;
    }
    this.write = Math.max(this.write, frame + left.length);
    if (this.play < 0 && this.write - this.first >= this.target) {
      this.play = this.first;
    }
    // Too far behind (the page slept): jump forward under a fade.
    if (this.play >= 0 && this.write - this.play > this.target * 6) {
      this.jump = this.write - this.target;
    }
  }

  process(_, outputs) {
    const [l, r] = outputs[0];
    const n = l.length;
    for (let i = 0; i < n; i++) {
      let goal = this.stopped || this.jump !== undefined ? 0 : 1;
      let a = 0;
      let b = 0;
      if (this.play >= 0) {
        const at = this.play % this.size;
        const ahead = this.write - this.play;
        if (ahead > 0 && this.valid[at]) {
          a = this.left[at];
          b = this.right[at];
          this.valid[at] = 0;
          this.play++;
          if (ahead < kFade) goal = 0; // running dry: out before the gap
        } else if (ahead > 0) {
          this.play++; // a lost packet: silence of its length keeps the clock
          goal = 0;
        } else {
          this.underruns++;
          this.first = this.play;
          this.play = -1;
          this.gain = 0;
        }
      }
      const step = 1 / (this.stopped ? 9600 : kFade);
      this.gain += Math.max(-step, Math.min(step, goal - this.gain));
      if (this.jump !== undefined && this.gain <= 0) {
        this.play = this.jump;
        this.jump = undefined;
      }
      l[i] = a * this.gain;
      r[i] = b * this.gain;
      this.sum += l[i] * l[i] + r[i] * r[i];
    }
    this.counted += n;
    if (this.counted >= 4800) {
      this.port.postMessage({
        frame: this.play,
        ahead: this.play < 0 ? 0 : this.write - this.play,
        underruns: this.underruns,
        dropped: this.dropped,
        rms: Math.sqrt(this.sum / (2 * this.counted)),
        time: currentTime
      });
      this.sum = 0;
      this.counted = 0;
    }
    return true;
  }
}
registerProcessor('attune-player', AttunePlayer);
