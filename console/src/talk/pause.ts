/** How long to wait before the network is tried again. */

const FIRST_MS = 250;
const LONGEST_MS = 2_000;

export function pause(tries: number, chance = Math.random()): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.75 + 0.5 * chance);
}
