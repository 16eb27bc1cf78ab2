/** What happened in a call, put together from its events. Nothing here knows of sockets or pages. */

import { span } from "../format";

export interface CallEvent {
  type: string;
  call_id: string;
  at_ms: number;
  seq?: number;
  [field: string]: unknown;
}

export type Line =
  | { kind: "caller"; key: string; at: number; text: string; end: number }
  | AgentLine
  | { kind: "tool"; key: string; at: number; name: string; args: string; status: string; output: string; took: number | null }
  | { kind: "key"; key: string; at: number; digits: string }
  | { kind: "remark"; key: string; at: number; text: string; grave: boolean };

export interface AgentLine {
  kind: "agent";
  key: string;
  /** When it began at the caller's ear. */
  at: number;
  text: string;
  /** The words that the caller did not hear. */
  unheard: string;
  heard: number;
  generated: number;
  latency: number | null;
  /** What of that went by until each step of it, where the agent is made of parts. */
  stages: Stages | null;
  /** Whether it is being said, and its words may still change. */
  open: boolean;
}

export type Stages = Record<string, number>;

export interface Head {
  direction: string;
  caller: string;
  called: string;
  agent: string;
  backend: string;
  status: string;
  state: string;
  result: string | null;
  reason: string | null;
  variables: Record<string, unknown>;
}

/** An answer that takes longer than this is late, and one that takes longer than the second keeps a caller waiting. */
export const LATE_MS = 800;
export const WAITING_MS = 1500;

const STEPS: [string, string][] = [
  ["words", "words"], ["token", "first token"], ["turn", "turn over"], ["audio", "first sound"],
];

/** The steps of an answer, each with when it was reached. */
export function stepsOf(stages: Stages): string {
  const reached = STEPS.filter(([step]) => stages[step] !== undefined).sort(([a], [b]) => stages[a]! - stages[b]!);
  return reached.map(([step, name]) => `${name} ${span(stages[step]!)}`).join(" · ");
}

const GOES_WITH_CALL_MS = 3000;
const STATUS_REMARK: Record<string, string> = { parked: "The telephone's stream is gone; waiting for it." };

/**
 * A call as it grows. `take` says what became of an event; a gap means that events are missing before it, which are to
 * be fetched behind `last`.
 */
export class Story {
  last = 0;
  /** Grows with every change, for those who draw it. */
  version = 0;
  head: Head | null = null;
  lines: Line[] = [];
  /** The newest moment that is known of. */
  now = 0;
  ended = false;
  usd: number | null = null;
  unpriced = false;
  data: Record<string, unknown> = {};
  bargeIns: { at: number; heard: number }[] = [];
  turn = "";
  private open: AgentLine[] = [];
  private readonly places = new Map<string, Line>();
  private readonly early = new Map<string, number>(); // latency of answers whose turn is not kept yet
  private readonly staged = new Map<string, Stages>(); // likewise
  private readonly spoke = new Set<string>(); // turns that are kept

  take(event: CallEvent): "new" | "old" | "gap" {
    if (event.seq !== undefined) {
      if (event.seq <= this.last) return "old";
      if (event.seq !== this.last + 1) return "gap";
      this.last = event.seq;
    }
    this.now = Math.max(this.now, event.at_ms);
    this.apply(event);
    this.version++;
    return "new";
  }

  /** All that there is to show, in order: what is kept, and then what is being said. */
  shown(): Line[] {
    return this.open.length ? [...this.lines, ...this.open] : this.lines;
  }

  latencies(): number[] {
    return this.lines.flatMap((line) => (line.kind === "agent" && line.latency !== null ? [line.latency] : []));
  }

  private apply(event: CallEvent): void {
    switch (event.type) {
      case "call":
        this.head = { ...blank, ...this.head, ...pick(event, ["direction", "caller", "called", "variables"]) };
        break;
      case "agent":
        this.head = { ...blank, ...this.head, ...pick(event, ["agent", "backend"]) };
        break;
      case "status":
        this.standing(event);
        break;
      case "transcript":
        this.transcript(event);
        break;
      case "latency":
        this.early.set(String(event.item), Number(event.latency_ms));
        break;
      case "stages":
        this.staged.set(String(event.item), event.ms as Stages);
        break;
      case "pulse":
        this.pulse(event);
        break;
      case "tool":
        this.tool(event);
        break;
      case "barge_in":
        this.bargeIns = [...this.bargeIns, { at: this.cutAt(event), heard: Number(event.heard_ms) }];
        break;
      case "key":
        this.key(event);
        break;
      case "transfer":
      case "operator":
      case "answered_by":
        this.remark(event);
        break;
      case "problem":
        this.put({ kind: "remark", key: `problem:${event.seq}`, at: event.at_ms, text: `The agent was lost: ${String(event.message ?? "")}`, grave: true });
        break;
      case "note":
        this.data = (event.data ?? {}) as Record<string, unknown>;
        break;
      case "usage":
        this.usd = event.cost_usd as number | null;
        this.unpriced = Boolean(event.unpriced);
        break;
      case "ended":
        this.ended = true;
        this.open = [];
        this.head = { ...blank, ...this.head, ...pick(event, ["result", "reason"]) };
        break;
      default: // `stream`, and what a newer server tells
    }
  }

  private standing(event: CallEvent): void {
    const before = this.head?.status;
    this.head = { ...blank, ...this.head, ...pick(event, ["status", "state"]) };
    const status = this.head.status;
    if (status === before) return;
    const wasGone = this.lines.findLast((line) => line.key.startsWith("status:"));
    const isBack = before === "parked" && status === "in-progress" && wasGone?.kind === "remark" && wasGone.grave;
    // Whoever comes back from somebody they were put through to has lost no stream.
    const text = isBack ? "The stream is back." : before === "transferring" ? "" : (STATUS_REMARK[status] ?? "");
    if (text) this.put({ kind: "remark", key: `status:${event.seq}`, at: event.at_ms, text, grave: status === "parked" });
    if (status !== "in-progress") this.open = [];
    // A stream that goes with its call was not lost.
    const last = this.lines.at(-1);
    if (before === "parked" && (status === "ending" || this.head.state === "ended") && last?.kind === "remark" && last.grave) {
      if (event.at_ms - last.at < GOES_WITH_CALL_MS) this.lines = this.lines.slice(0, -1);
    }
  }

  private transcript(event: CallEvent): void {
    const key = `turn:${event.turn}`;
    const known = this.places.get(key);
    const text = String(event.text ?? "");
    if (event.role === "user") {
      this.put({ kind: "caller", key, at: known?.at ?? event.at_ms, text, end: event.at_ms });
      return;
    }
    const heard = Number(event.heard_ms ?? 0);
    const latency = (event.latency_ms as number | undefined) ?? (known?.kind === "agent" ? known.latency : null);
    const stages = (event.stages as Stages | undefined) ?? (known?.kind === "agent" ? known.stages : null);
    this.spoke.add(key);
    this.open = this.open.filter((line) => line.key !== key);
    this.put({
      kind: "agent",
      key,
      at: known?.at ?? this.began(event, heard, latency, stages),
      text,
      unheard: String(event.unheard ?? ""),
      heard,
      generated: Number(event.generated_ms ?? 0),
      latency,
      stages,
      open: false,
    });
  }

  /** When it began to sound. It is told when it is over, and of one that was cut only after that was judged: an answer began
   * so long after the words before it as the caller waited. */
  private began(event: CallEvent, heard: number, latency: number | null, stages: Stages | null): number {
    const latest = Math.max(0, event.at_ms - heard);
    const asked = this.places.get(`turn:${Number(event.turn) - 1}`);
    if (asked?.kind !== "caller" || latency === null) return latest;
    return Math.max(asked.at, Math.min(latest, asked.end + latency - (stages?.words ?? 0)));
  }

  /** Where the answer fell silent, which is before anybody judged that it should have. */
  private cutAt(event: CallEvent): number {
    const cut = this.lines.findLast((line) => line.kind === "agent" && line.unheard !== "" && line.heard === Number(event.heard_ms));
    return cut?.kind === "agent" ? cut.at + cut.heard : event.at_ms;
  }

  private pulse(event: CallEvent): void {
    this.turn = String(event.turn ?? "");
    const saying = (event.saying ?? []) as { turn: number; item: string; text: string }[];
    if (!saying.length && !this.open.length) return;
    const before = new Map(this.open.map((line) => [line.key, line]));
    this.open = saying
      .filter((each) => !this.spoke.has(`turn:${each.turn}`))
      .map((each) => {
        const key = `turn:${each.turn}`;
        const latency = this.early.get(each.item) ?? null;
        const stages = this.staged.get(each.item) ?? null;
        const known = before.get(key);
        if (known && known.text === each.text && known.latency === latency && known.stages === stages) return known;
        return {
          kind: "agent", key, at: known?.at ?? event.at_ms, text: each.text, unheard: "", heard: 0, generated: 0, latency, stages, open: true,
        };
      });
  }

  private tool(event: CallEvent): void {
    const key = `tool:${event.id}`;
    const known = this.places.get(key);
    const before = known?.kind === "tool" ? known : null;
    this.put({
      kind: "tool",
      key,
      at: before?.at ?? event.at_ms,
      name: String(event.name || before?.name || "tool"),
      args: String(event.arguments ?? before?.args ?? ""),
      status: String(event.status),
      output: String(event.output ?? ""),
      took: (event.took_ms as number | undefined) ?? null,
    });
  }

  private key(event: CallEvent): void {
    const before = this.lines.at(-1);
    const digit = String(event.digit ?? "");
    if (before?.kind === "key" && event.at_ms - before.at < 5000) {
      this.put({ ...before, digits: before.digits + digit });
    } else {
      this.put({ kind: "key", key: `key:${event.seq}`, at: event.at_ms, digits: digit });
    }
  }

  private remark(event: CallEvent): void {
    const text = remarkOf(event);
    if (text) this.put({ kind: "remark", key: `${event.type}:${event.seq}`, at: event.at_ms, text, grave: false });
  }

  /** Puts a line in its place in time, or a better version of it where it stood. */
  private put(line: Line): void {
    const known = this.places.get(line.key);
    this.places.set(line.key, line);
    const lines = [...this.lines];
    if (known) {
      lines[lines.lastIndexOf(known)] = line;
    } else {
      let at = lines.length;
      while (at > 0 && lines[at - 1]!.at > line.at) at--;
      lines.splice(at, 0, line);
    }
    this.lines = lines;
  }
}

const ORDERS: Record<string, string> = {
  interrupt: "An operator interrupted the agent.",
  say: "An operator had the agent say",
  "hang up": "An operator ended the call.",
  transfer: "An operator asked to put the caller through to",
};
const TRANSFERS: Record<string, string> = {
  withdrawn: "The caller spoke before they were put through to",
  dialling: "Calling",
  completed: "The caller talked to",
  busy: "Busy:",
  "no-answer": "Nobody answered at",
  failed: "Could not be reached:",
  canceled: "Given up:",
};
const ANSWERED: Record<string, string> = { human: "A person answered.", machine: "An answering machine answered." };

/** What a remark says of an event; empty for one that needs none. */
function remarkOf(event: CallEvent): string {
  const { type, status, to, order, text, by } = event as Record<string, unknown> & CallEvent;
  if (type === "answered_by") return ANSWERED[String(by)] ?? "";
  if (type === "operator") return [ORDERS[String(order)] ?? "An operator stepped in.", text && `“${text}”`].filter(Boolean).join(" ");
  return TRANSFERS[String(status)] ? `${TRANSFERS[String(status)]} ${to}.` : "";
}

const blank: Head = {
  direction: "", caller: "", called: "", agent: "", backend: "", status: "ringing", state: "", result: null, reason: null,
  variables: {},
};

function pick(event: CallEvent, names: (keyof Head)[]): Partial<Head> {
  return Object.fromEntries(names.filter((name) => event[name] !== undefined).map((name) => [name, event[name]]));
}

/** Where a line ends in time. */
export function endOf(line: Line): number {
  if (line.kind === "agent") return line.at + Math.max(line.heard, 1);
  if (line.kind === "caller") return line.end;
  if (line.kind === "tool") return line.at + (line.took ?? 0);
  return line.at;
}

/** The line that a moment belongs to: the last that began by then. */
export function lineAt(lines: readonly Line[], at: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
