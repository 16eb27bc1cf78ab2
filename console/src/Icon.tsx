const PATHS = {
  sun: "M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM8 .75v1.5M8 13.75v1.5M.75 8h1.5M13.75 8h1.5M2.9 2.9l1 1M12.1 12.1l1 1M13.1 2.9l-1 1M3.9 12.1l-1 1",
  moon: "M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1Z",
  play: "M4.5 2.8v10.4L13 8 4.5 2.8Z",
  pause: "M4.75 3v10M11.25 3v10",
};

/** A small drawing in the colour of its words, for the eye alone: what it is on has a label. */
export function Icon({ of }: { of: keyof typeof PATHS }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill={of === "play" ? "currentColor" : "none"} stroke="currentColor" strokeWidth={of === "pause" ? 2.5 : 1.5} strokeLinecap="round" strokeLinejoin="round" aria-hidden>
      <path d={PATHS[of]} />
    </svg>
  );
}
