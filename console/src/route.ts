import { useSyncExternalStore } from "react";

/** Where the page is: its path and what stands behind the `#`. */
export interface Place {
  path: string;
  hash: string;
}

let place: Place = { path: "", hash: "" };
const watchers = new Set<() => void>();

function read(): void {
  place = { path: location.pathname, hash: location.hash.slice(1) };
  for (const watcher of watchers) watcher();
}

export function go(to: string, how: "push" | "replace" = "push"): void {
  history[how === "push" ? "pushState" : "replaceState"](null, "", to);
  read();
}

function watch(watcher: () => void): () => void {
  if (!watchers.size) {
    addEventListener("popstate", read);
    addEventListener("hashchange", read);
  }
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

export function usePlace(): Place {
  if (!place.path) place = { path: location.pathname, hash: location.hash.slice(1) };
  return useSyncExternalStore(watch, () => place);
}
