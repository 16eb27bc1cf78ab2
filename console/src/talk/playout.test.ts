import { describe, expect, test } from "vitest";
import { FADE, type Place, Playout } from "./playout";

const RATE = 24_000;

function player() {
  const reports: Place[] = [];
  const playout = new Playout(RATE, (place) => reports.push(place));
  const out: number[] = [];
  /** Plays so many render quanta of 128 samples. */
  const play = (quanta: number) => {
    for (let n = 0; n < quanta; n++) {
      const output = new Float32Array(128);
      playout.read(output);
      out.push(...output);
    }
  };
  return { playout, reports, out, play };
}

const tone = (samples: number, value = 16384) => new Int16Array(samples).fill(value);

describe("what is played", () => {
  test("comes out as it went in, and silence behind it", () => {
    const { playout, out, play } = player();
    playout.begin("a", 0);
    playout.push(tone(200));
    play(2);
    expect(out.slice(0, 200)).toEqual(Array(200).fill(0.5));
    expect(out.slice(200)).toEqual(Array(56).fill(0));
  });

  test("is told twice a second, and at the end of each item to the sample", () => {
    const { playout, reports, play } = player();
    playout.begin("a", 0);
    playout.push(tone(RATE + 100));
    playout.begin("b", 0);
    playout.push(tone(333));
    play(200);
    expect(reports.map(({ item, ms }) => [item, Math.round((ms * RATE) / 1000)])).toEqual([
      ["a", 94 * 128], ["a", 188 * 128], ["a", RATE + 100], ["b", 333],
    ]);
  });

  test("counts from where an item goes on", () => {
    const { playout, reports, play } = player();
    playout.begin("a", 1800);
    playout.push(tone(240));
    play(2);
    expect(reports).toEqual([{ item: "a", ms: 1810 }]);
  });
});

describe("a clear", () => {
  test("is silence within a render quantum, and tells the sample", () => {
    const { playout, out, play } = player();
    playout.begin("a", 0);
    playout.push(tone(10_000));
    play(3);
    expect(playout.clear()).toEqual({ item: "a", ms: ((3 * 128 + FADE) * 1000) / RATE });
    play(2);
    const fade = out.slice(384, 384 + FADE);
    expect(fade[0]).toBeCloseTo(0.5, 1);
    expect(fade.every((each, n) => each < 0.5 && n === 0 || each < (fade[n - 1] as number))).toBe(true);
    expect(out.slice(384 + FADE).every((each) => each === 0)).toBe(true);
  });

  test("tells nothing of an item that has not begun, and knows when there is nothing", () => {
    const { playout, out, play } = player();
    expect(playout.clear()).toBeNull();
    playout.begin("a", 0);
    playout.push(tone(128));
    play(1);
    expect(playout.clear()).toBeNull();
    playout.begin("b", 0);
    playout.push(tone(500));
    expect(playout.clear()).toEqual({ item: "b", ms: 0 });
    play(1);
    expect(out.slice(128)).toEqual(Array(128).fill(0));
  });

  test("forgets what is queued: what comes next is heard at once", () => {
    const { playout, out, play } = player();
    playout.begin("a", 0);
    playout.push(tone(10_000));
    play(1);
    playout.clear();
    playout.begin("a", 2);
    playout.push(tone(256, 8192));
    play(3);
    expect(out.slice(128 + FADE, 384)).toEqual(Array(256 - FADE).fill(0.25));
  });
});

describe("a stream that runs dry", () => {
  test("in the middle of an item waits for a little more than a piece", () => {
    const { playout, out, play } = player();
    playout.begin("a", 0);
    playout.push(tone(128));
    play(2);
    playout.push(tone(480));
    expect(playout.gaps).toBe(1);
    play(1);
    expect(out.slice(256, 384)).toEqual(Array(128).fill(0));
    playout.push(tone(960));
    play(1);
    expect(out.slice(384, 512)).toEqual(Array(128).fill(0.5));
  });

  test("does not wait for ever", () => {
    const { playout, out, play } = player();
    playout.begin("a", 0);
    playout.push(tone(128));
    play(2);
    playout.push(tone(480));
    play(12); // 64 ms
    expect(out.slice(256).some((each) => each === 0.5)).toBe(true);
  });

  test("at the end of an item is no gap", () => {
    const { playout, play } = player();
    playout.begin("a", 0);
    playout.push(tone(128));
    play(2);
    playout.begin("b", 0);
    playout.push(tone(128));
    expect(playout.gaps).toBe(0);
  });
});
