import { useEffect, useRef } from "react";

/** What each key does, for the page that shows them. */
export const KEYS: readonly [string, string][] = [
  ["/", "Search calls"],
  ["n", "New call"],
  ["t", "Talk through this browser"],
  ["j  k", "Next and previous call"],
  ["space", "Play or pause the recording"],
  ["i", "Interrupt the agent"],
  ["h", "Hang up; asks first"],
  ["?", "Show these"],
];

const TYPED_INTO = "input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]";
const PRESSED_BY_SPACE = "button, a, summary, [role=tab], [role=switch]";

/** Keys that act while the component is there; not where somebody types, nor with Ctrl, Alt or Meta. */
export function useKeys(acts: Record<string, (() => void) | undefined>): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing) return;
      const where = event.target instanceof Element ? event.target : null;
      if (where?.closest(TYPED_INTO) || (event.key === " " && where?.closest(PRESSED_BY_SPACE))) return;
      if (document.querySelector("[role=dialog][aria-modal=true]")) return;
      const act = latest.current[event.key === " " ? "space" : event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
