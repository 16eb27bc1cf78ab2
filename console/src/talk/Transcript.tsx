import { useLayoutEffect, useRef } from "react";
import type { Said } from "./said";

const NEAR_PX = 80;

/** What was said so far; follows the newest line for a reader who is there. */
export function Transcript({ said }: { said: readonly Said[] }) {
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [said]);
  return (
    <ol
      ref={list}
      className="talk-said"
      aria-label="What was said"
      aria-live="polite"
      tabIndex={0}
      onScroll={({ currentTarget: at }) => (isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX)}
    >
      {said.map((each) => (
        <li key={each.key} data-who={each.who} data-open={each.open || undefined}>
          <b>{NAMES[each.who]}</b>
          <span>
            {each.text}
            {each.unheard && (
              <>
                {" "}
                <s title="The caller did not hear this">{each.unheard}</s>
              </>
            )}
            {each.cutAt !== null && <small> ⟂ {(each.cutAt / 1000).toFixed(2)} s</small>}
          </span>
        </li>
      ))}
    </ol>
  );
}

const NAMES = { caller: "You", agent: "Agent", tool: "⚙" };
