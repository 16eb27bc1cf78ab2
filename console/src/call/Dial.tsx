import { Button, Checkbox, NativeSelect, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Agent, ask, post, type Telephone } from "../api";
import { Dialog } from "../Dialog";
import { countryOf, flag, phone } from "../format";
import { go } from "../route";

const COUNTRIES = new Intl.DisplayNames(undefined, { type: "region" });

/** What a typed number is, or what it lacks. `number` is null until it can be called. */
export function understood(typed: string): { number: string | null; hint: string } {
  const number = typed.replace(/[\s().\-/]/g, "").replace(/^00/, "+");
  if (!number) return { number: null, hint: "With its country, as in +44 20 7946 0018." };
  if (!/^\+?\d*$/.test(number)) return { number: null, hint: "A number has digits, and + in front." };
  if (!number.startsWith("+")) return { number: null, hint: "Begin with + and the country's code." };
  const place = countryOf(number);
  const digits = number.length - 1;
  if (!place) return { number: null, hint: digits < 3 ? "The country's code comes first." : "No country has this code." };
  const where = `${flag(place.country)} ${COUNTRIES.of(place.country) ?? place.country} · ${phone(number)}`;
  if (digits < 8) return { number: null, hint: `${where} … some digits are missing` };
  if (digits > 15) return { number: null, hint: "That is longer than any number." };
  return { number, hint: where };
}

/** The demo calls nobody but its own telephones: the same, said before one presses. */
function within(telephones: readonly Telephone[], typed: ReturnType<typeof understood>): ReturnType<typeof understood> {
  if (!telephones.length || !typed.number || telephones.some((each) => each.number === typed.number)) return typed;
  return { number: null, hint: "The demo calls nobody outside this machine: choose one of its telephones." };
}

/** Where crypto.randomUUID is only to be had over https. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface Placed {
  call_id: string;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The demo's, which calls no others; empty elsewhere. */
  telephones: readonly Telephone[];
}

/** Asks whom to call and with which agent; becomes the live call. */
export function Dial({ opened, onClose, telephones }: Props) {
  const [typed, setTyped] = useState("");
  const [name, setName] = useState("");
  const [backend, setBackend] = useState("");
  const [detects, setDetects] = useState(false);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  /** What was asked for last: asked again, because its answer was lost or Enter was hit twice, it calls nobody a second time. */
  const asked = useRef({ wish: "", key: "" });
  const agents = useQuery({ queryKey: ["agents"], queryFn: () => ask<Agent[]>("/api/agents"), enabled: opened });
  const agent = agents.data?.find((each) => each.name === name) ?? agents.data?.[0];
  const backends = agent?.model.split(", ") ?? [];
  const { number, hint } = within(telephones, understood(typed));
  const write = (text: string) => {
    setTyped(text);
    setProblem("");
  };

  const close = () => {
    asked.current = { wish: "", key: "" };
    onClose();
  };

  async function call(): Promise<void> {
    if (!number) return;
    setBusy(true);
    setProblem("");
    try {
      const body = { phone_number: number, ...(agent && { agent: agent.name }), ...(backend && { backend }), ...(detects && { amd: "async" }) };
      const wish = JSON.stringify(body);
      if (asked.current.wish !== wish) asked.current = { wish, key: newKey() };
      const placed = await post<Placed>("/api/call", body, { "idempotency-key": asked.current.key });
      close();
      setTyped("");
      go(`/calls/${placed.call_id}`);
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog opened={opened} onClose={close} title="Call">
      <form
        className="dial"
        onSubmit={(event) => {
          event.preventDefault();
          void call();
        }}
      >
        <TextInput
          label="Number"
          type="tel"
          inputMode="tel"
          autoComplete="off"
          value={typed}
          onChange={(event) => write(event.currentTarget.value)}
          description={hint}
          inputWrapperOrder={["label", "input", "description", "error"]}
          error={problem}
          maxLength={40}
          data-autofocus
        />
        {telephones.length > 0 && <Telephones all={telephones} chosen={number} onChoose={write} />}
        {(agents.data?.length ?? 0) > 1 && (
          <NativeSelect
            label="Agent"
            data={agents.data!.map((each) => each.name)}
            value={agent?.name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setBackend("");
            }}
          />
        )}
        {backends.length > 1 && (
          <NativeSelect
            label="Model"
            data={[{ value: "", label: "in the agent's order" }, ...backends]}
            value={backend}
            onChange={(event) => setBackend(event.currentTarget.value)}
          />
        )}
        <Checkbox
          label="Find out whether a machine answers"
          description="A machine gets the agent's message after its beep, or is hung up on."
          checked={detects}
          onChange={(event) => setDetects(event.currentTarget.checked)}
        />
        {agent && (
          <Text size="sm" className="quiet">
            {agent.name} answers for us, with {backend || backends[0]}.
          </Text>
        )}
        <Button type="submit" disabled={!number} loading={busy}>
          Call
        </Button>
      </form>
    </Dialog>
  );
}

function Telephones({ all, chosen, onChoose }: { all: readonly Telephone[]; chosen: string | null; onChoose: (number: string) => void }) {
  return (
    <div className="telephones" role="group" aria-label="Simulated telephones">
      {all.map(({ number, what }) => (
        <button type="button" key={number} aria-pressed={chosen === number} onClick={() => onChoose(phone(number))}>
          <span>{phone(number)}</span> <span className="quiet">{what}</span>
        </button>
      ))}
    </div>
  );
}
