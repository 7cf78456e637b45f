import type { AccountSummary, DayTradeRegime, Mode } from "#libs/contracts/mod.ts";

/** Which day-trading rule is in force, and why: both are at present, and the broker's own date is not known. */
export interface RegimeAnswer {
  readonly regime: DayTradeRegime;
  readonly reason: string;
}

export type DayTradeTags = AccountSummary["dayTradesRemaining"];

/**
 * Reads the regime from the account's tags (risk-rules 2.2): three or more that are not negative are the old rule;
 * -1 everywhere, or all absent on a live account, are the new one; anything else is not known, and is counted the old
 * way, which is safe under both.
 *
 * @param tags the clearest word for the old rule of the session's summaries so far; null before the first
 */
export function regimeOf(
  configured: "auto" | DayTradeRegime,
  tags: DayTradeTags | null,
  account: string | null,
  mode: Mode,
): RegimeAnswer {
  if (configured !== "auto") return { regime: configured, reason: `configured: ${configured}` };
  if (tags === null) return { regime: "pattern-day-trader", reason: "no account summary yet: counted the old way" };
  const present = tags.filter((tag) => tag !== null);
  const counting = present.filter((tag) => tag >= 0);
  const shown = tags.map((tag) => tag ?? "absent").join(",");
  if (counting.length >= 3) return { regime: "pattern-day-trader", reason: `the account's tags count: ${shown}` };
  if (present.length === tags.length && counting.length === 0) {
    return { regime: "intraday-margin", reason: `the account's tags are unlimited: ${shown}` };
  }
  if (present.length === 0 && mode === "live" && !(account ?? "D").startsWith("D")) {
    return { regime: "intraday-margin", reason: "a live account without day-trade tags" };
  }
  return { regime: "pattern-day-trader", reason: `the account's tags are not clear, counted the old way: ${shown}` };
}

/**
 * Of two summaries of one session day, the tags that hold for the rest of it: the broker may begin to count within the
 * day, and does not stop to. -1 everywhere and no tag at all say nothing for the old rule.
 */
export const tagsInForce = (known: DayTradeTags, told: DayTradeTags): DayTradeTags =>
  wordForOldRule(told) > wordForOldRule(known) ? told : known;

function wordForOldRule(tags: DayTradeTags): number {
  if (tags.filter((tag) => tag !== null && tag >= 0).length >= 3) return 2;
  return tags.every((tag) => tag === null) || tags.every((tag) => tag !== null && tag < 0) ? 0 : 1;
}
