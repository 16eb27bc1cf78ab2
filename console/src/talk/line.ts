/** The line to the server: a socket that carries the call, and comes back to it when the network was gone. */

import { pause } from "./pause";
import type { Place } from "./playout";
import type { ClearedBy, ToPlayer } from "./sound";

export const RATE = 24_000;
/** Audio that the browser could not send: with so much of it unsent, the network is gone. */
const UNSENT_BYTES = 3 * RATE * 2;
/** So long the server keeps the call for us. */
const PARKED_MS = 15_000;
/** Closes after which there is nothing to come back to. */
const LAST = new Set([1000, 1008, 1011, 1013, 4400, 4403, 4404]);
const COMING_BACK = 4001;
/** For what is still to be told after we hung up. */
const REST_MS = 2_000;
export const LOST = "The connection was lost and did not come back.";
export const UNREACHED = "The server cannot be reached: is it running, and are you signed in?";

type Message = { type: string; seq?: number } & Record<string, unknown>;

export interface Ends {
  /** For the player. */
  play: (message: ToPlayer) => void;
  /** The call is carried: for the first time, or again. */
  joined: (callId: string) => void;
  /** The call is written down: what is kept of it can be asked for. */
  kept: (callId: string) => void;
  /** The network is gone; it is tried again. */
  away: () => void;
  /** There is no call any more; why, in a sentence. */
  over: (sentence: string) => void;
}

export interface Wanted {
  agent?: string | undefined;
  backend?: string | undefined;
}

export type OpenSocket = (path: string) => WebSocket;

const openSocket: OpenSocket = (path) => new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));

export class Line {
  private socket: WebSocket | null = null;
  private callId = "";
  private token = "";
  private after = 0;
  private place: Place | null = null;
  private awaySince = 0;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOver = false;
  private isJoined = false;
  private isHungUp = false;

  constructor(
    private readonly wanted: Wanted,
    private readonly ends: Ends,
    private readonly open: OpenSocket = openSocket,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.connect();
  }

  // ---------------------------------------------------------------- from this browser

  /** 20 ms of the caller's audio. */
  frame(frame: ArrayBuffer): void {
    const socket = this.socket;
    if (!this.isJoined || !socket) return;
    if (socket.bufferedAmount > UNSENT_BYTES) {
      // Nothing leaves this machine. The browser would notice in minutes.
      socket.close(COMING_BACK);
      this.lose(socket);
    } else socket.send(frame);
  }

  heard(place: Place): void {
    if (this.isJoined) this.say({ type: "heard", ...place });
  }

  cleared(place: Place | null, by: ClearedBy): void {
    if (by === "loss") this.place = place;
    else if (this.isJoined) this.say({ type: "cleared", item: place?.item ?? null, ms: place?.ms ?? 0 });
  }

  press(digit: string): void {
    if (this.isJoined) this.say({ type: "dtmf", digit });
  }

  /** The caller hangs up; the server tells the rest and closes. */
  hangUp(): void {
    if (this.isOver) return;
    if (!this.isJoined) {
      this.end("");
      this.socket?.close(1000);
      return;
    }
    this.say({ type: "hangup" });
    this.isHungUp = true;
    this.isJoined = false;
    this.ends.play({ clear: "loss" });
    this.timer = setTimeout(() => {
      if (!this.isOver) this.end("");
      this.socket?.close(1000);
    }, REST_MS);
  }

  /** The network may be back: why wait. */
  hurry(): void {
    if (this.awaySince && !this.isOver && this.socket === null) this.connect();
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  // ---------------------------------------------------------------- from the server

  private connect(): void {
    clearTimeout(this.timer);
    const query = new URLSearchParams({ rate: String(RATE) });
    if (this.callId) query.set("call_id", this.callId);
    else {
      if (this.wanted.agent) query.set("agent", this.wanted.agent);
      if (this.wanted.backend) query.set("backend", this.wanted.backend);
    }
    const socket = this.open(`/web/ws?${query}`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (this.callId) this.say({ type: "resume", token: this.token, after: this.after, ...(this.place ?? {}) });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (this.socket !== socket || this.isOver) return;
      if (typeof data === "string") this.take(JSON.parse(data) as Message);
      else this.ends.play({ audio: data });
    };
    socket.onclose = ({ code, reason }) => {
      if (this.socket !== socket || this.isOver) return;
      if (!this.callId) this.end(reason || UNREACHED);
      else if (LAST.has(code) || this.isHungUp) this.end(code === 1000 ? "" : reason || LOST);
      else this.lose(socket);
    };
  }

  private take(message: Message): void {
    switch (message.type) {
      case "joined":
        this.callId = String(message.call_id);
        this.token = String(message.token);
        this.isJoined = true;
        this.awaySince = this.tries = 0;
        this.place = null;
        this.ends.joined(this.callId);
        break;
      case "item":
        this.ends.play({ item: String(message.item), ms: Number(message.ms) });
        break;
      case "clear":
        this.ends.play({ clear: "server" });
        break;
      case "problem":
        console.warn(`The server: ${message.detail}`);
        break;
      default:
        // What happens is shown by the call's view, which has its own road.
        if (message.seq && !this.after) this.ends.kept(this.callId);
        if (message.seq) this.after = message.seq;
    }
  }

  private lose(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    if (this.isJoined) {
      // What is buffered is not played on: it is said again from where the caller stopped hearing it.
      this.isJoined = false;
      this.awaySince = this.now();
      this.ends.play({ clear: "loss" });
      this.ends.away();
    }
    if (this.now() - this.awaySince > PARKED_MS) this.end(LOST);
    else this.timer = setTimeout(() => this.connect(), pause(this.tries++));
  }

  private end(sentence: string): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.ends.over(sentence);
  }
}
