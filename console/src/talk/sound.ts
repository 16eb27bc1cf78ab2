/** Microphone and speaker of this browser, as the line needs them. */

import type { Place } from "./playout";
import { UNPLUGGED, type Trouble } from "./trouble";
import worklet from "./worklet.ts?worker&url";

export type ToPlayer = { audio: ArrayBuffer } | { item: string; ms: number } | { clear: ClearedBy };
export type ClearedBy = "server" | "loss";
type FromPlayer = { heard: Place } | { cleared: Place | null; by: ClearedBy } | { gaps: number };

export interface Listener {
  /** 20 ms of the caller's audio. */
  frame: (frame: ArrayBuffer) => void;
  heard: (place: Place) => void;
  cleared: (place: Place | null, by: ClearedBy) => void;
  /** Something is wrong with the sound, or (null) no more. */
  trouble: (trouble: Trouble | null) => void;
  /** The browser has paused the sound, or goes on. */
  paused: (paused: boolean) => void;
}

// Without gain control: Chromium's raises a voice of ordinary level until it clips, and recognisers take any level.
const WISHES: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: false,
};

/** So long a browser may take from the press to the sound. */
const BEGIN_MS = 5_000;

/** Asks for a microphone. Throws what `troubleOf` understands. */
async function microphone(device: string | null): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "InsecureContext");
  const audio = device ? { ...WISHES, deviceId: { exact: device } } : WISHES;
  return navigator.mediaDevices.getUserMedia({ audio });
}

export class Sound {
  readonly microphoneLevel: AnalyserNode;
  readonly speakerLevel: AnalyserNode;
  gaps = 0;
  private readonly capture: AudioWorkletNode;
  private readonly player: AudioWorkletNode;
  private source: MediaStreamAudioSourceNode | null = null;
  private stream: MediaStream | null = null;
  private isMuted = false;
  private isClosed = false;

  /** Opens microphone and speaker. Throws what `troubleOf` understands. */
  static async open(rate: number, device: string | null, listener: Listener): Promise<Sound> {
    const stream = await microphone(device);
    let context: AudioContext | null = null;
    try {
      context = contextFor(rate, stream);
      await context.audioWorklet.addModule(worklet);
      await begun(context);
      const sound = new Sound(context, rate, listener);
      sound.connect(stream);
      return sound;
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      void context?.close(); // which may wait for a speaker too
      throw error;
    }
  }

  private constructor(
    private readonly context: AudioContext,
    rate: number,
    private readonly listener: Listener,
  ) {
    const processorOptions = { rate };
    this.capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit", processorOptions });
    this.player = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [1], processorOptions });
    this.microphoneLevel = new AnalyserNode(context, { fftSize: 512 });
    this.speakerLevel = new AnalyserNode(context, { fftSize: 512 });
    this.player.connect(this.speakerLevel).connect(context.destination);
    this.capture.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => listener.frame(data);
    this.player.port.onmessage = ({ data }: MessageEvent<FromPlayer>) => {
      if ("heard" in data) listener.heard(data.heard);
      else if ("cleared" in data) listener.cleared(data.cleared, data.by);
      else this.gaps = data.gaps;
    };
    context.onstatechange = () => {
      if (!this.isClosed) listener.paused(context.state !== "running");
    };
    document.addEventListener("visibilitychange", this.wake);
  }

  readonly wake = (): void => {
    if (document.visibilityState === "visible" && !this.isClosed && this.context.state !== "running") void this.context.resume();
  };

  private connect(stream: MediaStream): void {
    this.source?.disconnect();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = stream;
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.capture);
    this.source.connect(this.microphoneLevel);
    for (const track of stream.getAudioTracks()) {
      track.enabled = !this.isMuted;
      track.onended = () => this.listener.trouble(UNPLUGGED);
    }
    this.listener.trouble(null);
  }

  /** Listens to another microphone. Throws what `troubleOf` understands, and then nothing changes. */
  async choose(device: string): Promise<void> {
    const stream = await microphone(device);
    if (this.isClosed) for (const track of stream.getTracks()) track.stop();
    else this.connect(stream);
  }

  get device(): string | null {
    return this.stream?.getAudioTracks()[0]?.getSettings().deviceId ?? null;
  }

  mute(muted: boolean): void {
    this.isMuted = muted;
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  tell(message: ToPlayer): void {
    this.player.port.postMessage(message, "audio" in message ? [message.audio] : []);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    document.removeEventListener("visibilitychange", this.wake);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    await this.context.close();
  }
}

/** Waits until there is sound. Where nothing could play it a browser says nothing, and waits for ever. */
async function begun(context: AudioContext): Promise<void> {
  const patience = new Promise<never>((_, reject) => setTimeout(reject, BEGIN_MS, new DOMException("", "NoSpeaker")));
  await Promise.race([context.resume(), patience]);
}

/** A context at the call's rate, or where the browser has none for this microphone (Firefox), at the hardware's. */
function contextFor(rate: number, stream: MediaStream): AudioContext {
  let context: AudioContext | null = null;
  try {
    context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    context.createMediaStreamSource(stream).disconnect();
    return context;
  } catch {
    void context?.close();
    return new AudioContext({ latencyHint: "interactive" });
  }
}
