import { expect, it } from "vitest";
import { marked, search } from "./search";

const NOW = new Date(2026, 10, 26, 12);

it.each([
  ["", {}],
  ["soy milk", { q: "soy milk" }],
  ["+1 415", { q: "+1 415" }],
  ["+1-415-555-0102", { number: "+14155550102" }],
  ["agent:café latte", { agent: "café", q: "latte" }],
  ['agent:"front desk"', { agent: "front desk" }],
  ["outcome:no-answer longer:60", { result: "unanswered", min_seconds: "60" }],
  ["number:0102", { number: "0102" }],
  ["http://x", { q: "http://x" }],
])("%s", (text, params) => expect(search(text, NOW)).toEqual({ params, problem: "" }));

it("understands days", () => {
  expect(search("since:yesterday", NOW).params.since).toBe(new Date(2026, 10, 25).toISOString());
  expect(search("since:7d", NOW).params.since).toBe(new Date(2026, 10, 19, 12).toISOString());
  expect(search("until:2026-11", NOW).params.until).toBe(new Date(2026, 10, 1).toISOString());
});

it.each(["since:never", "until:2026-13-01", "outcome:odd", "longer:long"])("says what is not understood in %s", (text) => {
  expect(search(text, NOW).problem).toContain(text);
  expect(search(text, NOW).problem).toMatch(/: try /);
});

it("marks the words that match from their beginning", () => {
  const hits = marked("Can I get a large latte, later?", "lat Large").filter((piece) => piece.hit);
  expect(hits.map((piece) => piece.text)).toEqual(["large", "latte", "later"]);
  expect(marked("Grüße aus Köln", "grü").map((piece) => piece.text).join("")).toBe("Grüße aus Köln");
});
