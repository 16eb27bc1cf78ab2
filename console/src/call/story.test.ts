import { describe, expect, it } from "vitest";
import { type AgentLine, type CallEvent, endOf, lineAt, stepsOf, Story } from "./story";

let seq = 0;
const event = (type: string, at_ms: number, body: object = {}): CallEvent => ({ type, call_id: "c", at_ms, seq: ++seq, ...body });
const passing = (type: string, at_ms: number, body: object = {}): CallEvent => ({ type, call_id: "c", at_ms, ...body });
const user = (turn: number, at: number, text: string) => event("transcript", at, { turn, role: "user", text, final: true });
const agent = (turn: number, at: number, text: string, more: object = {}) =>
  event("transcript", at, { turn, role: "assistant", text, final: true, item: `a${turn}`, unheard: "", heard_ms: 1000, generated_ms: 1000, ...more });

function story(...events: CallEvent[]): Story {
  const made = new Story();
  for (const each of events) made.take(each);
  return made;
}

function fresh(): void {
  seq = 0;
}

describe("trouble", () => {
  it("says why the agent was lost", () => {
    fresh();
    const made = story(event("call", 0, { caller: "a" }), event("problem", 900, { message: "openai refused a request: 401 no such key" }));
    expect(made.lines).toMatchObject([{ kind: "remark", text: "The agent was lost: openai refused a request: 401 no such key", grave: true }]);
  });
});

describe("order", () => {
  it("takes each event once, and says what is missing", () => {
    fresh();
    const made = new Story();
    const events = [event("call", 0, { caller: "+15550100" }), event("status", 0, { status: "ringing" }), user(1, 900, "hello")];
    expect(events.map((each) => made.take(each))).toEqual(["new", "new", "new"]);
    expect(events.map((each) => made.take(each))).toEqual(["old", "old", "old"]);
    const skipped = user(2, 1000, "lost");
    expect(made.take(user(3, 1100, "too early"))).toBe("gap");
    expect(made.last).toBe(3);
    expect(made.take(skipped)).toBe("new");
    expect(made.lines.map((line) => line.key)).toEqual(["turn:1", "turn:2"]);
  });

  it("gives the same however often it is cut and comes again", () => {
    fresh();
    const events = [
      event("call", 0, { caller: "a" }), agent(1, 1200, "Hello."), user(2, 2000, "a latte"),
      event("tool", 2001, { id: "t", name: "add", status: "started", arguments: "{}" }),
      event("tool", 2040, { id: "t", name: "add", status: "finished", output: "1", took_ms: 39 }),
      agent(3, 4000, "One latte."), event("ended", 4100, { result: "completed", reason: "caller hung up" }),
    ];
    const whole = story(...events);
    for (let cut = 0; cut <= events.length; cut++) {
      const made = story(...events.slice(0, cut));
      for (const each of events.slice(Math.max(0, cut - 2))) made.take(each); // the server sends a little again
      expect(made.lines).toEqual(whole.lines);
      expect(made.head).toEqual(whole.head);
    }
  });

  it("puts an answer where it began, before what happened while it was said", () => {
    fresh();
    const made = story(event("tool", 3000, { id: "t", name: "look", status: "started" }), agent(1, 4000, "One moment.", { heard_ms: 1500 }));
    expect(made.lines.map((line) => line.kind)).toEqual(["agent", "tool"]);
    expect(made.lines[0]!.at).toBe(2500);
  });
});

describe("what was heard", () => {
  it("keeps a better version of a turn in the place of the first", () => {
    fresh();
    const made = story(agent(1, 1000, "One latte", { unheard: " or two" }), user(2, 1500, "two"));
    made.take(agent(1, 1600, "One", { unheard: " latte or two", heard_ms: 380 }));
    expect(made.lines[0]).toMatchObject({ text: "One", unheard: " latte or two", heard: 380, at: 0 });
    expect(made.lines).toHaveLength(2);
  });

  it("shows what is being said until it is kept, and no longer", () => {
    fresh();
    const made = story(user(1, 1000, "hi"));
    made.take(passing("latency", 1400, { item: "a2", latency_ms: 400 }));
    made.take(passing("stages", 1400, { item: "a2", ms: { words: 210, token: 260, turn: 250, audio: 330 } }));
    made.take(passing("pulse", 1500, { turn: "speaking", saying: [{ turn: 2, item: "a2", text: "Hello" }] }));
    expect(made.shown().at(-1)).toMatchObject({ text: "Hello", open: true, at: 1500, latency: 400 });
    const before = made.shown().at(-1);
    made.take(passing("pulse", 1750, { turn: "speaking", saying: [{ turn: 2, item: "a2", text: "Hello" }] }));
    expect(made.shown().at(-1)).toBe(before); // drawn again only if it has changed
    made.take(agent(2, 2500, "Hello.", { latency_ms: 400, stages: { words: 210, token: 260, turn: 250, audio: 330 } }));
    made.take(passing("pulse", 2600, { turn: "speaking", saying: [{ turn: 2, item: "a2", text: "Hello" }] }));
    expect(made.shown().map((line) => line.key)).toEqual(["turn:1", "turn:2"]);
    expect(made.latencies()).toEqual([400]);
    const kept = made.lines.at(-1) as AgentLine;
    expect(stepsOf(kept.stages!)).toBe("words 210 ms · turn over 250 ms · first token 260 ms · first sound 330 ms");
  });

  it("places an answer that was cut where it sounded, though it is told when the cut was judged", () => {
    fresh();
    const stages = { words: 261, turn: 261, audio: 262 };
    const made = story(
      user(2, 14733, "a large latte"),
      agent(3, 16799, "A large", { unheard: " latte", heard_ms: 1305, latency_ms: 263, stages }),
      event("barge_in", 16799, { heard_ms: 1305, items: {} }),
    );
    expect(made.lines[1]).toMatchObject({ at: 14735, heard: 1305 });
    expect(made.bargeIns).toEqual([{ at: 16040, heard: 1305 }]);
  });

  it("places no answer after the last moment at which it can have begun", () => {
    fresh();
    const made = story(user(1, 5000, "late words"), agent(2, 4000, "Yes.", { heard_ms: 500, latency_ms: 400 }), user(3, 6000, "hi"));
    made.take(agent(4, 7400, "Hello.", { heard_ms: 900, latency_ms: 800 }));
    expect(made.lines.find((line) => line.key === "turn:4")).toMatchObject({ at: 6500 });
  });

  it("knows how often the caller cut in", () => {
    fresh();
    expect(story(event("barge_in", 700, { heard_ms: 650, items: {} })).bargeIns).toEqual([{ at: 700, heard: 650 }]);
  });
});

describe("what else happens", () => {
  it("says when the telephone's stream is gone and back", () => {
    fresh();
    const status = (at: number, told: string) => event("status", at, { status: told, state: told });
    const made = story(status(0, "ringing"), status(10, "in-progress"), status(500, "parked"), status(900, "in-progress"));
    expect(made.lines.map((line) => line.kind === "remark" && line.text)).toEqual([
      "The telephone's stream is gone; waiting for it.", "The stream is back.",
    ]);
  });

  it("says nothing of a stream that goes with its call", () => {
    fresh();
    const status = (at: number, told: string) => event("status", at, { status: told, state: told });
    const quick = story(status(10, "in-progress"), user(1, 400, "bye"), status(500, "parked"), status(520, "ending"));
    expect(quick.lines.map((line) => line.kind)).toEqual(["caller"]);
    fresh();
    expect(story(status(10, "in-progress"), status(500, "parked"), status(30_000, "ending")).lines).toHaveLength(1);
  });

  it("misses no stream of a caller who comes back from somebody they were put through to", () => {
    fresh();
    const status = (at: number, status: string) => event("status", at, { status, state: "connected" });
    const back = [status(10, "in-progress"), status(500, "transferring"), status(900, "parked"), status(910, "in-progress")];
    expect(story(...back).lines).toEqual([]);
    const lost = [...back, status(2000, "parked"), status(2500, "in-progress")];
    expect(story(...lost).lines.map((line) => line.kind === "remark" && line.grave)).toEqual([true, false]);
  });

  it("joins the keys of one number", () => {
    fresh();
    const made = story(...[..."1234"].map((digit, index) => event("key", 1000 + index * 300, { digit })), event("key", 30_000, { digit: "#" }));
    expect(made.lines.map((line) => line.kind === "key" && line.digits)).toEqual(["1234", "#"]);
  });

  it("says what operators do, and how putting through fares", () => {
    fresh();
    const made = story(
      event("operator", 10, { order: "say", text: "One moment." }), event("operator", 20, { order: "interrupt", text: "" }),
      event("transfer", 30, { to: "kitchen", status: "asked" }), event("transfer", 40, { to: "kitchen", status: "no-answer" }),
    );
    expect(made.lines.map((line) => line.kind === "remark" && line.text)).toEqual([
      "An operator had the agent say “One moment.”", "An operator interrupted the agent.", "Nobody answered at kitchen.",
    ]);
  });

  it("ends, with the reason", () => {
    fresh();
    const made = story(event("call", 0, { caller: "a" }), event("ended", 5000, { result: "failed", reason: "agent failed" }));
    expect([made.ended, made.head?.reason]).toEqual([true, "agent failed"]);
  });

  it("counts a type it does not know, and shows nothing of it", () => {
    fresh();
    const made = story(event("of tomorrow", 10), user(1, 20, "hi"));
    expect([made.last, made.lines.length]).toEqual([2, 1]);
  });
});

it("finds the line of a moment", () => {
  fresh();
  const { lines } = story(user(1, 1000, "a"), user(2, 2000, "b"));
  expect([0, 1000, 1999, 2000, 9000].map((at) => lineAt(lines, at))).toEqual([-1, 0, 0, 1, 1]);
  expect(endOf(lines[0]!)).toBe(1000);
});
