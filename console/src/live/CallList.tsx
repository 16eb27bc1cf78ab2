import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef, useState } from "react";
import type { CallSummary } from "../api";
import { useEvery } from "../call/watch";
import { clock, day, standing, timeOfDay } from "../format";
import { Link } from "../Link";
import { Phone } from "../Phone";
import type { LiveCall } from "./liveCalls";

export type Entry = { heading: string } | { live: LiveCall } | { kept: CallSummary };

interface Props {
  entries: readonly Entry[];
  chosen: string | null;
  /** Called when the end of the list is near. */
  onEnd: () => void;
}

export function CallList({ entries, chosen, onEnd }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => ("heading" in entries[index]! ? 34 : 56),
    getItemKey: (index) => keyOf(entries[index]!),
    overscan: 6,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= entries.length - 5) onEnd();
  }, [last, entries.length, onEnd]);
  const index = entries.findIndex((entry) => keyOf(entry) === chosen);
  useEffect(() => {
    if (index >= 0) rows.scrollToIndex(index);
    // Only where another is chosen: a list that grows is not to jump.
  }, [chosen]);

  return (
    <div className="scroll" ref={box} tabIndex={-1}>
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {items.map((item) => (
          <div key={item.key} style={{ position: "absolute", insetInline: 0, top: 0, height: item.size, transform: `translateY(${item.start}px)` }}>
            <One entry={entries[item.index]!} chosen={keyOf(entries[item.index]!) === chosen} />
          </div>
        ))}
      </div>
    </div>
  );
}

function keyOf(entry: Entry): string {
  if ("heading" in entry) return `heading ${entry.heading.split(" ")[0]}`;
  return "live" in entry ? entry.live.id : entry.kept.id;
}

function One({ entry, chosen }: { entry: Entry; chosen: boolean }) {
  if ("heading" in entry) return <h2 className="heading">{entry.heading}</h2>;
  return "live" in entry ? <LiveRow call={entry.live} chosen={chosen} /> : <KeptRow call={entry.kept} chosen={chosen} />;
}

const LiveRow = memo(function LiveRow({ call, chosen }: { call: LiveCall; chosen: boolean }) {
  const out = call.direction.startsWith("outbound");
  return (
    <Link className="entry" href={`/calls/${call.id}`} aria-current={chosen || undefined}>
      <span className="first">
        <span>
          {out && <span aria-label="called by us">↗ </span>}
          <Phone number={out ? call.called : call.caller} />
        </span>
        <Elapsed began={call.began} />
      </span>
      <span className="second">
        <span>
          {[call.agent, standing(call.status)].filter(Boolean).join(" · ")}
        </span>
        <Meter caller={call.caller_db} agent={call.agent_db} />
      </span>
    </Link>
  );
});

function Elapsed({ began }: { began: number }) {
  const [, tick] = useState(0);
  useEvery(1000, true, () => tick((value) => value + 1));
  return <time className="live">{clock(performance.now() - began)}</time>;
}

/** Two bars: who is to be heard now. */
function Meter({ caller, agent }: { caller: number; agent: number }) {
  const scale = (db: number) => `scaleY(${Math.min(1, Math.max(0.06, 1 + db / 55)).toFixed(2)})`;
  return (
    <span className="meter" aria-hidden>
      <i style={{ transform: scale(caller) }} />
      <i style={{ transform: scale(agent) }} />
    </span>
  );
}

const KeptRow = memo(function KeptRow({ call, chosen }: { call: CallSummary; chosen: boolean }) {
  const out = call.direction.startsWith("outbound");
  const at = new Date(call.started_at);
  const when = day(at, new Date());
  return (
    <Link className="entry" href={`/calls/${call.id}`} aria-current={chosen || undefined}>
      <span className="first">
        <span>
          {out && <span aria-label="called by us">↗ </span>}
          <Phone number={out ? call.called : call.caller} />
        </span>
        <time>{call.seconds === null ? "–" : clock(call.seconds * 1000)}</time>
      </span>
      <span className="second">
        <span>
          {when === "Today" ? "" : `${when}, `}
          {timeOfDay(at)} · {call.agent || "no agent"}
        </span>
        <span className={call.result === "failed" ? "alarm" : undefined}>{standing(call.status)}</span>
      </span>
    </Link>
  );
});
