import { type Contract, EventName } from "@stoqey/ib";
import { isPrice, lineOf, moneyOf, SHARES_MAX } from "./fields.ts";
import type { TellLeftOut } from "./left-out.ts";
import type { On } from "./on.ts";
import type { GatewayListener } from "./reports.ts";
import { nameOf, stockSymbol } from "./translate.ts";

/** Values of the account that are asked for; each is a number. */
export const ACCOUNT_TAGS = [
  "NetLiquidation",
  "TotalCashValue",
  "BuyingPower",
  "ExcessLiquidity",
  "MaintMarginReq",
  "LookAheadExcessLiquidity",
  "PreviousDayEquityWithLoanValue",
  "DayTradesRemaining",
  "DayTradesRemainingT+1",
  "DayTradesRemainingT+2",
  "DayTradesRemainingT+3",
  "DayTradesRemainingT+4",
] as const;
const IS_ASKED: ReadonlySet<string> = new Set(ACCOUNT_TAGS);

export function listenToAccount(on: On, listener: GatewayListener, leftOut: TellLeftOut): void {
  on(EventName.position, (account: string, contract: Contract, quantity?: number, averageCost?: number) => {
    const symbol = stockSymbol(contract);
    if (symbol === undefined) {
      if (quantity !== 0) listener.otherContract({ account, kind: "position", name: nameOf(contract) });
      return;
    }
    if (quantity === undefined || !(Math.abs(quantity) <= SHARES_MAX)) {
      leftOut(`position ${symbol}`, `a position of ${quantity} ${symbol}`);
      listener.positionUnreadable(account, symbol);
      return;
    }
    // What was got for options that were exercised counts in it: it can be below zero.
    const isCost = averageCost === undefined || averageCost === 0 || isPrice(Math.abs(averageCost));
    if (!isCost) leftOut(`cost of ${symbol}`, `an average cost of ${averageCost} of ${quantity} ${symbol}`);
    listener.position({ account, symbol, quantity, averageCost: isCost ? (averageCost ?? 0) : 0 });
  });
  on(EventName.positionEnd, () => listener.listEnd("positions"));
  on(EventName.accountSummary, (_requestId: number, account: string, tag: string, value: string) => {
    if (!IS_ASKED.has(tag)) return;
    listener.accountValue(account, tag, figureOf(value, tag, leftOut));
  });
  on(EventName.updateAccountValue, (key: string, value: string, _currency: string, account: string) => {
    if (key !== "accountReady") return;
    if (value === "true" || value === "false") listener.accountUpdate(account, key, value);
    else leftOut(`account ${key}`, `the value ${lineOf(value, VALUE_CHARACTERS_MAX)} of the account's ${key}`);
  });
  on(EventName.pnl, (_requestId: number, daily?: number, unrealized?: number, realized?: number) => {
    const figure = (value: number | undefined, name: string) =>
      moneyOf(value, name, (field, said) => leftOut(`profit, ${field}`, `a ${field} profit of ${said}`));
    listener.profit(figure(daily, "daily"), figure(unrealized, "unrealized"), figure(realized, "realized"));
  });
  on(EventName.accountSummaryEnd, () => listener.listEnd("account-summary"));
}

/** Empty for a value that is not given or cannot be: then it is not known, whatever it was before. */
function figureOf(value: string, tag: string, leftOut: TellLeftOut): string {
  if (value.trim() === "") return "";
  const doubt = () =>
    leftOut(`account ${tag}`, `the value ${lineOf(value, VALUE_CHARACTERS_MAX)} of the account's ${tag}`);
  return moneyOf(Number(value), tag, doubt) === null ? "" : value;
}

const VALUE_CHARACTERS_MAX = 40;
