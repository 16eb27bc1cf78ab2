import { Button, Group, Kbd, Menu, Popover, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { post } from "../api";
import { Dialog } from "../Dialog";
import { useKeys } from "../shell/keys";
import { type Listening, listen } from "./listen";

/** So long an answer stays. */
const TOLD_MS = 12_000;

interface Interrupted {
  interrupted: boolean;
}

interface Said {
  exact: boolean;
}

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
  useEffect(() => {
    const timer = setTimeout(() => setTold(""), TOLD_MS); // what came of it is in the transcript
    return () => clearTimeout(timer);
  }, [told]);

  async function act<T>(now: string, done: string | ((answer: T) => string), action: string, body: object = {}): Promise<void> {
    setTold(now);
    try {
      const answer = await post<T>(`/api/calls/${encodeURIComponent(callId)}/${action}`, body);
      setTold(typeof done === "string" ? done : done(answer));
    } catch (error) {
      setTold((error as Error).message);
    }
  }

  const interrupt = () =>
    void act<Interrupted>("Interrupting …", ({ interrupted }) => (interrupted ? "Interrupted." : "The agent was not speaking."), "interrupt");
  const say = (text: string) =>
    void act<Said>("Handing it to the agent …", ({ exact }) => (exact ? "It says that next." : "The model was told to say it, in these words if it heeds them."), "say", { text });
  const putThrough = (to: string) => void act(`Putting through to ${to} …`, `Putting through to ${to} once the agent was heard.`, "transfer", { to });
  const hangUp = (goodbye: boolean) => {
    setHangingUp(false);
    void act(goodbye ? "Saying goodbye …" : "Hanging up …", goodbye ? "The agent says goodbye." : "Hung up.", "hangup", { goodbye });
  };
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
        <Say onSend={say} />
        <Menu position="top-start">
          <Menu.Target>
            <Button size="xs" variant="default" className={transfers.length ? undefined : "wide"} disabled={!transfers.length} title={transfers.length ? undefined : "The agent has nobody to put callers through to: Agent(transfers={…}) names them."}>
              Transfer…
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {transfers.map((to) => (
              <Menu.Item key={to} onClick={() => putThrough(to)}>
                {to}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Button size="xs" variant="default" c="var(--alarm)" onClick={() => setHangingUp(true)} rightSection={<Kbd size="xs">h</Kbd>}>
          Hang up
        </Button>
        <Button size="xs" variant={listening ? "filled" : "default"} onClick={toggleListening} aria-pressed={listening !== null}>
          {listening ? "● Listening" : "Listen"}
        </Button>
      </Group>
      <Text size="sm" role="status" className="told">
        {told}
      </Text>
      <Dialog opened={hangingUp} onClose={() => setHangingUp(false)} title={`Hang up on ${who}?`}>
        <Group justify="flex-end" gap="xs">
          <Button variant="subtle" color="gray" onClick={() => setHangingUp(false)}>
            Keep talking
          </Button>
          <Button variant="default" onClick={() => hangUp(true)}>
            Say goodbye first
          </Button>
          <Button color="alarm" data-autofocus onClick={() => hangUp(false)}>
            Hang up
          </Button>
        </Group>
      </Dialog>
    </div>
  );
}

/** Asks for the words first. */
function Say({ onSend }: { onSend: (text: string) => void }) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus returnFocus withinPortal position="top-start" shadow="md" width={340}>
      <Popover.Target>
        <Button size="xs" variant="default" onClick={() => setOpened(!opened)}>
          Say…
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setOpened(false);
            setText("");
            onSend(text.trim());
          }}
        >
          <TextInput label="What the agent says" value={text} onChange={(event) => setText(event.currentTarget.value)} maxLength={1000} data-autofocus />
          <Button type="submit" size="xs" mt="sm" disabled={!text.trim()}>
            Say
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
