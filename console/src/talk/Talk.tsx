import { Alert, Button, Collapse, Group, NativeSelect, Text, UnstyledButton } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Keypad, KEYS } from "./Keypad";
import { Meter } from "./Meter";
import { Microphones } from "./Microphones";
import { phone, type State } from "./phone";
import { Transcript } from "./Transcript";
import "./talk.css";

const WORDS: Record<State, string> = {
  idle: "Talk",
  starting: "Starting…",
  talking: "Hang up",
  away: "Hang up",
  ending: "Ending…",
};

/** Talking to an agent through this browser's microphone. */
export default function Talk() {
  const view = useSyncExternalStore(phone.watch, phone.read);
  const agents = useAgents();
  const [agent, setAgent] = useState("");
  const [isPadOpen, setPadOpen] = useState(false);
  const isOn = view.state === "talking" || view.state === "away";
  const chosen = agents.includes(agent) ? agent : agents[0];

  useEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (KEYS.includes(event.key)) phone.press(event.key);
      else if (event.key === "m") phone.mute(!phone.view.isMuted);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [isOn]);

  return (
    <div className="talk" data-state={view.state}>
      <section className="talk-phone" aria-label="Phone">
        <h1>Talk</h1>
        {agents.length > 1 && (
          <NativeSelect label="Agent" data={agents} value={chosen ?? ""} disabled={view.state !== "idle"} onChange={({ currentTarget }) => setAgent(currentTarget.value)} />
        )}
        <UnstyledButton
          className="talk-button"
          disabled={view.state === "ending"}
          onClick={() => (view.state === "idle" ? void phone.talk({ agent: chosen }) : phone.hangUp())}
        >
          {WORDS[view.state]}
        </UnstyledButton>
        <Text role="status" className="talk-state">
          {view.state === "talking" ? <Clock since={view.since} /> : null}
          {view.state === "talking" && view.isMuted && " · muted"}
          {view.state === "away" && "The network is gone. The call waits, and goes on by itself."}
          {view.state === "idle" && (view.sentence || (view.said.length ? "The call is over." : "Speak as you would on the telephone. You may interrupt."))}
          {view.state === "starting" && "Allow the microphone if the browser asks for it."}
        </Text>
        {view.trouble && (
          <Alert color="red" variant="light" title={view.trouble.sentence} role="alert">
            {view.isPaused ? (
              <Button size="compact-sm" variant="default" onClick={() => phone.wake()}>
                Go on
              </Button>
            ) : null}{" "}
            {view.trouble.steps}
          </Alert>
        )}
        <Meter label="You" analyser={isOn ? phone.sound?.microphoneLevel : null} />
        <Meter label="Agent" analyser={isOn ? phone.sound?.speakerLevel : null} />
        <Group justify="center" gap="xs">
          <Button variant={view.isMuted ? "filled" : "default"} aria-pressed={view.isMuted} onClick={() => phone.mute(!view.isMuted)}>
            {view.isMuted ? "Unmute" : "Mute"}
          </Button>
          <Button variant="default" aria-expanded={isPadOpen} disabled={!isOn} onClick={() => setPadOpen(!isPadOpen)}>
            Keypad
          </Button>
        </Group>
        <Collapse expanded={isPadOpen && isOn}>
          <Keypad onPress={(digit) => phone.press(digit)} />
        </Collapse>
        <Microphones device={view.device} isOpen={isOn} onChoose={(device) => void phone.choose(device)} />
      </section>
      <Transcript said={view.said} />
    </div>
  );
}

function Clock({ since }: { since: number }) {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  return (
    <>
      {Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, "0")}
    </>
  );
}

/** The names of those who can be asked for. */
function useAgents(): string[] {
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    fetch("/api/agents", { signal: leaving.signal, headers: { accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : []))
      .then((agents: { name: string }[]) => setNames(agents.map(({ name }) => name)))
      .catch(() => undefined); // who answers by default is reached without a name
    return () => leaving.abort();
  }, []);
  return names;
}
