import { describe, expect, test } from "vitest";
import { Frames } from "./capture";
import { Resampler } from "./resample";

const tone = (hertz: number, rate: number, seconds = 0.5) =>
  Float32Array.from({ length: rate * seconds }, (_, n) => Math.sin((2 * Math.PI * hertz * n) / rate));
const power = (samples: Float32Array) => samples.reduce((sum, each) => sum + each * each, 0) / samples.length;

describe.each([
  [48_000, 24_000], [44_100, 24_000], [24_000, 48_000], [24_000, 44_100], [48_000, 8_000],
])("from %i to %i samples a second", (from, to) => {
  test("speech passes as it is", () => {
    const output = new Resampler(from, to).take(tone(1000, from));
    const late = Math.ceil(24 / (0.93 * Math.min(1, to / from))) / from; // the filter's delay, in seconds
    expect(late).toBeLessThan(0.0035);
    const apart = output.map((each, n) => each - Math.sin(2 * Math.PI * 1000 * (n / to - late))).subarray(500);
    expect(10 * Math.log10(power(apart))).toBeLessThan(-60);
    expect(output.length).toBe(Math.ceil((0.5 * from * to) / from)); // nothing is held back
  });

  test("what is cut into quanta is the same", () => {
    const whole = new Resampler(from, to).take(tone(440, from));
    const cut = new Resampler(from, to);
    const pieces: number[] = [];
    const input = tone(440, from);
    for (let at = 0; at < input.length; at += 128) pieces.push(...cut.take(input.subarray(at, at + 128)));
    expect(pieces.length).toBe(whole.length);
    expect(Math.max(...pieces.map((each, n) => Math.abs(each - (whole[n] as number))))).toBeLessThan(1e-5);
  });
});

test("what the lower rate cannot carry is kept out", () => {
  const output = new Resampler(48_000, 8_000).take(tone(5000, 48_000));
  expect(10 * Math.log10(power(output.subarray(500, -500)) / 0.5)).toBeLessThan(-75);
});

describe("frames", () => {
  test("are 20 ms of 16 bits, clipped and never wrapped", () => {
    const frames: Int16Array[] = [];
    const capture = new Frames(24_000, 24_000, (frame) => frames.push(new Int16Array(frame)));
    for (let n = 0; n < 8; n++) capture.take(new Float32Array(128).fill(n % 2 ? 1.5 : -1.5));
    expect(frames.map(({ length }) => length)).toEqual([480, 480]);
    expect([...new Set(frames[0])].sort()).toEqual([-32768, 32767]);
  });

  test("come at the call's rate from any hardware", () => {
    const frames: ArrayBuffer[] = [];
    const capture = new Frames(48_000, 24_000, (frame) => frames.push(frame));
    for (let n = 0; n < 375; n++) capture.take(new Float32Array(128)); // a second
    expect(frames.length).toBe(50);
    expect(frames[0]?.byteLength).toBe(960);
  });
});
