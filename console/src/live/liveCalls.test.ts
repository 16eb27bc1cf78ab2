import { beforeEach, expect, it, vi } from "vitest";
import { LiveCalls } from "./liveCalls";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
});

const status = (call_id: string, more: object = {}) => ({ type: "status", call_id, status: "in-progress", state: "connected", caller: "+1555", ...more });

it("knows where each call stands, and how long it has been on", () => {
  const live = new LiveCalls();
  live.take(status("a", { started_at: new Date(90_000).toISOString() }), 50_000, 100_000);
  live.take(status("b", { at_ms: 2000 }), 50_000, 100_000);
  live.take({ type: "pulse", call_id: "a", at_ms: 12_000, caller_db: -20, agent_db: -90 }, 51_000, 101_000);
  live.take({ type: "pulse", call_id: "unknown", at_ms: 1 }, 51_000, 101_000);
  vi.runAllTimers();
  expect(live.calls.map((call) => [call.id, call.began, call.caller_db])).toEqual([["b", 48_000, -90], ["a", 39_000, -20]]);
});

it("forgets a call that has ended, once", () => {
  const live = new LiveCalls();
  live.take(status("a"), 0, 0);
  const end = status("a", { status: "completed", state: "ended" });
  live.take(end, 1, 1);
  live.take(end, 2, 2);
  vi.runAllTimers();
  expect([live.calls, live.ends]).toEqual([[], 1]);
});
