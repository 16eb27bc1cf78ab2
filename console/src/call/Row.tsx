import { memo } from "react";
import { argumentsOf, clock, span } from "../format";
import { type AgentLine, LATE_MS, type Line, type Stages, stepsOf, WAITING_MS } from "./story";

interface Props {
  line: Line;
  /** Whether the moment that is pointed at is in it. */
  pointed: boolean;
  /** Plays from a moment; where there is a recording. */
  onHear?: ((at: number) => void) | undefined;
  onPoint: (at: number | null) => void;
}

const WHO = { caller: "Caller", agent: "Agent", tool: "Tool", key: "Keypad", remark: "" };

/** One line of a transcript. */
export const Row = memo(function Row({ line, pointed, onHear, onPoint }: Props) {
  const wait = line.kind === "agent" && line.latency !== null ? line.latency : null;
  return (
    <div
      className={`row ${line.kind}`}
      data-pointed={pointed || undefined}
      onPointerEnter={() => onPoint(line.at)}
      onPointerLeave={() => onPoint(null)}
    >
      {wait !== null && <Wait ms={wait} stages={line.kind === "agent" ? line.stages : null} />}
      <a className="at" href={`#t=${(line.at / 1000).toFixed(1)}`} aria-label={`At ${clock(line.at)}`}>
        {clock(line.at)}
      </a>
      <span className="who">{WHO[line.kind]}</span>
      <div className="what">
        <What line={line} onHear={onHear} />
      </div>
    </div>
  );
});

/** The time that the caller waited for an answer: as long on the page as it was. */
function Wait({ ms, stages }: { ms: number; stages: Stages | null }) {
  const late = ms > LATE_MS;
  return (
    <div className="wait" data-late={late || undefined} data-waiting={ms > WAITING_MS || undefined} style={{ minHeight: Math.max(17, Math.round(4 + Math.min(ms, 4000) / 50)) }}>
      <span>
        {span(ms)}
        {late && <b aria-label="late"> !</b>}
        {stages && <small className="stages"> {stepsOf(stages)}</small>}
      </span>
    </div>
  );
}

function What({ line, onHear }: Pick<Props, "line" | "onHear">) {
  switch (line.kind) {
    case "caller":
      return <p>{line.text || <i>nothing that was understood</i>}</p>;
    case "agent":
      return <Said line={line} onHear={onHear} />;
    case "tool":
      return (
        <details className="tool">
          <summary>
            <code>
              {line.name}({argumentsOf(line.args)})
            </code>{" "}
            {line.status === "started" ? (
              <span className="quiet">runs …</span>
            ) : (
              <span className={line.status === "failed" ? "alarm" : "quiet"}>
                → {line.status === "failed" ? "failed" : "ok"} {line.took !== null && span(line.took)}
              </span>
            )}
          </summary>
          <pre>{pretty(line.output || line.args)}</pre>
        </details>
      );
    case "key":
      return (
        <p>
          <kbd>{line.digits}</kbd>
        </p>
      );
    case "remark":
      return <p className={line.grave ? "alarm" : "quiet"}>{line.text}</p>;
  }
}

/** What the agent said, a word at a time where it can be heard again; what the caller did not hear is struck. */
function Said({ line, onHear }: { line: AgentLine; onHear?: Props["onHear"] }) {
  const cut = line.unheard.trim();
  return (
    <p data-open={line.open || undefined}>
      {onHear && line.text ? <Words line={line} onHear={onHear} /> : line.text}
      {cut && (
        <>
          {line.text && " "}
          <del title={`Not heard: ${span(Math.max(0, line.generated - line.heard))} of it`}>{cut}</del>{" "}
          <span className="cut">
            <span aria-hidden>⟂</span> <span className="sr">cut off after </span>
            {span(line.heard)}
          </span>
        </>
      )}
      {line.open && <span className="saying" aria-label="is being said" />}
    </p>
  );
}

function Words({ line, onHear }: { line: AgentLine; onHear: (at: number) => void }) {
  let before = 0;
  return line.text.split(/(?<=\s)/).map((word) => {
    const at = line.at + (before / line.text.length) * line.heard;
    before += word.length;
    return (
      <span key={before} className="word" onClick={() => onHear(at)}>
        {word}
      </span>
    );
  });
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
