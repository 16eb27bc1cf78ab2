/** Runs in the audio thread: the microphone to frames, items to the speaker. Bundled into a file of its own. */

import { Frames } from "./capture";
import { Playout } from "./playout";
import { Resampler } from "./resample";
import type { ToPlayer } from "./sound";

// The audio thread's own names, which no library declares.
declare const sampleRate: number;
declare const registerProcessor: (name: string, processor: new (options: Options) => AudioWorkletProcessor) => void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
interface Options {
  processorOptions: { rate: number };
}

class Capture extends AudioWorkletProcessor {
  private readonly frames: Frames;
  private readonly silence = new Float32Array(128);

  constructor({ processorOptions: { rate } }: Options) {
    super();
    this.frames = new Frames(sampleRate, rate, (frame) => this.port.postMessage(frame, [frame]));
  }

  process([input]: Float32Array[][]): boolean {
    this.frames.take(input?.[0] ?? this.silence); // no microphone is silence: the line lives by its frames
    return true;
  }
}

class Player extends AudioWorkletProcessor {
  private readonly playout: Playout;
  private readonly resampler: Resampler | null;
  private readonly piece: Float32Array;
  private ready = new Float32Array(0);
  private gaps = 0;

  constructor({ processorOptions: { rate } }: Options) {
    super();
    this.playout = new Playout(rate, (place) => this.port.postMessage({ heard: place }));
    this.resampler = rate === sampleRate ? null : new Resampler(rate, sampleRate);
    this.piece = new Float32Array(Math.ceil((128 * rate) / sampleRate));
    this.port.onmessage = ({ data }: MessageEvent<ToPlayer>) => {
      if ("audio" in data) this.playout.push(new Int16Array(data.audio));
      else if ("item" in data) this.playout.begin(data.item, data.ms);
      else this.port.postMessage({ cleared: this.playout.clear(), by: data.clear });
    };
  }

  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    const speaker = output?.[0];
    if (!speaker) return true;
    if (this.resampler) {
      while (this.ready.length < speaker.length) {
        this.playout.read(this.piece);
        const more = this.resampler.take(this.piece);
        const both = new Float32Array(this.ready.length + more.length);
        both.set(this.ready);
        both.set(more, this.ready.length);
        this.ready = both;
      }
      speaker.set(this.ready.subarray(0, speaker.length));
      this.ready = this.ready.slice(speaker.length);
    } else this.playout.read(speaker);
    if (this.playout.gaps !== this.gaps) this.port.postMessage({ gaps: (this.gaps = this.playout.gaps) });
    return true;
  }
}

registerProcessor("capture", Capture);
registerProcessor("player", Player);
