/** What the page has to play: audio of named items, in order. Counts what was played of each, exact to the sample. */

/** Samples with which a sound that is cut short fades, so that it does not click. They count as played. */
export const FADE = 64;
/** What must be there before a stream that ran dry in the middle of an item goes on, or is waited for so long. */
const REFILL_MS = 60;
const REPORT_MS = 500;

export interface Place {
  item: string;
  /** Milliseconds of the item that were played. */
  ms: number;
}

interface Stretch {
  item: string;
  /** Where in the item its next sample is. */
  at: number;
  audio: Int16Array;
}

export class Playout {
  /** How often it ran dry in the middle of an item. */
  gaps = 0;
  private queue: Stretch[] = [];
  private item = "";
  private next = 0;
  private unplayed = 0;
  private place: Place | null = null;
  private sinceReport = 0;
  private isDry = true;
  /** What comes next begins an item, or goes on after a clear: that it was not there yet is no gap. */
  private isFresh = true;
  /** Samples that are still waited for; null: nothing is waited for. */
  private refill: number | null = null;
  private fading = new Float32Array(0);

  constructor(
    private readonly rate: number,
    private readonly report: (place: Place) => void,
  ) {}

  /** The audio that comes now is of this item, from `ms` of it. */
  begin(item: string, ms: number): void {
    this.item = item;
    this.next = Math.round((ms * this.rate) / 1000);
    this.refill = null;
    this.isFresh = true;
  }

  push(audio: Int16Array): void {
    if (!audio.length) return;
    if (this.isDry && !this.isFresh && this.refill === null) {
      this.gaps++;
      this.refill = (REFILL_MS * this.rate) / 1000;
    }
    this.isFresh = false;
    this.queue.push({ item: this.item, at: this.next, audio });
    this.next += audio.length;
    this.unplayed += audio.length;
  }

  /** Falls silent; where it was in the item that was being played, null if nothing was. */
  clear(): Place | null {
    const head = this.queue[0];
    let place: Place | null = null;
    if (head) {
      const isSounding = this.place?.item === head.item && this.refill === null;
      const tail = head.audio.subarray(0, isSounding ? FADE : 0);
      this.fading = Float32Array.from(tail, (sample, n) => ((sample / 32768) * (tail.length - n)) / (tail.length + 1));
      place = { item: head.item, ms: this.ms(head.at + tail.length) };
    }
    this.queue = [];
    this.unplayed = 0;
    this.place = null;
    this.isDry = this.isFresh = true;
    this.refill = null;
    return place;
  }

  /** Fills `output` with what comes next, and with silence behind that. */
  read(output: Float32Array): void {
    let filled = Math.min(this.fading.length, output.length);
    output.set(this.fading.subarray(0, filled));
    this.fading = this.fading.slice(filled);
    if (this.waits(output.length)) {
      output.fill(0, filled);
      return;
    }
    while (filled < output.length) {
      const head = this.queue[0];
      if (!head) break;
      const count = Math.min(output.length - filled, head.audio.length);
      for (let n = 0; n < count; n++) output[filled + n] = (head.audio[n] as number) / 32768;
      filled += count;
      this.played(head, count);
    }
    output.fill(0, filled);
  }

  private waits(samples: number): boolean {
    if (this.refill === null || !this.queue.length) return false;
    this.refill -= samples;
    if (this.refill > 0 && this.unplayed < (REFILL_MS * this.rate) / 1000) return true;
    this.refill = null;
    return false;
  }

  private played(head: Stretch, count: number): void {
    head.at += count;
    head.audio = head.audio.subarray(count);
    this.unplayed -= count;
    this.isDry = false;
    this.sinceReport += count;
    this.place = { item: head.item, ms: this.ms(head.at) };
    if (!head.audio.length) this.queue.shift();
    const ends = this.queue[0]?.item !== head.item;
    if (ends || this.sinceReport >= (REPORT_MS * this.rate) / 1000) {
      this.sinceReport = 0;
      this.report(this.place);
    }
    this.isDry = !this.queue.length;
  }

  private ms(samples: number): number {
    return (samples * 1000) / this.rate;
  }
}
