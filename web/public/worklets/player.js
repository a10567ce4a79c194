// SPDX-License-Identifier: GPL-3.0-or-later
// The jitter buffer and the page's clock: frames arrive with their number in the engine's timeline and
// are played in order. Starts when `target` frames wait, fades before and after every hole, never
// repeats or invents.
const kFade = 240; // 5 ms
const kExtra = 2400; // 50 ms
const kLongest = 19200; // the target grows to 400 ms at most

class AttunePlayer extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.size = 1 << 18; // 5.4 s at 48 kHz
    this.left = new Float32Array(this.size);
    this.right = new Float32Array(this.size);
    this.held = new Float64Array(this.size).fill(-1); // the frame that lies in each place; -1 = none
    this.target = options.processorOptions?.target ?? 4800; // 100 ms; grows where that is too little
    this.least = Infinity; // least that lay ahead in this second
    this.second = 0;
    this.first = -1; // where playing begins once enough waits
    this.play = -1; // next frame to be played; -1 = waiting
    this.write = -1; // one past the newest frame
    this.jump = -1; // where to go on when the fade is over; -1 = no jump
    this.gain = 0;
    this.underruns = 0;
    this.dropped = 0;
    this.silent = 0; // frames of silence between the first sound and now
    this.begun = false;
    this.sum = 0;
    this.step = 0; // largest change from one sample to the next
    this.last = 0;
    this.counted = 0;
    this.stopped = false;
    this.port.onmessage = (event) => this.receive(event.data);
  }

  reset(frame) {
    this.held.fill(-1);
    this.play = -1;
    this.jump = -1;
    this.first = frame;
    this.write = frame;
  }

  receive(message) {
    if (message.type === 'stop') {
      this.stopped = true;
      return;
    }
    if (message.type === 'flush') {
      this.reset(-1);
      this.stopped = false;
      return;
    }
    const { frame, left, right } = message;
    // A new timeline, or a hole larger than the buffer: begin again there.
    if (this.write < 0 || frame > this.write + this.size / 2 || frame < this.write - this.size) this.reset(frame);
    // Nothing sounds, and what was missed will not come: go on with what is new.
    else if (this.play < 0 && frame > this.write) this.first = frame;
    for (let i = 0; i < left.length; i++) {
      const f = frame + i;
      if (this.play >= 0 && f < this.play) {
        this.dropped++;
        continue;
      }
      const at = f % this.size;
      this.left[at] = left[i];
      this.right[at] = right[i];
      this.held[at] = f;
    }
    this.write = Math.max(this.write, frame + left.length);
    if (this.play < 0 && this.write - this.first >= this.target) this.play = this.first;
    // Too far behind (the page slept): jump forward under a fade.
    if (this.play >= 0 && this.jump < 0 && this.write - this.play > this.target * 6) this.jump = this.write - this.target;
  }

  /** Once a second: what always lies ahead beyond the target is only delay, and is left out. */
  settle(n) {
    if (this.play < 0) this.least = Infinity;
    else this.least = Math.min(this.least, this.write - this.play);
    this.second += n;
    if (this.second < 48000) return;
    const extra = this.least - this.target;
    if (this.jump < 0 && Number.isFinite(extra) && extra > kExtra) this.jump = this.play + extra;
    this.second = 0;
    this.least = Infinity;
  }

  has(frame) {
    return frame < this.write && this.held[frame % this.size] === frame;
  }

  process(_, outputs) {
    const [l, r] = outputs[0];
    const n = l.length;
    for (let i = 0; i < n; i++) {
      let goal = this.stopped || this.jump >= 0 || this.play < 0 ? 0 : 1;
      let a = 0;
      let b = 0;
      if (this.play >= 0) {
        if (this.has(this.play)) {
          const at = this.play % this.size;
          a = this.left[at];
          b = this.right[at];
          if (!this.has(this.play + kFade)) goal = 0; // a hole, or the end of what is there: out before it
          this.play++;
        } else if (this.play < this.write) {
          goal = 0;
          this.gain = 0;
          this.play++; // a lost packet: silence of its length keeps the clock
        } else {
          this.underruns++;
          this.target = Math.min(kLongest, this.target + 1920);
          this.first = this.play;
          this.play = -1;
          this.gain = 0;
        }
      }
      const step = 1 / (this.stopped ? 9600 : kFade);
      this.gain += Math.max(-step, Math.min(step, goal - this.gain));
      if (this.jump >= 0 && this.gain <= 0) {
        this.play = Math.max(this.play, this.jump);
        this.jump = -1;
      }
      l[i] = a * this.gain;
      r[i] = b * this.gain;
      if (this.gain > 0) this.begun = true;
      else if (this.begun && !this.stopped) this.silent++;
      this.sum += l[i] * l[i] + r[i] * r[i];
      this.step = Math.max(this.step, Math.abs(l[i] - this.last));
      this.last = l[i];
    }
    this.settle(n);
    this.counted += n;
    if (this.counted >= 4800) {
      this.port.postMessage({
        frame: this.play,
        ahead: this.play < 0 ? 0 : this.write - this.play,
        underruns: this.underruns,
        dropped: this.dropped,
        silent: this.silent,
        rms: Math.sqrt(this.sum / (2 * this.counted)),
        step: this.step,
        time: currentTime
      });
      this.sum = 0;
      this.step = 0;
      this.counted = 0;
    }
    return true;
  }
}
registerProcessor('attune-player', AttunePlayer);
