// SPDX-License-Identifier: GPL-3.0-or-later
// Mono blocks of 100 ms at 16 kHz as 16-bit integers; the context runs at 16 kHz, so nothing is resampled here.
class AttuneMicrophone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Int16Array(1600);
    this.at = 0;
    this.sum = 0;
  }
  process(inputs) {
    const input = inputs[0]?.[0];
    if (!input) return true;
    for (const s of input) {
      const clipped = Math.max(-1, Math.min(1, s));
      this.block[this.at++] = Math.round(clipped * 32767);
      this.sum += clipped * clipped;
      if (this.at === this.block.length) {
        const out = this.block.slice();
        this.port.postMessage({ samples: out, rms: Math.sqrt(this.sum / out.length) }, [out.buffer]);
        this.at = 0;
        this.sum = 0;
      }
    }
    return true;
  }
}
registerProcessor('attune-microphone', AttuneMicrophone);
