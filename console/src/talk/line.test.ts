import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Ends, Line, LOST, UNREACHED } from "./line";

vi.stubGlobal("WebSocket", { OPEN: 1 });

class Socket {
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "";
  sent: unknown[] = [];
  closed: number | undefined;
  onopen = () => {};
  onmessage = (_: { data: unknown }) => {};
  onclose = (_: { code: number; reason: string }) => {};
  constructor(readonly path: string) {}
  send(data: unknown) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }
  close(code?: number) {
    this.closed = code;
  }
  opens() {
    this.readyState = 1;
    this.onopen();
  }
  tells(message: object) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  ends(code: number, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

let sockets: Socket[];
let told: unknown[][];
let now: number;

function line(): { it: Line; at: () => Socket } {
  const tell = (name: string) => (...what: unknown[]) => void told.push([name, ...what]);
  const ends: Ends = { play: tell("play"), joined: tell("joined"), kept: tell("kept"), away: tell("away"), over: tell("over") };
  const open = (path: string) => {
    const socket = new Socket(path);
    sockets.push(socket);
    return socket as unknown as WebSocket;
  };
  return { it: new Line({ agent: "cafe" }, ends, open, () => now), at: () => sockets.at(-1) as Socket };
}

function joined() {
  const one = line();
  one.at().opens();
  one.at().tells({ type: "joined", call_id: "c1", token: "t1", rate: 24000 });
  told.length = 0;
  return one;
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  told = [];
  now = 1000;
});

test("it asks for the agent, and carries audio once the call is there", () => {
  const { it, at } = line();
  expect(at().path).toBe("/web/ws?rate=24000&agent=cafe");
  at().opens();
  it.frame(new ArrayBuffer(960));
  expect(at().sent).toEqual([]);
  at().tells({ type: "joined", call_id: "c1", token: "t1" });
  it.frame(new ArrayBuffer(960));
  expect(at().sent).toHaveLength(1);
  at().tells({ type: "item", item: "a", ms: 0 });
  at().onmessage({ data: new ArrayBuffer(4) });
  at().tells({ type: "clear" });
  it.heard({ item: "a", ms: 500 });
  it.cleared({ item: "a", ms: 612 }, "server");
  it.cleared(null, "server");
  it.press("5");
  expect(told).toEqual([
    ["joined", "c1"], ["play", { item: "a", ms: 0 }], ["play", { audio: new ArrayBuffer(4) }], ["play", { clear: "server" }],
  ]);
  expect(at().sent.slice(1)).toEqual([
    { type: "heard", item: "a", ms: 500 }, { type: "cleared", item: "a", ms: 612 }, { type: "cleared", item: null, ms: 0 },
    { type: "dtmf", digit: "5" },
  ]);
});

describe("a network that is gone", () => {
  test("is silence at once, and the call is come back to from where the caller stopped hearing it", () => {
    const { it, at } = joined();
    at().tells({ type: "status", seq: 6 });
    at().tells({ type: "status", seq: 7 });
    at().tells({ type: "pulse" });
    at().ends(1006);
    expect(told).toEqual([["kept", "c1"], ["play", { clear: "loss" }], ["away"]]);
    it.cleared({ item: "a", ms: 2345 }, "loss");
    it.frame(new ArrayBuffer(960));
    now += 500;
    vi.advanceTimersByTime(500);
    expect(at().path).toBe("/web/ws?rate=24000&call_id=c1");
    at().opens();
    expect(at().sent).toEqual([{ type: "resume", token: "t1", after: 7, item: "a", ms: 2345 }]);
    at().tells({ type: "joined", call_id: "c1", token: "t2" });
    expect(told.at(-1)).toEqual(["joined", "c1"]);
    at().ends(1012);
    now += 500;
    vi.advanceTimersByTime(500);
    at().opens();
    expect(at().sent).toEqual([{ type: "resume", token: "t2", after: 7 }]);
  });

  test("is noticed by what cannot be sent", () => {
    const { it, at } = joined();
    const first = at();
    first.bufferedAmount = 3 * 48_000 + 1;
    it.frame(new ArrayBuffer(960));
    expect(first.closed).toBe(4001);
    expect(told).toEqual([["play", { clear: "loss" }], ["away"]]);
    first.ends(1006);
    expect(told).toHaveLength(2);
  });

  test("for longer than the server waits ends the call", () => {
    const { at } = joined();
    at().ends(1006);
    for (let n = 0; n < 40 && told.at(-1)?.[0] !== "over"; n++) {
      now += 1000;
      vi.advanceTimersByTime(2500);
      at().ends(1006);
    }
    expect(told.at(-1)).toEqual(["over", LOST]);
    const tries = sockets.length;
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(tries);
  });

  test("is tried again when the browser knows better", () => {
    const { it, at } = joined();
    at().ends(1006);
    it.hurry();
    expect(sockets).toHaveLength(2);
    it.hurry();
    expect(sockets).toHaveLength(2);
  });
});

describe("the end", () => {
  test.each([
    [1000, "The call is over.", ""],
    [4404, "The call is over.", "The call is over."],
    [1008, "There are too many messages.", "There are too many messages."],
  ])("of a call by code %i", (code, reason, sentence) => {
    const { at } = joined();
    at().ends(code, reason);
    expect(told).toEqual([["over", sentence]]);
  });

  test("of a call that never began has the server's sentence, or one on how to reach it", () => {
    const first = line();
    first.at().ends(1013, "The agent is not ready yet: try again in a moment.");
    const second = line();
    second.at().ends(1006);
    expect(told).toEqual([["over", "The agent is not ready yet: try again in a moment."], ["over", UNREACHED]]);
  });

  test("by the caller waits for the server's last word, but not for long", () => {
    const { it, at } = joined();
    at().readyState = 1;
    it.hangUp();
    expect(at().sent).toEqual([{ type: "hangup" }]);
    expect(told).toEqual([["play", { clear: "loss" }]]);
    at().ends(1000);
    expect(told.at(-1)).toEqual(["over", ""]);
    const other = joined();
    other.it.hangUp();
    vi.advanceTimersByTime(2001);
    expect(told.at(-1)).toEqual(["over", ""]);
    expect(other.at().closed).toBe(1000);
  });

  test("by the caller before anything came about", () => {
    const { it, at } = line();
    it.hangUp();
    expect(told).toEqual([["over", ""]]);
    expect(at().closed).toBe(1000);
    it.hangUp();
  });
});
