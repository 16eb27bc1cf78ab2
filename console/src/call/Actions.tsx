import { Button, Group, Kbd, Modal, Popover, Text, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { post } from "../api";
import { useKeys } from "../shell/keys";
import { type Listening, listen } from "./listen";

interface Props {
  callId: string;
  who: string;
  /** Names of those a call may be transferred to; empty where none are known. */
  transfers: readonly string[];
}

/** What can be done in a live call. Each says at once what it does, and what the server refused. */
export function Actions({ callId, who, transfers }: Props) {
  const [told, setTold] = useState("");
  const [hangingUp, setHangingUp] = useState(false);
  const [listening, setListening] = useState<Listening | null>(null);

  useEffect(() => () => listening?.stop(), [listening]);

  async function act(now: string, done: string, action: string, body?: unknown): Promise<void> {
    setTold(now);
    try {
      await post(`/api/calls/${encodeURIComponent(callId)}/${action}`, body ?? {});
      setTold(done);
    } catch (error) {
      setTold((error as Error).message);
    }
  }

  const interrupt = () => void act("Interrupting …", "Interrupted.", "interrupt");
  const toggleListening = () => {
    if (listening) {
      listening.stop();
      setListening(null);
      return;
    }
    setTold("");
    setListening(
      listen(callId, (why) => {
        setListening(null);
        setTold(why);
      }),
    );
  };
  useKeys({ i: interrupt, h: () => setHangingUp(true) });

  return (
    <div className="actions">
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={interrupt} rightSection={<Kbd size="xs">i</Kbd>}>
          Interrupt
        </Button>
        <Ask label="Say …" field="What the agent says" send="Say" onSend={(text) => void act("Handed to the agent …", "Said.", "say", { text })} />
        <Ask
          label="Transfer …"
          field="To whom"
          send="Transfer"
          suggestions={transfers}
          onSend={(to) => void act(`Transferring to ${to} …`, `Transferred to ${to}.`, "transfer", { to })}
        />
        <Button size="xs" variant="default" color="red" c="var(--alarm)" onClick={() => setHangingUp(true)} rightSection={<Kbd size="xs">h</Kbd>}>
          Hang up
        </Button>
        <Button size="xs" variant={listening ? "filled" : "subtle"} onClick={toggleListening} aria-pressed={listening !== null}>
          {listening ? "Listening ●" : "Listen ◯"}
        </Button>
      </Group>
      <Text size="sm" role="status" className="told">
        {told}
      </Text>
      <Modal opened={hangingUp} onClose={() => setHangingUp(false)} title={`Hang up on ${who}?`} size="sm" withCloseButton={false}>
        <Text size="sm" mb="md">
          The call ends for the caller at once.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setHangingUp(false)}>
            Keep talking
          </Button>
          <Button
            color="red"
            data-autofocus
            onClick={() => {
              setHangingUp(false);
              void act("Hanging up …", "Hung up.", "hangup");
            }}
          >
            Hang up
          </Button>
        </Group>
      </Modal>
    </div>
  );
}

interface AskProps {
  label: string;
  field: string;
  send: string;
  suggestions?: readonly string[];
  onSend: (text: string) => void;
}

/** A button that asks for a few words first. */
function Ask({ label, field, send, suggestions = [], onSend }: AskProps) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const give = (what: string) => {
    if (!what.trim()) return;
    setOpened(false);
    setText("");
    onSend(what.trim());
  };
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus returnFocus withinPortal position="top-start" shadow="md" width={320}>
      <Popover.Target>
        <Button size="xs" variant="default" onClick={() => setOpened(!opened)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            give(text);
          }}
        >
          <TextInput ref={input} label={field} value={text} onChange={(event) => setText(event.currentTarget.value)} maxLength={1000} data-autofocus />
          {suggestions.length > 0 && (
            <Group gap={6} mt="xs">
              {suggestions.map((each) => (
                <Button key={each} size="compact-xs" variant="light" onClick={() => give(each)}>
                  {each}
                </Button>
              ))}
            </Group>
          )}
          <Button type="submit" size="xs" mt="sm" disabled={!text.trim()}>
            {send}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
