import { Code, CopyButton, Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type About, ask, type CallPage } from "../api";
import { CallView } from "../call/CallView";
import { Link } from "../Link";
import { go } from "../route";
import { useKeys } from "../shell/keys";
import { CallList, type Entry } from "./CallList";
import { useEnds, useLiveCalls, useLiveLink } from "./liveCalls";

interface Props {
  about: About;
  /** The call that the address names. */
  id: string | null;
}

/** The calls that are on and those before them, and one of them. */
export function Live({ about, id }: Props) {
  const calls = useLiveCalls();
  const link = useLiveLink();
  const ends = useEnds();
  const earlier = useInfiniteQuery({
    queryKey: ["calls", "earlier", ends],
    queryFn: ({ pageParam }) => ask<CallPage>(`/api/calls?live=false&limit=50${pageParam && `&after=${pageParam}`}`),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const live = useMemo(() => new Set(calls.map((call) => call.id)), [calls]);
  const shown = useShown(id, calls[0]?.id ?? null, live);
  const entries = useMemo<Entry[]>(() => {
    const before = (earlier.data?.pages ?? []).flatMap((page) => page.calls).filter((call) => !live.has(call.id));
    return [
      { heading: `Live (${calls.length})` },
      ...calls.map((call) => ({ live: call })),
      ...(before.length ? [{ heading: "Earlier" }] : []),
      ...before.map((call) => ({ kept: call })),
    ];
  }, [calls, earlier.data, live]);

  const order = entries.flatMap((entry) => ("heading" in entry ? [] : ["live" in entry ? entry.live.id : entry.kept.id]));
  const step = (by: number) => {
    const next = order[shown ? order.indexOf(shown) + by : 0];
    if (next) go(`/calls/${next}`, id ? "replace" : "push");
  };
  useKeys({ j: () => step(1), k: () => step(-1) });

  const nothing = !calls.length && earlier.data?.pages[0]?.calls.length === 0;
  return (
    <div className="desk" data-chosen={id ? true : undefined}>
      <nav className="list" aria-label="Calls">
        {link === "away" && <p className="away" role="status">The server is away; connecting again …</p>}
        <CallList
          entries={entries}
          chosen={shown}
          onEnd={() => earlier.hasNextPage && !earlier.isFetching && void earlier.fetchNextPage()}
        />
      </nav>
      <section className="pane">
        {id && (
          <Link href="/" className="back">
            ← Calls
          </Link>
        )}
        {shown ? <CallView key={shown} id={shown} /> : <Teach about={about} nothing={nothing} />}
      </section>
    </div>
  );
}

/** What is shown: what the address names, else the first live call, which stays until it is over and another comes. */
function useShown(id: string | null, first: string | null, live: Set<string>): string | null {
  const [kept, setKept] = useState<string | null>(null);
  useEffect(() => {
    if (!id && first && first !== kept && (!kept || !live.has(kept))) setKept(first);
  }, [id, first, kept, live]);
  return id ?? kept;
}

function Teach({ about, nothing }: { about: About; nothing: boolean }) {
  return (
    <div className="teach">
      <h1>{nothing ? "No calls yet" : "No call is on"}</h1>
      <p>Make one from a terminal; no telephone and no account are needed:</p>
      <div className="command">
        <Code block>{about.call}</Code>
        <CopyButton value={about.call}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </div>
      <p>
        Or <Link href="/talk">talk through this browser</Link>.
      </p>
      {about.demo && (
        <>
          <h2>What you can ask the demo</h2>
          <ul>
            <li>“Can I get a large latte with some soy milk?” Then change it: “no, make it a small”.</li>
            <li>“A table for four tomorrow at one.”</li>
            <li>“When are you open on Sunday?” “How much is a cappuccino?”</li>
            <li>“Read me the menu.” It is long: talk into it.</li>
          </ul>
          <p className="quiet">
            A demo engine with a demo voice: it understands its own business and nothing else. All of it runs on this machine.
          </p>
        </>
      )}
    </div>
  );
}
