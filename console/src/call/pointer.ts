import { useSyncExternalStore } from "react";

/** The moment of a call that is pointed at, wherever it is pointed at; null for none. */
export class Pointer {
  at: number | null = null;
  private readonly watchers = new Set<() => void>();

  set(at: number | null): void {
    if (at === this.at) return;
    this.at = at;
    for (const watcher of this.watchers) watcher();
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };
}

/** What a function makes of the moment; drawn again only when that changes. */
export function usePointed<T>(pointer: Pointer, made: (at: number | null) => T): T {
  return useSyncExternalStore(pointer.watch, () => made(pointer.at));
}
