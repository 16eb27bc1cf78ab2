/** A WebSocket that comes again: after a cut, a restart of the server, a close that asks for it. */

const FIRST_MS = 250;
const LONGEST_MS = 10_000;

export type Link = "connecting" | "open" | "away" | "over";

/** How long to wait before the next try: doubling, a little apart from what other pages do. */
export function pause(tries: number, chance = Math.random()): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.75 + 0.5 * chance);
}

/** Whether a close is the last: the call is over, there is none, or nobody may see it. */
export function isLast(code: number): boolean {
  return code === 1000 || code === 4404;
}

export interface Wanted {
  /** The path to open; asked again for each try, so that it can say what was received last. */
  path: () => string;
  /** Takes a message; false: it cannot be used, come again. */
  take: (message: unknown) => boolean | undefined;
  link: (link: Link, reason: string) => void;
}

/** Keeps a socket open until the function it gives is called. */
export function follow({ path, take, link }: Wanted): () => void {
  let socket: WebSocket | null = null;
  let timer = 0;
  let tries = 0;
  let done = false;

  const again = () => {
    link("away", "");
    timer = window.setTimeout(open, pause(tries++));
  };
  const open = () => {
    clearTimeout(timer);
    if (done) return;
    const current = new WebSocket(new URL(path(), location.href.replace(/^http/, "ws")));
    socket = current;
    current.onopen = () => link("open", "");
    current.onmessage = ({ data }) => {
      if (done || socket !== current) return;
      tries = 0;
      if (take(JSON.parse(String(data))) === false) {
        socket = null;
        current.close();
        timer = window.setTimeout(open, 0);
      }
    };
    current.onclose = ({ code, reason }) => {
      if (done || socket !== current) return;
      if (isLast(code)) {
        done = true;
        link("over", code === 4404 ? reason || "There is no such call." : "");
      } else again();
    };
  };
  // Somebody who comes back to the page, or to the network, waits for nothing.
  const hurry = () => {
    if (!done && document.visibilityState === "visible" && socket?.readyState !== WebSocket.OPEN && tries > 0) {
      tries = 0;
      if (socket?.readyState !== WebSocket.CONNECTING) open();
    }
  };
  document.addEventListener("visibilitychange", hurry);
  addEventListener("online", hurry);
  link("connecting", "");
  open();
  return () => {
    done = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hurry);
    removeEventListener("online", hurry);
    // One that is not open yet is closed once it is: before that a browser would call it a failure.
    if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = ({ target }) => (target as WebSocket).close();
    else socket?.close();
  };
}
