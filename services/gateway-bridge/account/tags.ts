import type { AccountSummary } from "#libs/contracts/mod.ts";

/** The broker's account values as they came: tag to text. */
export type AccountTags = ReadonlyMap<string, string>;

const DAY_TRADE_TAGS = [
  "DayTradesRemaining",
  "DayTradesRemainingT+1",
  "DayTradesRemainingT+2",
  "DayTradesRemainingT+3",
  "DayTradesRemainingT+4",
] as const;

/** Day trades left today and on the next four days; -1 is unlimited, null is absent or unreadable. */
export function dayTradesRemaining(tags: AccountTags): AccountSummary["dayTradesRemaining"] {
  return DAY_TRADE_TAGS.map((tag) => {
    const value = numberOf(tags, tag);
    return value !== null && Number.isInteger(value) ? value : null;
  });
}

/** The summary, or null while a figure that everything rests on is missing. */
export function summaryOf(account: string, tags: AccountTags): AccountSummary | null {
  const netLiquidation = numberOf(tags, "NetLiquidation");
  const totalCash = numberOf(tags, "TotalCashValue");
  const buyingPower = numberOf(tags, "BuyingPower");
  if (netLiquidation === null || totalCash === null || buyingPower === null) return null;
  return {
    account,
    netLiquidation,
    totalCash,
    buyingPower,
    excessLiquidity: numberOf(tags, "ExcessLiquidity"),
    maintenanceMargin: numberOf(tags, "MaintMarginReq"),
    lookAheadExcessLiquidity: numberOf(tags, "LookAheadExcessLiquidity"),
    previousDayEquity: numberOf(tags, "PreviousDayEquityWithLoanValue"),
    dayTradesRemaining: dayTradesRemaining(tags),
  };
}

function numberOf(tags: AccountTags, tag: string): number | null {
  const text = tags.get(tag);
  if (text === undefined || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
