/** Draws a call on a canvas: lanes of the two sides, latency, axis. */

import { clock, span } from "../format";
import type { Levels } from "./levels";
import { endOf, LATE_MS, type Story, WAITING_MS } from "./story";

/** Where time begins, behind the names of the lanes. */
export const LEFT = 56;
const RIGHT = 12;
const LANE = 34;
const GAP = 6;
const BAR = 3;
const FONT = "11px 'Inter Variable', system-ui, sans-serif";
const CLOSEST_MS = 4000;

export interface Picture {
  story: Story;
  levels: Levels;
  width: number;
  height: number;
  /** The stretch that is shown. */
  from: number;
  to: number;
  at: number | null;
}

interface Ink {
  ink: string;
  quiet: string;
  line: string;
  soft: string;
  live: string;
  alarm: string;
}

export function momentAt(x: number, width: number, from: number, to: number): number | null {
  if (x < LEFT || x > width - RIGHT) return null;
  return from + ((x - LEFT) / (width - LEFT - RIGHT)) * (to - from);
}

/** The stretch after a turn of the wheel at a moment: `factor` below 1 shows less of the call, more closely. */
export function zoomed(from: number, to: number, at: number, factor: number, length: number): [number, number] {
  const wanted = Math.min(length, Math.max(CLOSEST_MS, (to - from) * factor));
  const start = Math.min(length - wanted, Math.max(0, at - ((at - from) / (to - from)) * wanted));
  return [start, start + wanted];
}

export function draw(context: CanvasRenderingContext2D, picture: Picture): void {
  const { width, height, from, to, at } = picture;
  const ratio = window.devicePixelRatio || 1;
  const canvas = context.canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const ink = inkOf(canvas);
  const x = (moment: number) => LEFT + ((moment - from) / (to - from)) * (width - LEFT - RIGHT);
  context.save();
  context.beginPath();
  context.rect(LEFT - 4, 0, width - LEFT - RIGHT + 8, height);
  context.clip();
  axis(context, picture, ink, x);
  turns(context, picture, ink, x);
  sounds(context, picture, ink);
  latencies(context, picture, ink, x);
  if (at !== null && at >= from && at <= to) {
    context.fillStyle = ink.live;
    context.fillRect(Math.round(x(at)), 0, 1, height - 14);
    label(context, clock(at), Math.min(x(at) + 4, width - 40), 9, ink.live);
  }
  context.restore();
}

function inkOf(canvas: HTMLCanvasElement): Ink {
  const style = getComputedStyle(canvas);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return { ink: of("ink"), quiet: of("quiet"), line: of("line"), soft: of("soft"), live: of("live"), alarm: of("alarm") };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);

function axis(context: CanvasRenderingContext2D, { width, height, from, to }: Picture, ink: Ink, x: (at: number) => number) {
  const step = STEPS.find((each) => x(each) - x(0) >= 72) ?? 7_200_000;
  context.fillStyle = ink.line;
  context.fillRect(LEFT, height - 15, width - LEFT - RIGHT, 1);
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    context.fillStyle = ink.line;
    context.fillRect(Math.round(x(at)), 0, 1, height - 15);
    if (x(at) < width - 34) label(context, clock(at), x(at) + 3, height - 3, ink.quiet);
  }
}

function label(context: CanvasRenderingContext2D, text: string, x: number, y: number, color: string): void {
  context.font = FONT;
  context.fillStyle = color;
  context.fillText(text, x, y);
}

/** What was heard of the agent's turns; hollow what was not. A caller's turn is a line to the moment it was understood. */
function turns(context: CanvasRenderingContext2D, { story, from, to }: Picture, ink: Ink, x: (at: number) => number): void {
  const top = LANE + GAP;
  const lines = story.shown();
  let next = to; // where the agent's turn behind this one begins
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]!;
    if (line.at > to || endOf(line) + 60_000 < from) continue;
    if (line.kind === "agent") {
      const heard = line.open ? story.now : line.at + line.heard;
      context.fillStyle = ink.soft;
      context.fillRect(x(line.at), top, Math.max(1, x(heard) - x(line.at)), LANE);
      if (!line.open && line.unheard) {
        const end = Math.min(x(line.at + Math.max(line.generated, line.heard + 400)), x(next) - 3);
        context.strokeStyle = ink.quiet;
        context.setLineDash([2, 3]);
        context.strokeRect(x(heard) + 0.5, top + 0.5, Math.max(2, end - x(heard)), LANE - 1);
        context.setLineDash([]);
        context.fillStyle = ink.ink;
        context.fillRect(Math.round(x(heard)) - 1, top - 3, 2, LANE + 6);
      }
      next = line.at;
    } else if (line.kind === "caller") {
      context.fillStyle = ink.ink;
      context.fillRect(x(line.end) - 1, LANE - 6, 2, 6);
    }
  }
}

function sounds(context: CanvasRenderingContext2D, picture: Picture, ink: Ink): void {
  const { levels, width, from: begin, to } = picture;
  const perPixel = (to - begin) / (width - LEFT - RIGHT);
  for (const [side, top, color] of [["caller", 0, ink.ink], ["agent", LANE + GAP, ink.quiet]] as const) {
    context.fillStyle = color;
    for (let left = LEFT; left < width - RIGHT; left += BAR) {
      const from = begin + (left - LEFT) * perPixel;
      if (from > levels.length * 250) break;
      const high = levels.loudest(side, from, from + BAR * perPixel) ** 1.5 * (LANE - 4);
      if (high >= 1) context.fillRect(left, top + (LANE - high) / 2, BAR - 1, high);
    }
  }
  context.fillStyle = ink.line;
  for (const middle of [LANE / 2, LANE + GAP + LANE / 2]) context.fillRect(LEFT, middle, width - LEFT - RIGHT, 1);
}

interface Answer {
  x: number;
  latency: number;
}

function colorOf(latency: number, ink: Ink): string {
  return latency > WAITING_MS ? ink.alarm : latency > LATE_MS ? ink.ink : ink.quiet;
}

/** Which answers' latencies there is room to write, and where: the latest first, none over another or over a bar. */
export function labelled(answers: readonly Answer[], right: number, measure: (text: string) => number): { answer: Answer; left: number; text: string }[] {
  const written: { answer: Answer; left: number; text: string; end: number }[] = [];
  for (const answer of [...answers].sort((a, b) => b.latency - a.latency)) {
    const text = `${span(answer.latency)}${answer.latency > LATE_MS ? " !" : ""}`;
    const wide = measure(text);
    const left = answer.x + 4 + wide > right ? answer.x - 4 - wide : answer.x + 4;
    const end = left + wide;
    const isFree =
      written.every((other) => end + 4 < other.left || left > other.end + 4) &&
      answers.every((other) => other === answer || other.x < left - 2 || other.x > end + 5);
    if (isFree) written.push({ answer, left, text, end });
  }
  return written;
}

function latencies(context: CanvasRenderingContext2D, { story, width, from, to }: Picture, ink: Ink, x: (at: number) => number): void {
  const base = 2 * LANE + GAP + 26;
  const answers: Answer[] = [];
  for (const line of story.shown()) {
    if (line.kind !== "agent" || line.latency === null || line.at < from || line.at > to) continue;
    answers.push({ x: x(line.at), latency: line.latency });
    context.fillStyle = colorOf(line.latency, ink);
    const high = Math.max(3, Math.min(16, (line.latency / 2000) * 16));
    context.fillRect(x(line.at) - 1, base - high, 2, high);
  }
  context.font = FONT;
  for (const { answer, left, text } of labelled(answers, width - RIGHT, (text) => context.measureText(text).width)) {
    label(context, text, left, base, colorOf(answer.latency, ink));
  }
  for (const { at } of story.bargeIns) {
    context.fillStyle = ink.ink;
    context.beginPath();
    context.moveTo(x(at) - 4, LANE - 1);
    context.lineTo(x(at) + 4, LANE - 1);
    context.lineTo(x(at), LANE + GAP + 1);
    context.fill();
  }
}
