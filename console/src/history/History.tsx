import { Anchor, Button, Loader, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { ask, type CallPage, type CallSummary } from "../api";
import { Command } from "../Command";
import { clock, day, dollars, standing, timeOfDay } from "../format";
import { Link } from "../Link";
import { Phone } from "../Phone";
import { go, usePlace } from "../route";
import { useKeys } from "../shell/keys";
import { marked, search } from "./search";

/** Every call that is kept, found by what was said and by what is known of it. */
export function History({ command }: { command: string }) {
  const { hash } = usePlace();
  const asked = wordsOf(hash);
  const [text, setText] = useState(asked);
  const [settled] = useDebouncedValue(text, 200);
  const { params, problem } = useMemo(() => search(settled), [settled]);
  const query = new URLSearchParams(params).toString();
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(-1);
  const pages = useInfiniteQuery({
    queryKey: ["calls", "history", query],
    queryFn: ({ pageParam, signal }) =>
      ask<CallPage>(`/api/calls?${query}&limit=100${pageParam ? `&after=${pageParam}` : "&total=true"}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled: !problem,
  });
  const calls = useMemo(() => (pages.data?.pages ?? []).flatMap((page) => page.calls), [pages.data]);
  const total = pages.data?.pages[0]?.total ?? null;
  const rows = useVirtualizer({
    count: calls.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => (calls[index]?.match ? 66 : 44),
    getItemKey: (index) => calls[index]!.id,
    overscan: 8,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (pages.hasNextPage && !pages.isFetching && last >= calls.length - 10) void pages.fetchNextPage();
  }, [last, calls.length, pages]);
  // The address says what is searched, and is what a link or the back button changes.
  const told = useRef(asked);
  useEffect(() => {
    if (asked !== told.current) {
      told.current = asked;
      setText(asked);
    }
  }, [asked]);
  useEffect(() => {
    if (settled === told.current) return;
    told.current = settled;
    go(`/history${settled ? `#q=${encodeURIComponent(settled)}` : ""}`, "replace");
  }, [settled]);
  useEffect(() => input.current?.focus(), []);
  const step = (by: number) => {
    const next = Math.min(calls.length - 1, Math.max(0, chosen + by));
    setChosen(next);
    rows.scrollToIndex(next);
    box.current?.querySelector<HTMLAnchorElement>(`[data-index="${next}"] a`)?.focus();
  };
  useKeys({ "/": () => input.current?.focus(), j: () => step(1), k: () => step(-1) });

  return (
    <div className="history">
      <div className="bar">
        <h1 className="sr">History</h1>
        <TextInput
          ref={input}
          type="search"
          aria-label="Search calls"
          placeholder="Words that were said, a number, agent:café outcome:failed since:yesterday longer:60"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={problem || pages.error?.message}
          rightSection={pages.isFetching ? <Loader size={14} /> : null}
        />
        <span className="quiet" role="status">
          {total === null ? "" : `${total.toLocaleString()} ${total === 1 ? "call" : "calls"}`}
        </span>
        <Button component="a" size="xs" variant="default" href={`/api/calls.csv?${query}`}>
          Export CSV
        </Button>
      </div>
      <div className="scroll" ref={box} tabIndex={-1}>
        {calls.length > 0 && (
          <div style={{ height: rows.getTotalSize(), position: "relative" }} role="list" aria-label="Calls found">
            {items.map((item) => (
              <div
                key={item.key}
                role="listitem"
                data-index={item.index}
                ref={rows.measureElement}
                style={{ position: "absolute", insetInline: 0, top: 0, transform: `translateY(${item.start}px)` }}
              >
                <Found call={calls[item.index]!} before={calls[item.index - 1]} words={params.q ?? ""} />
              </div>
            ))}
          </div>
        )}
        {!calls.length && pages.isSuccess && <Nothing searched={Boolean(query)} command={command} onClear={() => setText("")} />}
      </div>
    </div>
  );
}

function wordsOf(hash: string): string {
  try {
    return decodeURIComponent(/^q=(.*)$/.exec(hash)?.[1] ?? "");
  } catch {
    return "";
  }
}

/** `before` is the call above it: its day is not written again. */
function Found({ call, before, words }: { call: CallSummary; before: CallSummary | undefined; words: string }) {
  const at = new Date(call.started_at);
  const now = new Date();
  const today = day(at, now);
  const isSameDay = before !== undefined && day(new Date(before.started_at), now) === today;
  const out = call.direction.startsWith("outbound");
  return (
    <Link className="found" href={`/calls/${call.id}`}>
      <span className="when">
        <span className="day" data-again={isSameDay || undefined}>
          {today}
        </span>{" "}
        <time>{timeOfDay(at)}</time>
      </span>
      <span className="number">
        {out && <span aria-label="called by us">↗ </span>}
        <Phone number={out ? call.called : call.caller} />
      </span>
      <span className={call.result === "failed" ? "outcome alarm" : "outcome"}>{standing(call.status)}</span>
      <span className="agent">{[call.agent, call.backend].filter(Boolean).join(" · ")}</span>
      <span className="cost">{call.cost.at_least_usd === null ? "" : dollars(call.cost.at_least_usd)}</span>
      <time className="seconds">{call.seconds === null ? "–" : clock(call.seconds * 1000)}</time>
      {call.match && (
        <span className="match">
          “{marked(call.match, words).map(({ text, hit }, index) => (hit ? <mark key={index}>{text}</mark> : text))}”
        </span>
      )}
    </Link>
  );
}

function Nothing({ searched, command, onClear }: { searched: boolean; command: string; onClear: () => void }) {
  if (searched) {
    return (
      <div className="empty">
        No call is like that.{" "}
        <Anchor component="button" type="button" onClick={onClear}>
          Show all calls
        </Anchor>
      </div>
    );
  }
  return (
    <div className="empty">
      <p>No calls are kept yet. This makes one, or press Talk:</p>
      <Command line={command} />
    </div>
  );
}
