import type { Instrument } from "../market/instrument.ts";
import { parseEndDateTime } from "../market/new-york.ts";
import { conditionFieldCounts, type OrderTerms } from "../protocol/place-order.ts";
import type { Prints } from "./prints.ts";
import { isReached, isTriggerMethod, looksBack } from "./trigger-method.ts";

/*
 * Conditions of an order (Java client 10.32): the order is held back until they are met, or is cancelled then. Each
 * names how it is tied to the next, "a" for and, "o" for or; "and" is taken to bind closer, which is not established.
 */

/** What one instrument shows at a moment. Undefined is not known: a condition on it is not met. */
export interface Observed {
  readonly secType: Instrument["secType"];
  /** @param looksBack whether what was before the present price is needed, which takes longer. */
  readonly prints: (looksBack: boolean) => Prints | undefined;
  /** Shares since the day's begin. */
  readonly volume: number | undefined;
  /** Per cent since the last close. */
  readonly change: number | undefined;
}

/** What conditions are held against. */
export interface Surroundings {
  readonly nowEpochS: number;
  /** Excess liquidity in per cent of the net liquidation value. */
  readonly marginCushion: number;
  /** Undefined for a contract that is not listed. */
  readonly observe: (conId: number) => Observed | undefined;
  /** Whether an execution in the symbol came since the order did. */
  readonly wasExecuted: (symbol: string, secType: string) => boolean;
}

interface Condition {
  readonly tie: "and" | "or";
  readonly isMet: (surroundings: Surroundings) => boolean;
  /** The contract it looks at; null for none. */
  readonly conId: number | null;
}

export interface Conditions {
  readonly all: readonly Condition[];
  /** Looked at outside the regular session too. */
  readonly ignoreRth: boolean;
  /** What they do when they are met: let the order go, or end it. */
  readonly cancels: boolean;
}

/** @returns null when there are none; undefined when a field makes no sense. */
export function conditionsOf(terms: OrderTerms): Conditions | null | undefined {
  const { conditionCount, conditionFields, goodAfterTime } = terms;
  if (conditionCount === 0) return goodAfterTime === "" ? null : goodAfter(goodAfterTime);
  const all: Condition[] = [];
  let at = 0;
  for (let index = 0; index < conditionCount; index += 1) {
    const count = 2 + (conditionFieldCounts[Number(conditionFields[at])] ?? 0);
    const condition = conditionFrom(conditionFields.slice(at, at + count));
    if (condition === undefined) return undefined;
    all.push(condition);
    at += count;
  }
  return { all, ignoreRth: conditionFields[at] === "1", cancels: conditionFields[at + 1] === "1" };
}

/** An order that is good after a time is one that waits for that time, at any hour. */
function goodAfter(text: string): Conditions | undefined {
  const time = conditionFrom(["3", "a", "1", text]);
  return time && { all: [time], ignoreRth: true, cancels: false };
}

export function areMet({ all }: Conditions, surroundings: Surroundings): boolean {
  let run = true;
  for (const { tie, isMet } of all) {
    run &&= isMet(surroundings);
    if (tie === "and") continue;
    if (run) return true;
    run = true;
  }
  return all.at(-1)?.tie === "and" && run;
}

function isPriceReached(
  observed: Observed | undefined,
  method: number,
  direction: "up" | "down",
  price: number,
): boolean {
  const prints = observed?.prints(looksBack(method, observed.secType));
  return observed !== undefined && prints !== undefined
    ? isReached(method, observed.secType, direction, price, prints)
    : false;
}

function conditionFrom([type, tied, ...fields]: readonly string[]): Condition | undefined {
  const tie = tied === "o" ? "or" : "and";
  if (type === "5") {
    const [secType = "", , symbol = ""] = fields;
    return { tie, conId: null, isMet: ({ wasExecuted }) => wasExecuted(symbol, secType) };
  }
  const [isMore, text = "", contract, , triggerMethod] = fields;
  const value = type === "3" ? parseEndDateTime(text) : text === "" ? Number.NaN : Number(text);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const beyond = (known: number | undefined): boolean =>
    known !== undefined && (isMore === "1" ? known >= value : known <= value);
  if (type === "3") return { tie, conId: null, isMet: ({ nowEpochS }) => beyond(nowEpochS) };
  if (type === "4") return { tie, conId: null, isMet: ({ marginCushion }) => beyond(marginCushion) };
  const conId = Number(contract);
  if (type !== "1") {
    const figure = type === "6" ? "volume" : "change";
    return { tie, conId, isMet: ({ observe }) => beyond(observe(conId)?.[figure]) };
  }
  const method = Number(triggerMethod);
  if (!isTriggerMethod(method)) return undefined;
  const direction = isMore === "1" ? "up" : "down";
  return { tie, conId, isMet: ({ observe }) => isPriceReached(observe(conId), method, direction, value) };
}
