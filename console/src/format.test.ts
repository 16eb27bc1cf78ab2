import { expect, it } from "vitest";
import { understood } from "./call/Dial";
import { argumentsOf, clock, countryOf, day, dollars, flag, phone, quantile, span, standing } from "./format";

it.each([
  [0, "00:00"], [999, "00:00"], [84_200, "01:24"], [3_600_000, "1:00:00"], [-5, "00:00"],
])("a moment of %s ms is %s", (ms, text) => expect(clock(ms)).toBe(text));

it.each([
  [0.3, "<1 ms"], [38.2, "38 ms"], [999.6, "1.00 s"], [1840, "1.84 s"], [9_996, "10.0 s"], [192_000, "3 min 12 s"],
])("a length of %s ms is %s", (ms, text) => expect(span(ms)).toBe(text));

it.each([
  ["+14155550102", "+1 415 555 0102"], ["+442079460018", "+44 207 946 0018"], ["+49305550118", "+49 305 550 118"],
  ["+3531234567", "+353 123 4567"], ["sip:desk@h", "desk@h"], ["browser", "browser"], ["", ""],
])("%s is written %s", (number, text) => expect(phone(number)).toBe(text));

it("knows a country by its code, the longest last", () => {
  expect(countryOf("+4420")).toEqual({ code: "44", country: "GB" });
  expect(countryOf("+353")).toEqual({ code: "353", country: "IE" });
  expect(countryOf("+35")).toBeNull();
  expect(countryOf("0044")).toBeNull();
  expect(flag("NL")).toBe("🇳🇱");
});

it("says what a typed number lacks before it can be called", () => {
  expect(understood("").number).toBeNull();
  expect(understood("020 7946").hint).toContain("Begin with +");
  expect(understood("+44 20 79").hint).toContain("missing");
  expect(understood("+44 (0) x").hint).toContain("digits");
  expect(understood("0044 20 7946 0018").number).toBe("+442079460018");
  expect(understood("+1234567890123456").number).toBeNull();
});

it("takes quantiles by nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1).reverse();
  expect([quantile(values, 0.5), quantile(values, 0.95), quantile([7], 0.95), quantile([], 0.5)]).toEqual([50, 95, 7, null]);
});

it("writes money, standings, arguments and days", () => {
  expect([0, 0.0123, 1.5].map(dollars)).toEqual(["$0", "$0.0123", "$1.50"]);
  expect([standing("no-answer"), standing("of-tomorrow")]).toEqual(["no answer", "of tomorrow"]);
  expect(argumentsOf('{"drink":"latte","shots":2}')).toBe("drink: latte, shots: 2");
  expect(argumentsOf("{broken")).toBe("{broken");
  const now = new Date(2026, 10, 26, 0, 30);
  expect([day(new Date(2026, 10, 26), now), day(new Date(2026, 10, 25, 23), now)]).toEqual(["Today", "Yesterday"]);
});
