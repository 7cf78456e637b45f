import { conIdBases, type Instrument, plain } from "../instrument.ts";
import { compactDateText, marketDay, tradingDayFrom } from "../new-york.ts";
import { hash } from "../random.ts";
import { spx } from "./others.ts";

/** Index futures on the CME: the quarter that has just expired, and the three that follow. */

const monthCodes: Readonly<Record<number, string>> = { 3: "H", 6: "M", 9: "U", 12: "Z" };

interface Product {
  readonly symbol: string;
  readonly longName: string;
  readonly multiplier: string;
  readonly dailyVolume: number;
}

const products: readonly Product[] = [
  { symbol: "ES", longName: "E-mini S&P 500", multiplier: "50", dailyVolume: 1.5e6 },
  { symbol: "MES", longName: "Micro E-Mini S&P 500 Stock Price Index", multiplier: "5", dailyVolume: 1.1e6 },
];

/** @param today ISO date of the market. */
export function futuresOn(today: string): Instrument[] {
  const expiries = quarterlyExpiries(today);
  return products.flatMap((product) => expiries.map((expiry, index) => future(product, expiry, index)));
}

/** The third Fridays of March, June, September and December: the last one before the date, and three from it on. */
function quarterlyExpiries(today: string): Temporal.PlainDate[] {
  const date = Temporal.PlainDate.from(today);
  const around = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((months) =>
    thirdFriday(date.with({ day: 1 }).add({ months })),
  );
  const quarterly = around.filter(({ month }) => month % 3 === 0);
  const next = quarterly.findIndex((expiry) => Temporal.PlainDate.compare(expiry, date) >= 0);
  return quarterly.slice(next - 1, next + 3);
}

export function thirdFriday(month: Temporal.PlainDate): Temporal.PlainDate {
  const first = month.with({ day: 1 });
  return tradingDayUpTo(first.add({ days: ((5 - first.dayOfWeek + 7) % 7) + 14 }));
}

/** A last trading day that falls on a holiday is the session before it. */
export function tradingDayUpTo(date: Temporal.PlainDate): Temporal.PlainDate {
  const { isTradingDay } = marketDay(date.toString());
  return isTradingDay ? date : Temporal.PlainDate.from(tradingDayFrom(date.toString(), -1).date);
}

function future(product: Product, expiry: Temporal.PlainDate, quarter: number): Instrument {
  const { symbol, longName, multiplier, dailyVolume } = product;
  const localSymbol = `${symbol}${monthCodes[expiry.month]}${expiry.year % 10}`;
  const { key, conId, secType } = spx;
  return {
    ...plain,
    key: `FUT:${localSymbol}`,
    conId: conIdBases.FUT + (hash(`${symbol}${expiry}`) % 90_000_000),
    symbol,
    secType: "FUT",
    currency: "USD",
    primaryExchange: "CME",
    exchanges: ["CME", "QBALGO"],
    localSymbol,
    tradingClass: symbol,
    longName,
    minTick: 0.25,
    marketRuleId: 67,
    multiplier,
    lastTradeDate: compactDateText(expiry.toString()),
    underlying: { key, conId, symbol: spx.symbol, secType },
    listedSince: expiry.subtract({ months: 15 }).toString(),
    generated: {
      ...spx.generated,
      // Later quarters stand a little higher, as with positive carry.
      startPrice: spx.generated.startPrice * (1 + 0.007 * quarter),
      dailyVolume: dailyVolume / (quarter <= 1 ? 1 : 50 * quarter),
      tick: 0.25,
      lot: 1,
    },
  };
}
