import { conIdBases, type Instrument, plain } from "../instrument.ts";
import { compactDateText } from "../new-york.ts";
import { hash } from "../random.ts";
import { thirdFriday, tradingDayUpTo } from "./futures.ts";

/** The option chain of one stock: four weeks and three months ahead. */

const strikesEachSide = 12;
const optionExchanges = ["SMART", "AMEX", "BATS", "BOX", "CBOE", "ISE", "NASDAQOM", "PHLX"];

/**
 * @param today ISO date of the market.
 * @param price of the underlying; the strikes lie around it.
 */
export function optionChain(underlying: Instrument, today: string, price: number): Instrument[] {
  const strikes = strikesAround(price);
  return optionExpiries(today).flatMap((expiry) =>
    strikes.flatMap((strike) => [option(underlying, expiry, strike, "C"), option(underlying, expiry, strike, "P")]),
  );
}

/** Steps as the exchanges have them, about one per cent of the price. */
function strikesAround(price: number): number[] {
  const step = price >= 200 ? 5 : price >= 50 ? 1 : 0.5;
  const middle = Math.round(price / step);
  const steps = Array.from({ length: 2 * strikesEachSide + 1 }, (_, index) => middle - strikesEachSide + index);
  return steps.filter((count) => count > 0).map((count) => count * step);
}

function optionExpiries(today: string): Temporal.PlainDate[] {
  const date = Temporal.PlainDate.from(today);
  const friday = date.add({ days: (5 - date.dayOfWeek + 7) % 7 });
  const weekly = [0, 7, 14, 21].map((days) => tradingDayUpTo(friday.add({ days })));
  const monthly = [1, 2, 3].map((months) => thirdFriday(date.with({ day: 1 }).add({ months })));
  const byText = new Map([...weekly, ...monthly].map((expiry) => [expiry.toString(), expiry]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}

function option(underlying: Instrument, expiry: Temporal.PlainDate, strike: number, right: "C" | "P"): Instrument {
  const { symbol, key, conId, secType, longName } = underlying;
  const lastTradeDate = compactDateText(expiry.toString());
  // The OCC's 21 characters: root, date, right, strike in thousandths.
  const strikeText = String(Math.round(strike * 1000)).padStart(8, "0");
  const localSymbol = `${symbol.padEnd(6, " ")}${lastTradeDate.slice(2)}${right}${strikeText}`;
  return {
    ...plain,
    key: `OPT:${localSymbol}`,
    conId: conIdBases.OPT + (hash(localSymbol) % 90_000_000),
    symbol,
    secType: "OPT",
    currency: underlying.currency,
    primaryExchange: "CBOE",
    exchanges: optionExchanges,
    localSymbol,
    tradingClass: symbol,
    longName,
    minTick: 0.01,
    multiplier: "100",
    lastTradeDate,
    strike,
    right,
    underlying: { key, conId, symbol, secType },
    listedSince: expiry.subtract({ days: 90 }).toString(),
    generated: { ...underlying.generated, lot: 1 },
  };
}
