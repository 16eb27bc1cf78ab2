import { expect, it } from "vitest";
import { labelled, LEFT, momentAt, zoomed } from "./drawing";

it("knows the moment under the pointer, and none beside the lanes", () => {
  expect(momentAt(LEFT, 1068, 0, 10_000)).toBe(0);
  expect(momentAt(LEFT + 500, 1068, 10_000, 20_000)).toBe(15_000);
  expect([momentAt(0, 1068, 0, 10_000), momentAt(1067, 1068, 0, 10_000)]).toEqual([null, null]);
});

it("keeps the moment under the pointer where it is, within the call", () => {
  const [from, to] = zoomed(0, 100_000, 25_000, 0.5, 100_000);
  expect([from, to]).toEqual([12_500, 62_500]);
  expect((25_000 - from) / (to - from)).toBeCloseTo(0.25);
  expect(zoomed(0, 5000, 0, 0.1, 100_000)).toEqual([0, 4000]);
  expect(zoomed(90_000, 100_000, 100_000, 50, 100_000)).toEqual([0, 100_000]);
});

it("writes latencies where there is room, the latest first, over no other and over no bar", () => {
  const answers = [{ x: 100, latency: 540 }, { x: 130, latency: 1910 }, { x: 400, latency: 300 }, { x: 990, latency: 620 }];
  const found = labelled(answers, 1000, (text) => 8 * text.length);
  expect(found.map(({ text, left }) => [text, left])).toEqual([["1.91 s !", 134], ["620 ms", 938], ["300 ms", 404]]);
});
