import { useEffect, useRef, useSyncExternalStore } from "react";
import { follow, type Link } from "../socket";
import { Levels, STEP_MS } from "./levels";
import { type CallEvent, Story } from "./story";

/** A call that is watched: its story, its levels, how the line to the server is. Drawn at most once a frame. */
export class Watched {
  story = new Story();
  levels = new Levels();
  link: Link = "connecting";
  reason = "";
  version = 0;
  /** `performance.now()` of the call's beginning, once a message of the moment has told it. */
  began: number | null = null;
  private readonly watchers = new Set<() => void>();
  private frame = 0;
  private close: (() => void) | null = null;

  constructor(readonly id: string) {}

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    this.close ??= follow({
      path: () => `/ws/events/${encodeURIComponent(this.id)}?after=${this.story.last}`,
      take: (message) => this.take(message as CallEvent),
      link: (link, reason) => {
        this.link = link;
        this.reason = reason;
        this.changed();
      },
    });
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size) return;
      this.close?.();
      this.close = null;
      cancelAnimationFrame(this.frame);
      this.frame = 0;
    };
  };

  read = (): number => this.version;

  /** False if events are missing before this one. */
  take(event: CallEvent): boolean {
    const taken = this.story.take(event);
    if (taken === "gap") return false;
    if (event.type === "pulse") {
      this.levels.put(event.at_ms - STEP_MS / 2, Number(event.caller_db), Number(event.agent_db));
      this.began = performance.now() - event.at_ms;
    }
    if (taken === "new") this.changed();
    return true;
  }

  /** Has it drawn anew. */
  changed(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.version++;
      for (const watcher of this.watchers) watcher();
    });
  }
}

export function useCall(id: string): Watched {
  const kept = useRef<Watched>(null);
  if (kept.current?.id !== id) kept.current = new Watched(id);
  const call = kept.current;
  useSyncExternalStore(call.watch, call.read);
  return call;
}

/** Calls a function now and `everyMs` while the page is seen and `on` holds. */
export function useEvery(everyMs: number, on: boolean, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (!on) return;
    latest.current();
    const timer = setInterval(() => document.hidden || latest.current(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, on]);
}
