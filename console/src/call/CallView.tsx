import { Button, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type Agent, ask, type CallDetail } from "../api";
import { clock, dollars, phone, quantile, span, standing } from "../format";
import { Phone } from "../Phone";
import { usePlace } from "../route";
import { Actions } from "./Actions";
import { type Play, Player } from "./Player";
import { Pointer } from "./pointer";
import { endOf, LATE_MS } from "./story";
import { Timeline } from "./Timeline";
import { Transcript } from "./Transcript";
import { useCall, useEvery, type Watched } from "./watch";
import { measureRecording } from "./waveform";

/** One call, live or over: who, when, what was said and heard. */
export function CallView({ id }: { id: string }) {
  const call = useCall(id);
  const version = call.version;
  const { story } = call;
  const over = story.ended || (call.link === "over" && !call.reason);
  const pointer = useMemo(() => new Pointer(), [id]);
  const play = useMemo<Play>(() => ({ from: null }), [id]);
  const lines = story.shown();
  const detail = useQuery({ queryKey: ["call", id, over], queryFn: () => ask<CallDetail>(`/api/calls/${encodeURIComponent(id)}`) });
  const offset = startOfRecording(detail.data);
  const recording = over ? (detail.data?.recording ?? null) : null;
  const [target, setTarget] = useTarget(id, lines.length > 0);
  useWaveform(call, recording, offset);

  if (call.reason) return <Empty>{call.reason} It may have been removed; History has those that are kept.</Empty>;
  const until = Math.max(story.now, ...lines.slice(-3).map(endOf));
  const choose = (at: number) => (play.from ? play.from(at) : setTarget({ at }));
  return (
    <article className="call" aria-label="Call">
      <CallHead call={call} detail={detail.data} over={over} />
      {call.link === "away" && (
        <p className="away" role="status">
          The server is away. This page comes back to the call by itself; nothing of it is lost.
        </p>
      )}
      <Timeline call={call} version={version} pointer={pointer} until={until} onChoose={choose} />
      {lines.length ? (
        <Transcript lines={lines} pointer={pointer} target={target} grows={!over} onHear={recording ? choose : undefined} />
      ) : (
        <Empty>{over ? "Nothing was said in this call." : call.link === "open" ? "Nothing has been said yet." : ""}</Empty>
      )}
      {over ? (
        recording && <Player url={recording} offset={offset} pointer={pointer} play={play} />
      ) : (
        <LiveActions call={call} />
      )}
    </article>
  );
}

function LiveActions({ call }: { call: Watched }) {
  const agents = useQuery({ queryKey: ["agents"], queryFn: () => ask<Agent[]>("/api/agents") });
  const { head } = call.story;
  const transfers = agents.data?.find((agent) => agent.name === head?.agent)?.transfers ?? [];
  return <Actions key={call.id} callId={call.id} who={phone(other(call))} transfers={transfers} />;
}

/** Whoever is at the other end. */
function other(call: Watched): string {
  const { head } = call.story;
  return (head?.direction.startsWith("outbound") ? head.called : head?.caller) || "this caller";
}

function CallHead({ call, detail, over }: { call: Watched; detail: CallDetail | undefined; over: boolean }) {
  const { story } = call;
  const head = story.head ?? detail;
  const latencies = story.latencies();
  const [p50, p95] = [quantile(latencies, 0.5), quantile(latencies, 0.95)];
  const usd = story.usd ?? detail?.cost.at_least_usd ?? null;
  const isPartial = story.unpriced || (detail && detail.cost.usd === null);
  const status = story.head?.status ?? detail?.status ?? "";
  const ending = outcome(status, detail, story.head?.reason);
  return (
    <header className="call-head">
      <h1>
        <Phone number={other(call) === "this caller" ? (detail?.caller ?? "") : other(call)} copies />
      </h1>
      <span className="with">
        {[head?.direction.startsWith("outbound") ? "called by us" : null, head?.agent, head?.backend].filter(Boolean).join(" · ")}
      </span>
      <span className="figures">
        {p50 !== null && (
          <span title="The caller's wait for an answer: half were quicker, and 95 of 100">
            answers p50 {span(p50)} · <span className={p95! > LATE_MS ? "alarm" : undefined}>p95 {span(p95!)}</span>
          </span>
        )}
        {story.bargeIns.length > 0 && (
          <span title="How often the caller talked over the agent">
            {story.bargeIns.length} {story.bargeIns.length === 1 ? "interruption" : "interruptions"}
          </span>
        )}
        {usd !== null && <span title="What the models cost">{isPartial ? "at least " : ""}{dollars(usd)}</span>}
      </span>
      <span className="standing">
        <Length call={call} over={over} />
        {over ? (
          <span className="quiet" title={ending}>
            {ending}
          </span>
        ) : (
          <span className="live">● {status === "in-progress" ? "live" : standing(status)}</span>
        )}
        <More id={call.id} over={over} />
      </span>
    </header>
  );
}

function outcome(status: string, detail: CallDetail | undefined, told: string | null | undefined): string {
  const reason = told ?? detail?.reason;
  return reason && reason !== status ? `${standing(status)} · ${reason}` : standing(status);
}

/** How long it lasts: ticks while it is on. */
function Length({ call, over }: { call: Watched; over: boolean }) {
  const [, tick] = useState(0);
  useEvery(500, !over, () => tick((value) => value + 1));
  const ms = over || call.began === null ? call.story.now : performance.now() - call.began;
  return <time className="length">{clock(ms)}</time>;
}

function More({ id, over }: { id: string; over: boolean }) {
  const queries = useQueryClient();
  const path = `/api/calls/${encodeURIComponent(id)}`;
  const [told, setTold] = useState("");
  async function remove(): Promise<void> {
    if (!confirm("Remove this call with everything that is kept of it, and its recording? This cannot be undone.")) return;
    try {
      await ask(path, { method: "DELETE" });
      await queries.invalidateQueries({ queryKey: ["calls"] });
      setTold("Removed.");
    } catch (error) {
      setTold((error as Error).message);
    }
  }
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button size="compact-xs" variant="default">
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={`${path}/export?format=json`}>
            Export with events (JSON)
          </Menu.Item>
          <Menu.Item component="a" href={`${path}/export?format=csv`}>
            Export the turns (CSV)
          </Menu.Item>
          <Menu.Item onClick={() => print()}>Print the transcript</Menu.Item>
          {over && (
            <Menu.Item c="var(--alarm)" onClick={() => void remove()}>
              Remove this call …
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {told && <span role="status">{told}</span>}
    </>
  );
}

function startOfRecording(call: CallDetail | undefined): number {
  return call?.answered_at ? Date.parse(call.answered_at) - Date.parse(call.started_at) : 0;
}

/** The moment that the address names (`#t=84.2`), or that was chosen since. */
function useTarget(id: string, ready: boolean): [{ at: number } | null, (target: { at: number }) => void] {
  const { hash } = usePlace();
  const [target, setTarget] = useState<{ at: number } | null>(null);
  useEffect(() => {
    const found = /^t=(\d+(?:\.\d+)?)$/.exec(hash);
    if (ready && found) setTarget({ at: Number(found[1]) * 1000 + 50 });
  }, [id, hash, ready]);
  return [target, setTarget];
}

function useWaveform(call: Watched, recording: string | null, offset: number): void {
  useEffect(() => {
    if (!recording) return;
    const cancelled = new AbortController();
    measureRecording(recording, call.levels, offset, cancelled.signal)
      .then(() => call.changed())
      .catch(() => undefined); // the player says what is wrong with it
    return () => cancelled.abort();
  }, [call, recording, offset]);
}

function Empty({ children }: { children: React.ReactNode }) {
  return <div className="empty">{children}</div>;
}
