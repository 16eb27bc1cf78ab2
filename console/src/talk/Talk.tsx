import { Alert, Button, Collapse, Group, NativeSelect, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { type Agent, ask } from "../api";
import { Asks } from "../Asks";
import { CallView } from "../call/CallView";
import { clock } from "../format";
import { useKeys } from "../shell/keys";
import { Keypad, KEYS } from "./Keypad";
import { Meter } from "./Meter";
import { Microphones } from "./Microphones";
import { phone, type State, type View } from "./phone";
import "./talk.css";

const WORDS: Record<State, string> = {
  idle: "Talk",
  starting: "Starting…",
  talking: "Hang up",
  away: "Hang up",
  ending: "Ending…",
};

/** Talking to an agent through this browser's microphone. */
export default function Talk({ isDemo }: { isDemo: boolean }) {
  const view = useSyncExternalStore(phone.watch, phone.read);
  const agents = useQuery({ queryKey: ["agents"], queryFn: () => ask<Agent[]>("/api/agents") });
  const names = (agents.data ?? []).map(({ name }) => name);
  const [asked, setAsked] = useState(() => new URLSearchParams(location.search).get("agent") ?? "");
  const [isPadOpen, setPadOpen] = useState(false);
  const isOn = view.state === "talking" || view.state === "away";
  const agent = names.includes(asked) ? asked : names[0];
  const isBlank = view.state === "idle" && !view.callId;
  useKeys({
    m: () => phone.mute(!phone.view.isMuted),
    ...Object.fromEntries(KEYS.map((key) => [key, isOn ? () => phone.press(key) : undefined])),
  });

  return (
    <div className="talk" data-state={view.state} data-blank={isBlank || undefined}>
      <section className="talk-phone" aria-label="Phone">
        {names.length > 1 && (
          <NativeSelect label="Agent" data={names} value={agent ?? ""} disabled={view.state !== "idle"} onChange={({ currentTarget }) => setAsked(currentTarget.value)} />
        )}
        <UnstyledButton
          className="talk-button"
          disabled={view.state === "ending"}
          onClick={() => (view.state === "idle" ? void phone.talk({ agent }) : phone.hangUp())}
        >
          {WORDS[view.state]}
        </UnstyledButton>
        <p className="talk-state" role="status">
          <Standing view={view} />
        </p>
        {view.trouble && (
          <Alert color="red" variant="outline" title={view.trouble.sentence} role="alert">
            {view.trouble.steps}
            {view.isPaused && (
              <Button mt="xs" size="compact-sm" variant="default" display="block" onClick={() => phone.wake()}>
                Go on
              </Button>
            )}
          </Alert>
        )}
        {!isBlank && (
          <>
            <Meter label="You" analyser={isOn ? phone.sound?.microphoneLevel : null} />
            <Meter label="Agent" analyser={isOn ? phone.sound?.speakerLevel : null} />
          </>
        )}
        <Group className="talk-controls" gap="xs">
          <Button size="xs" variant={view.isMuted ? "filled" : "default"} aria-pressed={view.isMuted} onClick={() => phone.mute(!view.isMuted)}>
            {view.isMuted ? "Unmute" : "Mute"}
          </Button>
          {!isBlank && (
            <Button size="xs" variant="default" aria-expanded={isPadOpen && isOn} disabled={!isOn} onClick={() => setPadOpen(!isPadOpen)}>
              Keypad
            </Button>
          )}
        </Group>
        <Collapse expanded={isPadOpen && isOn}>
          <Keypad onPress={(digit) => phone.press(digit)} />
        </Collapse>
        <Microphones device={view.device} isOpen={isOn} onChoose={(device) => void phone.choose(device)} />
      </section>
      <div className="pane">
        {view.callId ? (
          <CallView id={view.callId} />
        ) : (
          <div className="teach">
            <h2>Speak as you would on the telephone</h2>
            <p className="quiet">You may interrupt: what you did not hear of the answer is struck through here.</p>
            {isDemo && <Asks />}
          </div>
        )}
      </div>
    </div>
  );
}

function Standing({ view }: { view: View }) {
  switch (view.state) {
    case "starting":
      return "Allow the microphone if the browser asks for it.";
    case "talking":
      return (
        <>
          <Length since={view.since} />
          {view.isMuted && " · muted"}
        </>
      );
    case "away":
      return "The network is gone. The call waits, and goes on by itself.";
    case "ending":
      return "";
    case "idle":
      return view.sentence || (view.callId ? "The call is over." : "");
  }
}

function Length({ since }: { since: number }) {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return clock(Math.max(0, now - since));
}
