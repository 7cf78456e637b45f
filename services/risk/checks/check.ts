import type { Facts } from "../evaluate/facts.ts";

/** One reason to deny an order. `docs/risk-checks.md` is generated from these. */
export interface Check {
  /** The deny code. */
  readonly code: string;
  /** The keys of `.env` that set it; empty when nothing does. */
  readonly settings: readonly string[];
  /** When it denies, in words for the operator. */
  readonly meaning: string;
  /** Whether an order that can only bring a position closer to flat passes it (law 7). */
  readonly exitsExempt: boolean;
  /** Pure. What it compares is told whether it denies or not. */
  readonly judge: (facts: Facts) => Verdict;
}

export interface Verdict {
  readonly denies: boolean;
  readonly compared: Compared;
  /** What the limit would leave after the order; null where nothing is counted. */
  readonly room: Room | null;
}

/** The figures that were compared, in the order in which they are shown. */
export type Compared = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Room {
  /** Below zero by as much as the limit is passed. */
  readonly left: number;
  readonly unit: "USD" | "shares" | "orders" | "day-trades" | "ms" | "cancels" | "reversals" | "losses";
}

export const verdict = (denies: boolean, compared: Compared, room: Room | null = null): Verdict => ({
  denies,
  compared,
  room,
});

export const pass = (compared: Compared = {}, room: Room | null = null): Verdict => verdict(false, compared, room);

export const deny = (compared: Compared, room: Room | null = null): Verdict => verdict(true, compared, room);

/** `key=value` pairs, separated by spaces; numbers to the cent, or to four places where they are parts of one, or end there. */
export function figures(values: Compared): string {
  let text = "";
  for (const key of Object.keys(values)) text += `${text === "" ? "" : " "}${key}=${shown(values[key])}`;
  return text;
}

function shown(value: Compared[string]): string {
  if (value === null || value === undefined) return "unknown";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value).replaceAll(" ", "_");
  if (Math.abs(value) < 1) return String(Number(value.toFixed(4)));
  // A price of a part of a cent is shown as it was compared, not as the price beside it.
  const isPartOfCent = endsAt(1e4, value) && !endsAt(100, value);
  return isPartOfCent ? String(value) : value.toFixed(2);
}

/** Whether it is the number nearest to a whole number of such parts. */
const endsAt = (parts: number, value: number): boolean => Math.round(value * parts) / parts === value;
