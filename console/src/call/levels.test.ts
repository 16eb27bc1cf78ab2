import { expect, it } from "vitest";
import { Levels } from "./levels";

it("keeps the loudest of either side for each quarter of a second", () => {
  const levels = new Levels();
  levels.put(0, -60, 0);
  levels.put(260, -30, -90);
  levels.put(400, -45, -90);
  expect(levels.loudest("agent", 0, 250)).toBe(1);
  expect(levels.loudest("caller", 0, 250)).toBe(0);
  expect(levels.loudest("caller", 250, 500)).toBeCloseTo(0.5, 2);
  expect(levels.loudest("caller", 500, 90_000)).toBe(0);
});

it("grows to a day, and takes nothing that is no moment of a call", () => {
  const levels = new Levels();
  levels.put(86_399_000, -10, -90);
  expect(levels.loudest("caller", 86_398_000, 86_400_000)).toBeGreaterThan(0.8);
  for (const at of [-1, Number.NaN, 1e15]) levels.put(at, 0, 0);
  expect(levels.length).toBeLessThanOrEqual(4 * 86_400);
});
