/** The microphone's samples as frames of 20 ms, 16 bits, at the rate of the call. */

import { Resampler } from "./resample";

export class Frames {
  private readonly resampler: Resampler | null;
  private frame: Int16Array<ArrayBuffer>;
  private filled = 0;

  constructor(
    from: number,
    private readonly rate: number,
    private readonly give: (frame: ArrayBuffer) => void,
  ) {
    this.resampler = from === rate ? null : new Resampler(from, rate);
    this.frame = new Int16Array(rate / 50);
  }

  take(samples: Float32Array): void {
    for (const sample of this.resampler ? this.resampler.take(samples) : samples) {
      this.frame[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled === this.frame.length) {
        this.give(this.frame.buffer);
        this.frame = new Int16Array(this.rate / 50);
        this.filled = 0;
      }
    }
  }
}
