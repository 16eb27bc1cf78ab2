/** The server's API: what it answers, and how it is asked. Fields are named as in docs/api.md. */

export interface Cost {
  usd: number | null;
  at_least_usd: number | null;
}

export interface CallSummary {
  id: string;
  sid: string | null;
  direction: string;
  caller: string;
  called: string;
  agent: string;
  backend: string;
  status: string;
  state: string;
  result: string | null;
  reason: string | null;
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  seconds: number | null;
  cost: Cost;
  recording: string | null;
  last_seq: number;
  match: string | null;
}

export interface CallDetail extends CallSummary {
  variables: Record<string, unknown>;
  data: Record<string, unknown>;
}

export interface CallPage {
  calls: CallSummary[];
  next: string | null;
  total: number | null;
}

export interface Tool {
  name: string;
  description: string;
  parameters: { properties?: Record<string, Schema>; required?: string[] };
}

export interface Schema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  default?: unknown;
  anyOf?: Schema[];
}

export interface Agent {
  name: string;
  numbers: string[];
  model: string;
  voice: string | Record<string, string> | null;
  language: string;
  greeting: string | null;
  instructions: string;
  tools: Tool[];
  source?: string | null;
  transfers?: string[];
}

export interface Telephone {
  number: string;
  /** What becomes of whoever calls it. */
  what: string;
}

export interface About {
  demo: boolean;
  try_it: string | null;
  call: string;
  command: string;
  /** Of the demo, which calls no others. */
  telephones: Telephone[];
}

export interface Status {
  calls: number;
  limit: number | null;
  draining: boolean;
}

export interface Finding {
  name: string;
  state: "ok" | "note" | "missing" | "wrong";
  sentence: string;
}

export interface Findings {
  ok: boolean;
  online: boolean;
  findings: Finding[];
}

/** What the server refused, in its own sentence. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

export const AWAY = "The server cannot be reached. It is tried again by itself.";

/** Asks for JSON. Throws Refused with the server's sentence, or with AWAY (status 0). */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("accept", "application/json"); // by which the server knows that no browser is to ask for a password
  if (init.body) headers.set("content-type", "application/json");
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refused(0, AWAY);
  }
  if (!answer.ok) throw new Refused(answer.status, sentence(await answer.text(), answer.status));
  return (answer.status === 204 ? undefined : await answer.json().catch(() => undefined)) as T;
}

export function post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
  const told = body === undefined ? {} : { body: JSON.stringify(body) };
  return ask<T>(path, { method: "POST", ...told, ...(headers && { headers }) });
}

/** The sentence of an error's body: `{"detail": "…"}`, or a list of what was wrong with each field. */
export function sentence(body: string, status: number): string {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown };
    if (typeof detail === "string" && detail !== "Not Found") return detail;
    if (Array.isArray(detail) && typeof detail[0]?.msg === "string") return `${detail[0].msg}.`;
  } catch {
    // no JSON: a proxy's page, or the gate's own text
    if (body && body.length < 200 && !body.startsWith("<")) return body;
  }
  if (status === 404) return "This server has no such route: it is older than this page. Load the page again.";
  return `The server answered ${status}. Its log says why.`;
}
