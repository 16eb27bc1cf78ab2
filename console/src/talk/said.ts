/** What was said in the call, from its events: turns in their order, tools between them, what is being said now. */

import type { Event } from "./line";

export interface Said {
  key: string;
  at: number;
  who: "caller" | "agent" | "tool";
  text: string;
  /** Of the agent: what the caller did not hear, and where it was cut. */
  unheard: string;
  cutAt: number | null;
  open: boolean;
}

interface Saying {
  turn: number;
  text: string;
}

/** The same list with what an event changes in it. */
export function told(said: readonly Said[], event: Event): readonly Said[] {
  switch (event.type) {
    case "transcript": {
      const text = String(event.text);
      const unheard = String(event.unheard ?? "");
      const who = event.role === "user" ? "caller" : "agent";
      if (!text && !unheard) return without(said, `turn ${event.turn}`);
      const cutAt = unheard ? Number(event.heard_ms) : null;
      return put(said, { key: `turn ${event.turn}`, at: Number(event.at_ms), who, text, unheard, cutAt, open: false });
    }
    case "tool": {
      const before = said.find((each) => each.key === `tool ${event.id}`);
      if (event.status === "started") return put(said, tool(event, `${event.name}(${event.arguments})`, true));
      return before ? put(said, tool(event, `${before.text} → ${event.status === "failed" ? "failed" : "ok"}`, false)) : said;
    }
    case "key":
      return put(said, { key: `key ${event.seq}`, at: Number(event.at_ms), who: "caller", text: `pressed ${event.digit}`, unheard: "", cutAt: null, open: false });
    case "pulse": {
      let now = said;
      for (const { turn, text } of event.saying as Saying[]) {
        const key = `turn ${turn}`;
        const known = now.find((each) => each.key === key);
        if (!known || (known.open && known.text !== text)) {
          now = put(now, { key, at: known?.at ?? Number(event.at_ms), who: "agent", text, unheard: "", cutAt: null, open: true });
        }
      }
      return now;
    }
    default:
      return said;
  }
}

function tool(event: Event, text: string, open: boolean): Said {
  return { key: `tool ${event.id}`, at: Number(event.at_ms), who: "tool", text, unheard: "", cutAt: null, open };
}

function put(said: readonly Said[], one: Said): readonly Said[] {
  const at = said.findIndex((each) => each.key === one.key);
  // A turn stays where it was first seen: better words for it are no news.
  return at < 0 ? [...said, one] : said.map((each, n) => (n === at ? { ...one, at: each.at } : each));
}

function without(said: readonly Said[], key: string): readonly Said[] {
  return said.filter((each) => each.key !== key);
}
