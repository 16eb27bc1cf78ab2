import { useSyncExternalStore } from "react";
import { ask, type CallPage } from "../api";
import { follow, type Link } from "../socket";

/** A call that is on, as the list shows it. */
export interface LiveCall {
  id: string;
  status: string;
  direction: string;
  caller: string;
  called: string;
  agent: string;
  backend: string;
  /** `performance.now()` of its beginning. */
  began: number;
  caller_db: number;
  agent_db: number;
}

interface Message {
  type: string;
  call_id: string;
  at_ms?: number;
  [field: string]: unknown;
}

const SILENT_DB = -90;

/** Where every live call stands. `calls` is a new array whenever something of it has changed. */
export class LiveCalls {
  calls: readonly LiveCall[] = [];
  link: Link = "connecting";
  /** Grows whenever a call has ended, for who shows those. */
  ends = 0;
  private readonly known = new Map<string, LiveCall>();
  private readonly watchers = new Set<() => void>();
  private frame = 0;
  private close: (() => void) | null = null;

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    this.close ??= follow({
      path: () => "/ws/events?pulse=1",
      take: (message) => this.take(message as Message, performance.now(), Date.now()),
      link: (link) => {
        this.link = link;
        this.changed();
        if (link === "open") void this.confirm();
      },
    });
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size) return;
      this.close?.();
      this.close = null;
    };
  };

  read = (): readonly LiveCall[] => this.calls;
  readLink = (): Link => this.link;
  readEnds = (): number => this.ends;

  take(message: Message, now: number, wallNow: number): undefined {
    const id = message.call_id;
    const before = this.known.get(id);
    if (message.type === "pulse") {
      if (!before) return;
      const { caller_db, agent_db } = message as unknown as LiveCall;
      this.known.set(id, { ...before, caller_db, agent_db, began: now - (message.at_ms ?? 0) });
    } else if (message.state === "ended") {
      if (this.known.delete(id)) this.ends++;
    } else {
      const told = message as unknown as LiveCall & { started_at?: string };
      const since = message.at_ms ?? (told.started_at ? Math.max(0, wallNow - Date.parse(told.started_at)) : 0);
      this.known.set(id, {
        id,
        status: told.status,
        direction: told.direction ?? before?.direction ?? "",
        caller: told.caller ?? before?.caller ?? "",
        called: told.called ?? before?.called ?? "",
        agent: told.agent ?? before?.agent ?? "",
        backend: told.backend ?? before?.backend ?? "",
        began: before?.began ?? now - since,
        caller_db: before?.caller_db ?? SILENT_DB,
        agent_db: before?.agent_db ?? SILENT_DB,
      });
    }
    this.changed();
    return;
  }

  /** Forgets calls that ended while nobody told this page: those that the server does not know as live any more. */
  private async confirm(): Promise<void> {
    const before = [...this.known.keys()];
    if (!before.length) return;
    const live = new Set<string>();
    try {
      for (let after = ""; ; ) {
        const page = await ask<CallPage>(`/api/calls?live=true&limit=200${after && `&after=${after}`}`);
        for (const call of page.calls) live.add(call.id);
        if (!page.next) break;
        after = page.next;
      }
    } catch {
      return; // the socket that comes next asks again
    }
    for (const id of before) if (!live.has(id) && this.known.delete(id)) this.ends++;
    this.changed();
  }

  private changed(): void {
    // Not a frame: the title tells of calls in a tab that is not seen.
    this.frame ||= window.setTimeout(() => {
      this.frame = 0;
      this.calls = [...this.known.values()].sort((a, b) => b.began - a.began || a.id.localeCompare(b.id));
      for (const watcher of this.watchers) watcher();
    }, 100);
  }
}

const live = new LiveCalls();

export function useLiveCalls(): readonly LiveCall[] {
  return useSyncExternalStore(live.watch, live.read);
}

export function useLiveLink(): Link {
  return useSyncExternalStore(live.watch, live.readLink);
}

/** Changes whenever a call has ended. */
export function useEnds(): number {
  return useSyncExternalStore(live.watch, live.readEnds);
}
