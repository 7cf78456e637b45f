import type { Alert } from "#libs/contracts/mod.ts";
import * as alerts from "../alerts.ts";
import { lineOf } from "./fields.ts";

/** Told of something that the gateway said and that cannot be; what is of one kind is told once in a while. */
export type TellLeftOut = (kind: string, what: string) => void;

export const AGAIN_MS = 3_600_000;
/** So many kinds are told within that time; those after them are in the log alone, and the last alert says so. */
export const TOLD_MAX = 20;
const KINDS_MAX = 5000;

/**
 * Whom what was left out is told. Each execution and order is a kind of its own, since it may be a fill that is missing
 * from the ledger, and lists repeat it; a tick comes a thousand times a second.
 */
export class LeftOut {
  /** Since when each kind was told or logged, and how often it came again. */
  readonly #kinds = new Map<string, { readonly sinceMs: number; times: number }>();
  #toldAtMs: number[] = [];

  /** @returns what to log and, if it has its turn, what to alert; null for a repetition */
  note(kind: string, what: string, nowMs: number): { readonly text: string; readonly alert: Alert | null } | null {
    const known = this.#kinds.get(kind);
    if (known !== undefined && nowMs - known.sinceMs < AGAIN_MS) {
      known.times += 1;
      return null;
    }
    if (this.#kinds.size >= KINDS_MAX) this.#kinds.clear();
    this.#kinds.set(kind, { sinceMs: nowMs, times: 0 });
    const more =
      known === undefined || known.times === 0 ? "" : ` (${known.times} more like it since it was last told)`;
    const text = `${lineOf(what, WHAT_CHARACTERS_MAX)}${more}`;
    this.#toldAtMs = this.#toldAtMs.filter((atMs) => nowMs - atMs < AGAIN_MS);
    if (this.#toldAtMs.length >= TOLD_MAX) return { text, alert: null };
    this.#toldAtMs.push(nowMs);
    return { text, alert: alerts.leftOut(text, this.#toldAtMs.length === TOLD_MAX) };
  }
}

const WHAT_CHARACTERS_MAX = 500;
