import { Button, Code } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Agent, ask, type Schema, type Tool } from "../api";
import { phone } from "../format";
import { go } from "../route";

/** Who answers here, as their file says it. */
export function Agents() {
  const agents = useQuery({ queryKey: ["agents"], queryFn: () => ask<Agent[]>("/api/agents") });
  if (agents.error) return <div className="empty">{agents.error.message}</div>;
  if (!agents.data) return <div className="empty" aria-busy />;
  if (!agents.data.length) {
    return (
      <div className="empty">
        <p>No agent answers here. Name one when you start the server:</p>
        <pre>offhook serve shop:agent</pre>
      </div>
    );
  }
  return (
    <div className="page">
      <h1>Agents</h1>
      <p className="quiet">As their files have them: change the file, and this changes with it.</p>
      {agents.data.map((agent) => (
        <One key={agent.name} agent={agent} isAlone={agents.data.length === 1} />
      ))}
    </div>
  );
}

function One({ agent, isAlone }: { agent: Agent; isAlone: boolean }) {
  const voice = typeof agent.voice === "string" ? agent.voice : agent.voice && Object.values(agent.voice).join(", ");
  return (
    <section className="profile" aria-label={agent.name}>
      <header>
        <h2>{agent.name}</h2>
        <Button size="xs" variant="default" onClick={() => go(`/talk?agent=${encodeURIComponent(agent.name)}`)} ml="auto">
          Talk
        </Button>
      </header>
      <dl>
        <dt>File</dt>
        <dd>{agent.source ? <code>{agent.source}</code> : "none: settings such as SYSTEM_MESSAGE and MODEL describe it"}</dd>
        <dt>Answers</dt>
        <dd>{agent.numbers.map((number) => (number === "*" ? (agent.numbers.length > 1 || !isAlone ? "every other number" : "every number") : phone(number))).join(", ") || "no number"}</dd>
        <dt>{agent.model.includes(", ") ? "Models, in order" : "Model"}</dt>
        <dd>{agent.model}</dd>
        <dt>Voice</dt>
        <dd>{[voice || "the model's own", agent.language].join(" · ")}</dd>
        <dt>Greeting</dt>
        <dd>{agent.greeting ? `“${agent.greeting}”` : "in its own words"}</dd>
        <dt>Instructions</dt>
        <dd className="instructions" tabIndex={0}>
          {agent.instructions || "none"}
        </dd>
        {(agent.transfers?.length ?? 0) > 0 && (
          <>
            <dt>Puts through to</dt>
            <dd>{agent.transfers!.join(", ")}</dd>
          </>
        )}
      </dl>
      <h3>
        {agent.tools.length ? `${agent.tools.length} ${agent.tools.length === 1 ? "tool" : "tools"}` : "No tools"}
      </h3>
      {agent.tools.map((tool) => (
        <ToolShown key={tool.name} tool={tool} />
      ))}
    </section>
  );
}

function ToolShown({ tool }: { tool: Tool }) {
  const fields = Object.entries(tool.parameters.properties ?? {});
  return (
    <details className="tool-shown">
      <summary>
        <code>{tool.name}</code> <span className="quiet">{tool.description}</span>
      </summary>
      {fields.length ? (
        <table>
          <thead>
            <tr>
              <th scope="col">Parameter</th>
              <th scope="col">Kind</th>
              <th scope="col">Means</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(([name, schema]) => (
              <tr key={name}>
                <td>
                  <Code>{name}</Code>
                  {!tool.parameters.required?.includes(name) && <span className="quiet"> optional</span>}
                </td>
                <td>{kind(schema)}</td>
                <td>{schema.description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="quiet">Takes nothing.</p>
      )}
    </details>
  );
}

function kind(schema: Schema): string {
  if (schema.enum) return schema.enum.map(String).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(kind).join(" or ");
  return [schema.type ?? "any"].flat().join(" or ");
}
