/** Hearing a live call: 16-bit stereo as it comes, the caller left, what is heard of the agent right. */

const CUSHION_S = 0.15;
const MOST_BEHIND_S = 1;

export interface Listening {
  stop: () => void;
}

/** Begins to listen; `onEnd` is told why it ended, empty if the call did. */
export function listen(callId: string, onEnd: (why: string) => void): Listening {
  const audio = new AudioContext();
  const socket = new WebSocket(new URL(`/ws/listen/${encodeURIComponent(callId)}`, location.href.replace(/^http/, "ws")));
  socket.binaryType = "arraybuffer";
  let rate = 8000; // until the first message says
  let next = 0;
  let opened = false;
  let stopped = false;

  socket.onopen = () => {
    opened = true;
    void audio.resume();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      rate = (JSON.parse(data) as { rate?: number }).rate ?? rate;
      return;
    }
    if (!(data instanceof ArrayBuffer) || data.byteLength < 4) return;
    const frames = Math.floor(data.byteLength / 4);
    const samples = new Int16Array(data, 0, frames * 2);
    const buffer = audio.createBuffer(2, frames, rate);
    for (const channel of [0, 1]) {
      const into = buffer.getChannelData(channel);
      for (let frame = 0; frame < frames; frame++) into[frame] = samples[2 * frame + channel]! / 32768;
    }
    if (next > audio.currentTime + MOST_BEHIND_S) return; // a clock that runs away is caught up with
    next = next < audio.currentTime ? audio.currentTime + CUSHION_S : next;
    const source = audio.createBufferSource();
    source.buffer = buffer;
    source.connect(audio.destination);
    source.start(next);
    next += frames / rate;
  };
  socket.onclose = ({ code, reason }) => {
    void audio.close().catch(() => undefined);
    if (stopped) return;
    if (!opened) onEnd("This call cannot be listened to: the server refused it.");
    else onEnd(code === 1000 ? "" : reason || "The line to the server is gone; listen again.");
  };
  return {
    stop: () => {
      stopped = true;
      socket.close();
    },
  };
}
