import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type About, ask, type CallPage } from "../api";
import { Asks } from "../Asks";
import { CallView } from "../call/CallView";
import { Command } from "../Command";
import { Link } from "../Link";
import { go } from "../route";
import { useKeys } from "../shell/keys";
import { CallList, type Entry } from "./CallList";
import { useEnds, useLiveCalls, useLiveLink } from "./liveCalls";

interface Props {
  about: About;
  /** The call that the address names. */
  id: string | null;
  onDial: () => void;
}

/** The calls that are on and those before them, and one of them. */
export function Live({ about, id, onDial }: Props) {
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
      { heading: calls.length ? `Live (${calls.length})` : "Live · none now" },
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
    <div className="desk" data-chosen={id ? true : undefined} data-empty={(nothing && !shown) || undefined}>
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
        {shown ? <CallView key={shown} id={shown} /> : <Teach about={about} nothing={nothing} onDial={onDial} />}
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

function Teach({ about, nothing, onDial }: { about: About; nothing: boolean; onDial: () => void }) {
  return (
    <div className="teach">
      <h1>{nothing ? "No calls yet" : "No call is on"}</h1>
      <p className="quiet">A call shows up here the moment it begins. Make one:</p>
      <ul className="ways">
        <li>
          <Button onClick={() => go("/talk")}>Talk</Button>
          <span>Through this browser: its microphone is your telephone.</span>
        </li>
        <li>
          <Button variant="default" onClick={onDial}>
            Call…
          </Button>
          <span>{about.telephones.length ? "Somebody at a simulated telephone, and watch the talk." : "Somebody, and watch the talk."}</span>
        </li>
        <li className="terminal">
          <span>From a terminal; no telephone and no account are needed:</span>
          <Command line={about.call} />
        </li>
      </ul>
      {about.demo && (
        <>
          <h2>What you can ask the demo</h2>
          <Asks />
        </>
      )}
    </div>
  );
}
