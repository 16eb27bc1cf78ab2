/** What is typed into the search box, as the API is asked: words, numbers, `agent:`, `outcome:`, `since:`, `until:`. */

const NAMES: Record<string, string> = {
  agent: "agent",
  backend: "backend",
  outcome: "result",
  result: "result",
  direction: "direction",
  number: "number",
  from: "number",
  since: "since",
  after: "since",
  until: "until",
  before: "until",
  longer: "min_seconds",
};
const RESULTS: Record<string, string> = { "no-answer": "unanswered", done: "completed", ok: "completed" };

export interface Search {
  params: Record<string, string>;
  /** What could not be understood, in a sentence; empty if everything was. */
  problem: string;
}

export function search(text: string, now = new Date()): Search {
  const params: Record<string, string> = {};
  const words: string[] = [];
  let problem = "";
  for (const [, name, quoted, plain] of text.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gi)) {
    const value = quoted ?? plain ?? "";
    const field = name && NAMES[name.toLowerCase()];
    if (field) {
      const told = fieldValue(field, value, now);
      if (told === null) problem = `“${name}:${value}” is not understood: try ${EXAMPLES[field]}.`;
      else params[field] = told;
    } else if (!name && /^\+?[\d().-]{4,}$/.test(value)) {
      params.number = (value.startsWith("+") ? "+" : "") + value.replace(/\D/g, "");
    } else {
      words.push(name ? `${name}:${value}` : value);
    }
  }
  if (words.length) params.q = words.join(" ");
  return { params, problem };
}

const EXAMPLES: Record<string, string> = {
  since: "since:2026-11-20, since:yesterday or since:7d",
  until: "until:2026-11-20 or until:today",
  result: "outcome:completed, outcome:failed or outcome:no-answer",
  min_seconds: "longer:60",
};

function fieldValue(field: string, value: string, now: Date): string | null {
  if (field === "since" || field === "until") return moment(value, now)?.toISOString() ?? null;
  if (field === "result") {
    const result = RESULTS[value] ?? value;
    return ["completed", "failed", "unanswered"].includes(result) ? result : null;
  }
  if (field === "min_seconds") return /^\d{1,6}$/.test(value) ? value : null;
  return value;
}

function moment(value: string, now: Date): Date | null {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (value === "today") return midnight;
  if (value === "yesterday") return new Date(midnight.setDate(midnight.getDate() - 1));
  const ago = /^(\d{1,4})([dh])$/.exec(value);
  if (ago) return new Date(now.getTime() - Number(ago[1]) * (ago[2] === "d" ? 86_400_000 : 3_600_000));
  const told = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(value);
  if (!told) return null;
  const at = new Date(Number(told[1]), Number(told[2]) - 1, Number(told[3] ?? 1));
  return at.getMonth() === Number(told[2]) - 1 ? at : null;
}

/** The pieces of a sentence, those that match a word's beginning marked. */
export function marked(sentence: string, words: string): { text: string; hit: boolean }[] {
  const wanted = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return (sentence.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? []).map((text) => ({
    text,
    hit: wanted.some((word) => text.toLowerCase().startsWith(word)),
  }));
}
