import { expect, it } from "vitest";
import { sentence } from "./api";
import { isLast, pause } from "./socket";

it.each([
  ['{"detail":"There is no such call."}', 404, "There is no such call."],
  ['{"detail":[{"msg":"Field required"}]}', 422, "Field required."],
  ['{"detail":"Not Found"}', 404, "This server has no such route: it is older than this page. Load the page again."],
  ["A page of another origin may not use this server.", 403, "A page of another origin may not use this server."],
  ["<html>Bad gateway</html>", 502, "The server answered 502. Its log says why."],
])("%s is said as a sentence", (body, status, text) => expect(sentence(body, status)).toBe(text));

it("waits longer each time, but never long", () => {
  expect([0, 1, 2, 3, 20].map((tries) => pause(tries, 0.5))).toEqual([250, 500, 1000, 2000, 10_000]);
  expect([1000, 4404].every(isLast) && ![1006, 1012, 1013].some(isLast)).toBe(true);
});
