// SPDX-License-Identifier: GPL-3.0-or-later
// The jitter buffer and the page's clock: frames arrive with their number in the engine's timeline and
// are played in order. Starts when `target` frames wait; fades before and after every hole.
//
// Adapts without being heard: where packets come late, playing slows down by at most kMost until enough
// lies ahead; what lies ahead and is never needed, and a clock that is not the server's, are caught up
// the same way. Between such corrections every frame is played as it came, bit by bit.
const kFade = 240; // 5 ms
const kPacket = 960; // 20 ms
const kLeast = 1920; // 40 ms ought to lie ahead when the latest packet of all comes
const kSpare = 960; // more than that is asked for when there is less
const kBase = 4800; // 100 ms: where nothing is known yet, and the least target
const kLongest = 19200; // the target grows to 400 ms at most
const kExtra = 1200; // 25 ms that are never needed are only delay
const kSlept = 9600; // 200 ms too much: jump
const kMost = 0.004; // of the speed: 7 cents
const kBend = kMost / 12000; // of the speed a frame: there within 250 ms
const kHorizon = 20; // s that what is never needed is looked at
const kCalm = 120; // s without need, and the target falls by a packet

class AttunePlayer extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.size = 1 << 18; // 5.4 s at 48 kHz
    this.left = new Float32Array(this.size);
    this.right = new Float32Array(this.size);
    this.held = new Float64Array(this.size).fill(-1); // the frame that lies in each place; -1 = none
    this.base = options?.processorOptions?.target ?? kBase;
    this.target = this.base; // what ought to lie ahead when a packet has come; grows where that is too little
    this.least = Infinity; // least that lay ahead in this second
    this.leasts = []; // of the seconds before
    this.calm = 0; // s since the target was too small
    this.counted_second = 0;
    this.first = -1; // where playing begins once enough waits
    this.play = -1; // next frame to be played; -1 = waiting
    this.part = 0; // of a frame beyond it, while the speed is not 1
    this.bend = 0; // speed - 1
    this.owed = 0; // frames to be gained (> 0) or caught up (< 0) by speed
    this.fresh = 0; // frames since the sound came out of silence
    this.write = -1; // one past the newest frame
    this.jump = -1; // where to go on when the fade is over; -1 = no jump
    this.gain = 0;
    this.underruns = 0;
    this.dropped = 0;
    this.silent = 0; // frames of silence between the first sound and now
    this.missing = 0; // frames that were not given in full between the first sound and now
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
    this.settled();
  }

  /** What was measured and what is owed belong to a place that is left. */
  settled() {
    this.part = this.bend = this.owed = 0;
    this.least = Infinity;
    this.leasts.length = 0;
  }

  receive(message) {
    if (message.type === 'stop') {
      this.stopped = true;
      return;
    }
    if (message.type === 'source') {
      message.port.onmessage = (event) => this.receive(event.data);
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
    if (this.play >= 0) this.look();
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
    if (this.play < 0 && this.write - this.first >= this.target) {
      this.play = this.first;
      this.fresh = 0;
      this.settled();
    }
    // Too far behind (the page slept, or came back): jump forward under a fade. Out of silence nobody hears it.
    const extra = this.play < 0 ? 0 : this.write - this.play - this.target;
    if (this.jump < 0 && extra > (this.fresh < 96000 ? 2 * kPacket : kSlept)) this.jump = this.write - this.target;
  }

  /** Just before a packet: what lies ahead now is what was to spare. */
  look() {
    const ahead = this.write - this.play;
    this.least = Math.min(this.least, ahead);
    if (ahead >= kLeast || this.jump >= 0) return;
    this.calm = 0;
    const more = Math.min(kLeast + kSpare - ahead - Math.max(0, this.owed), kLongest - this.target);
    if (more <= 0) return;
    this.target += more;
    this.owed = Math.max(0, this.owed) + more;
    this.leasts.length = 0;
  }

  /** Once a second: what always lies ahead beyond the target is only delay. */
  settle(n) {
    this.counted_second += n;
    if (this.counted_second < 48000) return;
    this.counted_second = 0;
    if (this.play >= 0 && Number.isFinite(this.least)) this.leasts.push(this.least);
    this.least = Infinity;
    if (this.leasts.length > kHorizon) this.leasts.shift();
    if (++this.calm >= kCalm && this.target > this.base) {
      this.calm = 0;
      this.target = Math.max(this.base, this.target - kPacket);
    }
    if (this.leasts.length < kHorizon || this.owed !== 0) return;
    const extra = Math.min(...this.leasts) - (this.target - kPacket);
    if (extra <= kExtra) return;
    this.owed = -extra;
    this.leasts.length = 0;
  }

  has(frame) {
    return frame < this.write && this.held[frame % this.size] === frame;
  }

  /** Between two frames: the cubic through the two on either side. */
  between(line, frame, t) {
    const at = (f) => line[(this.has(f) ? f : frame) % this.size];
    const [a, b, c, d] = [at(frame - 1), at(frame), at(frame + 1), at(frame + 2)];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }

  /** One frame on, at the speed that what is owed asks for. */
  advance() {
    const goal = this.owed > 0 ? -kMost : this.owed < 0 ? kMost : 0;
    if (goal === 0 && this.bend === 0) {
      this.play++;
      return;
    }
    this.bend += Math.max(-kBend, Math.min(kBend, goal - this.bend));
    // Not quite 1 until the place is a whole frame again: from there on frames are copied.
    if (goal === 0 && Math.abs(this.bend) < 1e-4) this.bend = this.bend < 0 || (this.bend === 0 && this.part > 0.5) ? -1e-4 : 1e-4;
    const before = this.owed;
    if (before !== 0) {
      this.owed += this.bend;
      if (before * this.owed <= 0) this.owed = 0;
    }
    this.part += 1 + this.bend;
    const whole = Math.floor(this.part);
    this.play += whole;
    this.part -= whole;
    if (goal !== 0 || Math.abs(this.bend) > 1e-4) return;
    if (this.part <= 1e-4 || this.part >= 1 - 1e-4) {
      if (this.part > 0.5) this.play++;
      this.part = this.bend = 0;
    }
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
          a = this.part === 0 ? this.left[at] : this.between(this.left, this.play, this.part);
          b = this.part === 0 ? this.right[at] : this.between(this.right, this.play, this.part);
          if (!this.has(this.play + kFade)) goal = 0; // a hole, or the end of what is there: out before it
          this.advance();
          this.fresh++;
        } else if (this.play < this.write) {
          goal = 0;
          this.gain = 0;
          this.play++; // a lost packet: silence of its length keeps the clock
        } else {
          this.underruns++;
          this.calm = 0;
          this.target = Math.min(kLongest, this.target + 2 * kPacket);
          this.first = this.play;
          this.play = -1;
          this.gain = 0;
          this.settled();
        }
      }
      const step = 1 / (this.stopped ? 9600 : kFade);
      this.gain += Math.max(-step, Math.min(step, goal - this.gain));
      if (this.jump >= 0 && this.gain <= 0) {
        this.play = Math.max(this.play, this.jump);
        this.jump = -1;
        this.settled();
      }
      l[i] = a * this.gain;
      r[i] = b * this.gain;
      if (this.gain >= 1) this.begun = true;
      else if (this.begun && !this.stopped) {
        this.missing++;
        if (this.gain <= 0) this.silent++;
      }
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
        target: this.target,
        underruns: this.underruns,
        dropped: this.dropped,
        silent: this.silent,
        missing: this.missing,
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
