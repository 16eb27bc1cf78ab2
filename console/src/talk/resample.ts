/** From one sample rate to another as a stream, for browsers that run audio at the rate of the hardware only. */

const CROSSINGS = 24; // of the sinc to each side: what the lower rate cannot carry is 80 dB down
const BETA = 8;

function gcd(a: number, b: number): number {
  return b ? gcd(b, a % b) : a;
}

/** The Bessel function that a Kaiser window is made of. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

export class Resampler {
  private readonly up: number;
  private readonly down: number;
  private readonly reach: number;
  /** Taps for each place that an output may have between two inputs. */
  private readonly phases: Float32Array[];
  private history: Float32Array;
  /** Where the next output is, in inputs times `up`, counted from the first of `history`. */
  private at: number;

  constructor(from: number, to: number) {
    const common = gcd(from, to);
    this.up = to / common;
    this.down = from / common;
    const cutoff = 0.93 * Math.min(1, to / from);
    this.reach = Math.ceil(CROSSINGS / cutoff);
    this.phases = Array.from({ length: this.up }, (_, phase) => {
      const taps = new Float32Array(2 * this.reach);
      let sum = 0;
      for (let k = 0; k < taps.length; k++) {
        const x = k - this.reach + 1 - phase / this.up;
        const edge = Math.max(0, 1 - (x / this.reach) ** 2);
        const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff);
        taps[k] = sinc * bessel(BETA * Math.sqrt(edge));
        sum += taps[k] ?? 0;
      }
      return taps.map((tap) => tap / sum);
    });
    this.history = new Float32Array(2 * this.reach - 1);
    this.at = (this.reach - 1) * this.up;
  }

  /** The next piece of the stream; gives all of the output that it determines. */
  take(input: Float32Array): Float32Array {
    const samples = new Float32Array(this.history.length + input.length);
    samples.set(this.history);
    samples.set(input, this.history.length);
    const last = (samples.length - this.reach) * this.up; // the first place that needs more than there is
    const count = Math.max(0, Math.ceil((last - this.at) / this.down));
    const output = new Float32Array(count);
    for (let n = 0; n < count; n++, this.at += this.down) {
      const first = Math.floor(this.at / this.up) - this.reach + 1;
      const taps = this.phases[this.at % this.up] as Float32Array;
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += (taps[k] as number) * (samples[first + k] as number);
      output[n] = sum;
    }
    const passed = Math.min(samples.length, Math.max(0, Math.floor(this.at / this.up) - this.reach + 1));
    this.history = samples.slice(passed);
    this.at -= passed * this.up;
    return output;
  }
}
