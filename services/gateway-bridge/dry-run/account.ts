import type { AccountSummary } from "#libs/contracts/mod.ts";
import { type Book, valueAtCost } from "../orders/book.ts";

/** Maintenance margin of a US stock under Regulation T, and the buying power it leaves within the day. */
const MAINTENANCE_FRACTION = 0.25;

export interface VirtualAccountInput {
  readonly account: string;
  /** USD at the beginning of this ledger. */
  readonly startEquity: number;
  readonly book: Book;
  /** Newest price of a symbol; null when none is known, then the holding counts at cost. */
  readonly priceOf: (symbol: string) => number | null;
  /** New York day; null while no market clock is known. */
  readonly tradingDay: string | null;
  /** The day-trade tags of the real account: the dry-run obeys them. */
  readonly dayTradesRemaining: AccountSummary["dayTradesRemaining"];
}

/** The dry-run account, from the ledger's executions and the newest prices. */
export function virtualAccount(input: VirtualAccountInput): AccountSummary {
  const { book, startEquity, priceOf, tradingDay } = input;
  const totalCash = startEquity + book.cash;
  let net = totalCash;
  let gross = 0;
  for (const [symbol, { quantity, averageCost }] of book.holdings) {
    const value = quantity * (priceOf(symbol) ?? averageCost);
    net += value;
    gross += Math.abs(value);
  }
  const maintenanceMargin = gross * MAINTENANCE_FRACTION;
  const excess = net - maintenanceMargin;
  const today = book.day !== null && book.day.tradingDay === tradingDay ? book.day : null;
  return {
    account: input.account,
    netLiquidation: cents(net),
    totalCash: cents(totalCash),
    buyingPower: cents(Math.max(0, excess / MAINTENANCE_FRACTION)),
    excessLiquidity: cents(excess),
    maintenanceMargin: cents(maintenanceMargin),
    lookAheadExcessLiquidity: cents(excess),
    // At cost, since yesterday's closing prices are not in the ledger.
    previousDayEquity: cents(startEquity + (today?.valueAtStart ?? valueAtCost(book))),
    dayTradesRemaining: input.dayTradesRemaining,
  };
}

const cents = (usd: number): number => Math.round(usd * 100) / 100;
