import { expect, it } from "vitest";
import { Levels } from "./levels";
import { Measure, wavFormat } from "./waveform";

function wav(channels: number, bits: number, extra = 0): Uint8Array {
  const bytes = new Uint8Array(44 + extra);
  const view = new DataView(bytes.buffer);
  const name = (at: number, text: string) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  name(0, "RIFF");
  name(8, "WAVE");
  name(12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, bits, true);
  name(36 + extra, "data");
  if (extra) {
    name(36, "LIST");
    view.setUint32(40, extra - 8, true);
  }
  return bytes;
}

it("reads the head of a WAV, also with chunks between", () => {
  expect(wavFormat(wav(2, 16))).toEqual({ rate: 8000, channels: 2, data: 44 });
  expect(wavFormat(wav(2, 16, 20))).toEqual({ rate: 8000, channels: 2, data: 64 });
  expect(wavFormat(wav(2, 8))).toBeNull();
  expect(wavFormat(wav(2, 16).subarray(0, 40))).toBeNull();
});

it("measures both sides in time, however the bytes are cut", () => {
  const samples = new Int16Array(2 * 8000); // a second: the caller's first half is loud, the agent's second
  for (let frame = 0; frame < 8000; frame++) samples[2 * frame + (frame < 4000 ? 0 : 1)] = frame % 2 ? 16384 : -16384;
  const bytes = new Uint8Array(samples.buffer);
  const levels = new Levels();
  const measure = new Measure(levels, 8000, 1000);
  for (let at = 0; at < bytes.length; at += 1237) measure.take(bytes.subarray(at, at + 1237));
  const heights = (side: "caller" | "agent") => [1000, 1250, 1500, 1750].map((from) => levels.loudest(side, from, from + 250) > 0.8);
  expect(heights("caller")).toEqual([true, true, false, false]);
  expect(heights("agent")).toEqual([false, false, true, true]);
});
