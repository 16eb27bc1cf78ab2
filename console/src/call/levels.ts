/** How loud both sides of a call were, a value for each quarter of a second, in a few bytes an hour. */

export const STEP_MS = 250;
const SILENCE_DB = -60;

export class Levels {
  /** Values that are known, from the beginning of the call. */
  length = 0;
  private caller = new Uint8Array(1024);
  private agent = new Uint8Array(1024);

  /** Takes what was measured at a moment: dBFS of either side. What lies between two moments is silence. */
  put(at: number, callerDb: number, agentDb: number): void {
    const index = Math.floor(at / STEP_MS);
    if (!(index >= 0) || index > 4 * 3600 * 24) return;
    while (index >= this.caller.length) {
      this.caller = twice(this.caller);
      this.agent = twice(this.agent);
    }
    this.caller[index] = Math.max(this.caller[index]!, height(callerDb));
    this.agent[index] = Math.max(this.agent[index]!, height(agentDb));
    this.length = Math.max(this.length, index + 1);
  }

  /** The loudest of one side within a stretch, 0 to 1. */
  loudest(side: "caller" | "agent", from: number, to: number): number {
    const values = this[side];
    let found = 0;
    const last = Math.min(this.length, Math.max(Math.ceil(to / STEP_MS), Math.floor(from / STEP_MS) + 1));
    for (let index = Math.max(0, Math.floor(from / STEP_MS)); index < last; index++) found = Math.max(found, values[index]!);
    return found / 255;
  }
}

function height(db: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, 1 - db / SILENCE_DB)));
}

function twice(values: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(values.length * 2);
  grown.set(values);
  return grown;
}
