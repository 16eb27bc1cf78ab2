import { Button, Group } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, type Finding, type Findings } from "../api";

const SIGN = { ok: "✓", note: "·", missing: "○", wrong: "✗" };
const WORD = { ok: "works", note: "worth knowing", missing: "missing", wrong: "wrong" };
const KEY = ["doctor"];

/** What is configured, reachable and missing on the server, and what mends it. */
export function Doctor() {
  const queries = useQueryClient();
  const found = useQuery({ queryKey: KEY, queryFn: () => ask<Findings>("/api/doctor"), staleTime: 60_000 });
  const again = useMutation({
    mutationFn: (online: boolean) => ask<Findings>(`/api/doctor?online=${online}`),
    onSuccess: (findings) => queries.setQueryData(KEY, findings),
  });
  const error = again.error ?? found.error;
  const busy = found.isFetching || again.isPending;
  return (
    <div className="page">
      <h1>Doctor</h1>
      <Group gap="xs" mb="md">
        <Button size="xs" variant="default" loading={busy && !again.variables} onClick={() => again.mutate(false)}>
          Look again
        </Button>
        <Button size="xs" variant="default" loading={again.isPending && again.variables} onClick={() => again.mutate(true)}>
          Look outside too
        </Button>
        <span className="quiet">
          Outside: Twilio, PUBLIC_URL and the speech models are asked, which costs less than a cent.
        </span>
      </Group>
      {error && <p role="alert">{error.message}</p>}
      <p role="status">{found.data ? summary(found.data.findings) : busy ? "Looking …" : ""}</p>
      <ul className="findings">{found.data?.findings.map((each, index) => <One key={`${each.name} ${index}`} finding={each} />)}</ul>
    </div>
  );
}

function summary(findings: readonly Finding[]): string {
  const wrong = findings.filter((each) => each.state === "wrong");
  if (wrong.length) return `${wrong.length} of ${findings.length} to mend, ${wrong[0]!.name} first.`;
  return `${findings.length} things looked at; nothing that is configured is wrong.`;
}

function One({ finding: { name, state, sentence } }: { finding: Finding }) {
  return (
    <li data-state={state}>
      <span className="state">
        <span aria-hidden>{SIGN[state]}</span> {WORD[state]}
      </span>
      <strong>{name}</strong>
      <span>{spoken(sentence)}</span>
    </li>
  );
}

/** A sentence whose commands stand between backticks. */
function spoken(sentence: string): React.ReactNode {
  return sentence.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));
}
