import { expect, test } from "vitest";
import { permissionSteps, troubleOf } from "./trouble";

test.each([
  ["NotAllowedError", "does not let this page"],
  ["NotFoundError", "no microphone"],
  ["OverconstrainedError", "no microphone"],
  ["NotReadableError", "cannot be used"],
  ["NoSpeaker", "nothing to play"],
  ["InsecureContext", "secure pages"],
  ["WhateverError", "could not be started"],
])("%s is told in a sentence with what to do", (name, sentence) => {
  const trouble = troubleOf(new DOMException("why", name), "Chrome");
  expect(trouble.sentence).toContain(sentence);
  expect(trouble.steps).toMatch(/\.$/);
});

test("each browser has its own way to allow a microphone", () => {
  expect(new Set(["Firefox/130", "Chrome/156 Safari", "Version/18 Safari", "else"].map(permissionSteps)).size).toBe(4);
});
