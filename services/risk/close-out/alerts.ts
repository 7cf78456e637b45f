import type { Alert, CloseOut } from "#libs/contracts/mod.ts";
import type { OpenOrder } from "../state/book.ts";
import { foreignName } from "../state/foreign-orders.ts";
import type { Hindrance } from "./steps.ts";

/** The alerts of a close-out; their codes are listed in the README of this service. */

const WORDS: Readonly<Record<Hindrance, string>> = {
  canceling: "an order that works there is being canceled",
  closing: "the closing order is at work",
  pausing: "the closing order did not get through; it is tried again",
  settling: "the broker's word on the position and our executions differ, which must stand for five seconds first",
  "trading-halted": "trading is halted, which stops exits too: reduce it",
  "gateway-away": "the gateway takes no orders now",
  "market-closed": "the market is closed; it is closed out at the next open",
  "left-alone": "our executions do not explain the position, so it is left alone",
  "part-of-a-share": "less than one share is left, which no order can close",
  "given-up": "twenty closing orders did not close it",
};

/** `SPY: the closing order is at work; IBM: ...`. */
export const listOf = (hindrances: ReadonlyMap<string, Hindrance>): string =>
  [...hindrances].map(([symbol, hindrance]) => `${symbol}: ${WORDS[hindrance]}`).join("; ");

/** The same for as long as the same is in the way: a closing order that is tried again and again is one thing. */
export const stuckIn = (hindrances: ReadonlyMap<string, Hindrance>): string =>
  listOf(new Map([...hindrances].map(([symbol, why]) => [symbol, why === "pausing" ? "closing" : why])));

/** Named wherever the operator reads of a close-out: each fills on its own account, and none is canceled here. */
const alsoAtWork = (others: readonly OpenOrder[]): string =>
  others.length === 0
    ? ""
    : ` Orders of others work and are left alone: ${others.map(foreignName).join(", ")}. What they fill is held again, or turns the position around: cancel them at the broker now, or every order of the account with \`npx crucible gateway global-cancel --reason TEXT\`.`;

const textOf = (...parts: readonly string[]): string => parts.join("").slice(0, 2000);

export const begun = ({ setBy, reason, scope }: CloseOut, others: readonly OpenOrder[]): Alert => ({
  severity: "critical",
  code: "CLOSE_OUT_BEGUN",
  title: `Everything is being closed, set by ${setBy}`,
  text: textOf(
    `${reason || "No reason given"}.`,
    alsoAtWork(others),
    ` Working orders are canceled first, then each position is closed at the market${scope === "explained" ? "; positions that our executions do not explain are left alone" : ", also those that our executions do not explain"}. You are told when the account is flat.`,
  ),
  fields: [],
});

export const flat = ({ setBy, reason }: CloseOut, others: readonly OpenOrder[]): Alert => ({
  severity: "warning",
  code: "CLOSE_OUT_FLAT",
  title: "The account is flat",
  text: textOf(
    "Nothing is held and nothing of ours works, by the broker's word.",
    alsoAtWork(others),
    ` Closed by ${setBy}: ${reason || "no reason given"}. Trading stays reduced until you resume it; where a limit has set it, until the next session day.`,
  ),
  fields: [],
});

export const waits = (
  { setBy }: CloseOut,
  hindrances: ReadonlyMap<string, Hindrance>,
  others: readonly OpenOrder[],
): Alert => ({
  severity: "critical",
  code: "CLOSE_OUT_WAITS",
  title: "Closing everything takes longer than a minute",
  text: textOf(
    `Set by ${setBy}.`,
    alsoAtWork(others),
    ` ${listOf(hindrances)}. It goes on by itself; look at the gateway if that lasts.`,
  ),
  fields: [],
});

export const notFlat = (
  { setBy }: CloseOut,
  hindrances: ReadonlyMap<string, Hindrance>,
  others: readonly OpenOrder[],
): Alert => ({
  severity: "critical",
  code: "CLOSE_OUT_NOT_FLAT",
  title: "Not everything could be closed: the account is not flat",
  text: textOf(
    `Set by ${setBy}.`,
    alsoAtWork(others),
    ` ${listOf(hindrances)}. Close the rest at the broker, or accept the position and run \`npx crucible flatten\`; \`npx crucible flatten --everything\` closes also what our executions do not explain.`,
  ),
  fields: [],
});
