/** How things are written. Pure; times are in ms unless the name says otherwise. */

/** A moment of a call: `01:24`, with hours where there are some. */
export function clock(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const rest = `${pad(Math.floor(all / 60) % 60)}:${pad(all % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** A length, as one says it: `380 ms`, `1.84 s`, `3 min 12 s`. */
export function span(ms: number): string {
  if (ms < 1) return "<1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** US dollars, to the place that says something. */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
}

/** The quantile of values, by the nearest rank; null of none. */
export function quantile(values: readonly number[], share: number): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

// Calling code → country. Where several share one, the largest.
const CODES =
  "1US 7RU 20EG 27ZA 30GR 31NL 32BE 33FR 34ES 36HU 39IT 40RO 41CH 43AT 44GB 45DK 46SE 47NO 48PL 49DE 51PE 52MX 53CU " +
  "54AR 55BR 56CL 57CO 58VE 60MY 61AU 62ID 63PH 64NZ 65SG 66TH 81JP 82KR 84VN 86CN 90TR 91IN 92PK 93AF 94LK 95MM 98IR " +
  "211SS 212MA 213DZ 216TN 218LY 220GM 221SN 222MR 223ML 224GN 225CI 226BF 227NE 228TG 229BJ 230MU 231LR 232SL 233GH " +
  "234NG 235TD 236CF 237CM 238CV 239ST 240GQ 241GA 242CG 243CD 244AO 248SC 249SD 250RW 251ET 252SO 253DJ 254KE 255TZ " +
  "256UG 257BI 258MZ 260ZM 261MG 262RE 263ZW 264NA 265MW 266LS 267BW 268SZ 269KM 297AW 298FO 299GL 350GI 351PT 352LU " +
  "353IE 354IS 355AL 356MT 357CY 358FI 359BG 370LT 371LV 372EE 373MD 374AM 375BY 376AD 377MC 378SM 380UA 381RS 382ME " +
  "383XK 385HR 386SI 387BA 389MK 420CZ 421SK 423LI 501BZ 502GT 503SV 504HN 505NI 506CR 507PA 509HT 591BO 592GY 593EC " +
  "595PY 597SR 598UY 670TL 673BN 674NR 675PG 676TO 677SB 678VU 679FJ 680PW 685WS 686KI 687NC 689PF 852HK 853MO 855KH " +
  "856LA 880BD 886TW 960MV 961LB 962JO 963SY 964IQ 965KW 966SA 967YE 968OM 970PS 971AE 972IL 973BH 974QA 975BT 976MN " +
  "977NP 992TJ 993TM 994AZ 995GE 996KG 998UZ";
const COUNTRY = new Map(CODES.split(" ").map((each) => [each.slice(0, -2), each.slice(-2)]));

/** Calling code and country of a number that begins with `+`; null where it is not known yet. */
export function countryOf(number: string): { code: string; country: string } | null {
  if (!number.startsWith("+")) return null;
  const digits = number.slice(1).replace(/\D/g, "");
  for (let length = 1; length <= 3; length++) {
    const code = digits.slice(0, length);
    const country = code.length === length ? COUNTRY.get(code) : undefined;
    if (country) return { code, country };
  }
  return null;
}

/** The flag of a country by its two letters. */
export function flag(country: string): string {
  return String.fromCodePoint(...[...country].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));
}

/** A telephone number in groups; anything else (`browser`, a SIP address, `anonymous`) as it is. */
export function phone(number: string): string {
  if (!/^\+\d{7,15}$/.test(number)) return number.replace(/^sip:/, "");
  const code = countryOf(number)?.code ?? number.slice(1, 3);
  const rest = number.slice(1 + code.length);
  if (code === "1" && rest.length === 10) return `+1 ${rest.slice(0, 3)} ${rest.slice(3, 6)} ${rest.slice(6)}`;
  const groups: string[] = [];
  let left = rest;
  while (left.length > 4) {
    groups.push(left.slice(0, 3));
    left = left.slice(3);
  }
  return [`+${code}`, ...groups, left].join(" ");
}

const STATUS: Record<string, string> = {
  ringing: "ringing",
  "in-progress": "in progress",
  parked: "reconnecting",
  transferring: "put through",
  ending: "ending",
  completed: "completed",
  failed: "failed",
  "no-answer": "no answer",
};

/** Where a call stands, in words. */
export function standing(status: string): string {
  return STATUS[status] ?? status.replaceAll("-", " ");
}

/** A day as a heading: today, yesterday, or its date. */
export function day(at: Date, now: Date): string {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const ago = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  const year = at.getFullYear() === now.getFullYear() ? undefined : ("numeric" as const);
  return at.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "long", year });
}

export function timeOfDay(at: Date): string {
  return at.toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}

/** JSON on one line, as a call of a function is written: `latte, small`. */
export function argumentsOf(json: string): string {
  try {
    const told = JSON.parse(json) as unknown;
    if (told === null || typeof told !== "object") return String(told);
    return Object.entries(told)
      .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(", ");
  } catch {
    return json;
  }
}
