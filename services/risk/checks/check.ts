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
  /** `key=value` pairs of the figures that were compared, when it denies; null when the order passes. */
  readonly check: (facts: Facts) => string | null;
}

/** `key=value` pairs, separated by spaces; numbers to the cent or finer where they are parts of one. */
export function figures(values: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${shown(value)}`)
    .join(" ");
}

function shown(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return "unknown";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value).replaceAll(" ", "_");
  return Math.abs(value) < 1 ? String(Number(value.toFixed(4))) : value.toFixed(2);
}
