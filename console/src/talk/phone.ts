/** The phone in this page: microphone, line and speaker joined, and how they stand. One for the page: a call outlives a screen. */

import { Line, RATE, type Wanted } from "./line";
import { Sound } from "./sound";
import { PAUSED, type Trouble, troubleOf } from "./trouble";

export type State = "idle" | "starting" | "talking" | "away" | "ending";

export interface View {
  state: State;
  /** The call, once there is something kept of it to be shown. */
  callId: string;
  /** When the call was joined, by performance.now(). */
  since: number;
  /** Why there is no call any more, if that is worth a sentence. */
  sentence: string;
  trouble: Trouble | null;
  isPaused: boolean;
  isMuted: boolean;
  device: string | null;
}

const IDLE: View = {
  state: "idle", callId: "", since: 0, sentence: "", trouble: null, isPaused: false, isMuted: false, device: null,
};

export class Phone {
  view: View = IDLE;
  sound: Sound | null = null;
  private line: Line | null = null;
  private watchers = new Set<() => void>();
  /** Which attempt this is: what comes of an earlier one is nobody's. */
  private attempt = 0;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  readonly read = (): View => this.view;

  private set(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    for (const watcher of this.watchers) watcher();
  }

  /** Asks for the microphone and calls. From a press of the user's: browsers make no sound without. */
  async talk(wanted: Wanted = {}): Promise<void> {
    if (this.view.state !== "idle") return;
    const attempt = ++this.attempt;
    this.set({ ...IDLE, state: "starting", isMuted: this.view.isMuted, device: this.view.device });
    try {
      const sound = await this.openSound();
      if (attempt !== this.attempt) {
        await sound.close();
        return;
      }
      this.sound = sound;
      sound.mute(this.view.isMuted);
      this.set({ device: sound.device });
    } catch (error) {
      if (attempt === this.attempt) this.set({ ...IDLE, trouble: troubleOf(error), device: null });
      return;
    }
    addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    addEventListener("pagehide", this.leave);
    this.line = new Line(wanted, {
      play: (message) => this.sound?.tell(message),
      joined: () => this.set({ state: "talking", since: this.view.since || performance.now() }),
      kept: (callId) => this.set({ callId }),
      away: () => this.set({ state: "away" }),
      over: (sentence) => this.over(sentence),
    });
  }

  private openSound(): Promise<Sound> {
    const listener = {
      frame: (frame: ArrayBuffer) => this.line?.frame(frame),
      heard: (place: Parameters<Line["heard"]>[0]) => this.line?.heard(place),
      cleared: (...stopped: Parameters<Line["cleared"]>) => this.line?.cleared(...stopped),
      trouble: (trouble: Trouble | null) => this.set({ trouble }),
      paused: (isPaused: boolean) => this.set({ isPaused, trouble: isPaused ? PAUSED : null }),
    };
    return Sound.open(RATE, this.view.device, listener).catch((error: unknown) => {
      // The device that was chosen last may be gone: any other will do.
      if (this.view.device && error instanceof Error && error.name === "OverconstrainedError") return Sound.open(RATE, null, listener);
      throw error;
    });
  }

  private readonly hurry = (): void => this.line?.hurry();
  private readonly leave = (): void => this.hangUp();

  hangUp(): void {
    if (this.view.state === "starting" && !this.line) {
      this.attempt++;
      this.set({ state: "idle" });
      return;
    }
    if (this.view.state === "idle") return;
    this.set({ state: "ending" });
    this.line?.hangUp();
  }

  private over(sentence: string): void {
    this.attempt++;
    removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    removeEventListener("pagehide", this.leave);
    void this.sound?.close();
    this.sound = this.line = null;
    this.set({ state: "idle", sentence, trouble: null, isPaused: false });
  }

  mute(isMuted: boolean): void {
    this.sound?.mute(isMuted);
    this.set({ isMuted });
  }

  press(digit: string): void {
    this.line?.press(digit);
  }

  wake(): void {
    this.sound?.wake();
  }

  /** Another microphone, now and from now on. */
  async choose(device: string): Promise<void> {
    this.set({ device });
    try {
      await this.sound?.choose(device);
      if (this.sound) this.set({ device: this.sound.device, trouble: null });
    } catch (error) {
      this.set({ trouble: troubleOf(error) });
    }
  }
}

export const phone = new Phone();
