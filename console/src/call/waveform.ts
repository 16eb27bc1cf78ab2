import { type Levels, STEP_MS } from "./levels";

const MOST_BYTES = 40_000_000;

interface Format {
  rate: number;
  channels: number;
  /** Where the samples begin. */
  data: number;
}

/** What a WAV's head says; null if it is not there whole, or no PCM16. */
export function wavFormat(bytes: Uint8Array): Format | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  let format: Omit<Format, "data"> | null = null;
  for (let at = 12; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4, true)) {
    if (name(at) === "fmt " && at + 24 <= bytes.length) {
      if (view.getUint16(at + 22, true) !== 16) return null;
      format = { channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true) };
    }
    if (name(at) === "data") return format && { ...format, data: at + 8 };
  }
  return null;
}

/** Measures a stereo PCM16 recording as it comes: the caller left, the agent right. Keeps none of it. */
export class Measure {
  private readonly window: number;
  private caller = 0;
  private agent = 0;
  private frames = 0;
  private step = 0;
  private rest = new Uint8Array(0);

  constructor(
    private readonly levels: Levels,
    rate: number,
    private readonly offset: number,
  ) {
    this.window = Math.round((rate * STEP_MS) / 1000);
  }

  take(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.rest.length + chunk.length);
    bytes.set(this.rest);
    bytes.set(chunk, this.rest.length);
    const whole = bytes.length - (bytes.length % 4);
    this.rest = bytes.slice(whole);
    const view = new DataView(bytes.buffer, 0, whole);
    for (let at = 0; at < whole; at += 4) {
      this.caller += view.getInt16(at, true) ** 2;
      this.agent += view.getInt16(at + 2, true) ** 2;
      if (++this.frames === this.window) this.put();
    }
  }

  private put(): void {
    const db = (sum: number) => (sum ? 10 * Math.log10(sum / this.frames / 32768 ** 2) : -90);
    this.levels.put(this.offset + this.step++ * STEP_MS, db(this.caller), db(this.agent));
    this.caller = this.agent = this.frames = 0;
  }
}

/** Fills `levels` from a recording; long ones are let be, since all of it would have to be fetched. */
export async function measureRecording(url: string, levels: Levels, offset: number, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, { signal });
  if (!answer.ok || !answer.body || Number(answer.headers.get("content-length") ?? 0) > MOST_BYTES) {
    await answer.body?.cancel();
    return;
  }
  let measure: Measure | null = null;
  let head = new Uint8Array(0);
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (measure) {
      measure.take(value);
      continue;
    }
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined;
    const format = wavFormat(head);
    if (format && format.channels !== 2) return void reader.cancel();
    if (format) {
      measure = new Measure(levels, format.rate, offset);
      measure.take(head.subarray(format.data));
    } else if (head.length > 65_536) return void reader.cancel();
  }
}
