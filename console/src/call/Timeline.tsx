import { useMantineColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import { clock } from "../format";
import { draw, LEFT, momentAt, zoomed } from "./drawing";
import type { Pointer } from "./pointer";
import type { Watched } from "./watch";

const SHORTEST_MS = 20_000;
export const HEIGHT = 128;

interface Props {
  call: Watched;
  version: number;
  pointer: Pointer;
  /** The moment up to which there is something to show. */
  until: number;
  onChoose: (at: number) => void;
}

/** Both sides of a call, what was heard of the agent, how late its answers came: on one axis of time. */
export function Timeline({ call, version, pointer, until, onChoose }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { colorScheme } = useMantineColorScheme();
  const length = Math.max(SHORTEST_MS, until);
  const [view, setView] = useState<[number, number] | null>(null); // null: all of it, however long it gets
  const [from, to] = view ?? [0, length];

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !width) return;
    const paint = () => draw(context, { story: call.story, levels: call.levels, width, height: HEIGHT, from, to, at: pointer.at });
    paint();
    return pointer.watch(paint);
    // biome-ignore lint: the version and the scheme say that it looks different, and are read by the drawing itself
  }, [call, version, width, from, to, pointer, colorScheme]);

  // Not React's: the page is not to scroll, which only a listener that says so can prevent.
  useEffect(() => {
    const turned = (event: WheelEvent) => {
      const at = momentAt(event.offsetX, width, from, to);
      if (at === null || !event.deltaY) return;
      event.preventDefault();
      const next = zoomed(from, to, at, Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), length);
      setView(next[1] - next[0] >= length ? null : next);
    };
    const target = canvas.current;
    target?.addEventListener("wheel", turned, { passive: false });
    return () => target?.removeEventListener("wheel", turned);
  }, [width, from, to, length]);

  const moment = (event: PointerEvent<HTMLCanvasElement>) => momentAt(event.nativeEvent.offsetX, width, from, to);
  const turns = call.story.lines.filter((line) => line.kind === "agent" || line.kind === "caller").length;
  return (
    <div className="timeline" ref={ref} style={{ height: HEIGHT }}>
      <div className="lanes" aria-hidden style={{ width: LEFT }}>
        <span>caller</span>
        <span>agent</span>
        <span>latency</span>
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Timeline of ${clock(until)}: ${turns} turns, ${call.story.bargeIns.length} interruptions`}
        style={{ width, height: HEIGHT }}
        onPointerMove={(event) => pointer.set(moment(event))}
        onPointerLeave={() => pointer.set(null)}
        onDoubleClick={() => setView(null)}
        onClick={(event) => onChoose(momentAt(event.nativeEvent.offsetX, width, from, to) ?? 0)}
        title="Turn the wheel to look closer, press twice for all of the call"
      />
    </div>
  );
}
