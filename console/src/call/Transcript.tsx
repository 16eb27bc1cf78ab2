import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { type Pointer, usePointed } from "./pointer";
import { Row } from "./Row";
import { type Line, lineAt } from "./story";

const NEAR_PX = 48;

interface Props {
  lines: readonly Line[];
  pointer: Pointer;
  /** A moment to show, told anew with each object. */
  target: { at: number } | null;
  /** Whether it grows: then the newest is kept in sight of who is at the bottom. */
  grows: boolean;
  onHear?: ((at: number) => void) | undefined;
}

export function Transcript({ lines, pointer, target, grows, onHear }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const atBottom = useRef(true);
  const [unseen, setUnseen] = useState(0);
  const [printing, setPrinting] = useState(false);
  const seen = useRef(0);
  const top = useRef(0);
  const sought = useRef<{ at: number } | null>(null);
  const pointed = usePointed(pointer, (at) => (at === null ? -1 : lineAt(lines, at)));
  const point = useCallback((at: number | null) => pointer.set(at), [pointer]);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 44,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 12,
  });

  // A reader at the bottom stays there; whoever reads further up is told how much is new.
  const last = lines.at(-1);
  const height = rows.getTotalSize(); // grows as rows turn out to be higher than was thought
  useLayoutEffect(() => {
    if (!lines.length || !grows) return;
    if (atBottom.current) {
      rows.scrollToIndex(lines.length - 1, { align: "end" });
      seen.current = lines.length;
    } else setUnseen(Math.max(0, lines.length - seen.current));
  }, [lines.length, last, grows, rows, height]);

  // What was said until now may come in several parts: a moment is looked for until it is there, or the reader moves.
  useEffect(() => {
    sought.current = target;
  }, [target]);
  useEffect(() => {
    if (!sought.current) return;
    const { at } = sought.current;
    const index = lineAt(lines, at);
    if (index >= 0) rows.scrollToIndex(index, { align: "center" });
    atBottom.current = false;
    if (last && last.at >= at) sought.current = null;
  }, [target, lines.length]);
  const moved = useCallback(() => {
    sought.current = null;
  }, []);

  useEffect(() => {
    const before = () => flushSync(() => setPrinting(true));
    const after = () => setPrinting(false);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);

  function scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = box.current!;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Who is further from the bottom without having moved up has not left it: the page has grown.
    if (near || scrollTop < top.current) atBottom.current = near;
    top.current = scrollTop;
    if (near) {
      seen.current = lines.length;
      setUnseen(0);
    }
  }

  const row = (line: Line, index: number) => <Row line={line} pointed={index === pointed} onHear={onHear} onPoint={point} />;
  if (printing) return <div className="transcript">{lines.map((line, index) => <div key={line.key}>{row(line, index)}</div>)}</div>;
  return (
    <div className="transcript-frame">
      <div
        className="transcript"
        ref={box}
        onScroll={scrolled}
        onWheel={moved}
        onPointerDown={moved}
        onKeyDown={moved}
        role="log"
        aria-label="Transcript"
        aria-live={grows ? "polite" : "off"}
        tabIndex={0}
      >
        <div style={{ height, position: "relative" }}>
          {rows.getVirtualItems().map((item) => (
            <div
              key={item.key}
              data-index={item.index}
              ref={rows.measureElement}
              style={{ position: "absolute", insetInline: 0, top: 0, transform: `translateY(${item.start}px)` }}
            >
              {row(lines[item.index]!, item.index)}
            </div>
          ))}
        </div>
      </div>
      {unseen > 0 && (
        <button
          type="button"
          className="unseen"
          onClick={() => {
            atBottom.current = true;
            seen.current = lines.length;
            setUnseen(0);
            rows.scrollToIndex(lines.length - 1, { align: "end" });
          }}
        >
          {unseen} new ↓
        </button>
      )}
    </div>
  );
}
