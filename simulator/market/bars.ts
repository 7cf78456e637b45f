import { marketDay, sessionSeconds } from "./new-york.ts";
import { type Tape, tapeSeconds } from "./tape.ts";

/** One bar. `startEpochS` is its first second; it covers up to, but not including, the next bar's start. */
export interface Bar {
  readonly startEpochS: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly weightedAveragePrice: number;
  readonly tradeCount: number;
}

/** Which prices a bar is made of. Quotes have no volume and no trade count. */
export type BarSeries = "TRADES" | "BID" | "ASK" | "MIDPOINT" | "BID_ASK";

/**
 * The bar of a stretch of a tape.
 *
 * @returns undefined when nothing traded (or no quote was known) between the two instants.
 */
export function barOf(tape: Tape, fromEpochS: number, toEpochS: number, series: BarSeries): Bar | undefined {
  if (series === "BID_ASK") return spreadBarOf(tape, fromEpochS, toEpochS);
  const from = Math.max(0, fromEpochS - tape.startEpochS);
  const to = Math.min(tapeSeconds, toEpochS - tape.startEpochS);
  let open = Number.NaN;
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let close = Number.NaN;
  let volume = 0;
  let amount = 0;
  let tradeCount = 0;
  for (let index = from; index < to; index += 1) {
    if (series === "TRADES" && tape.trades[index] === 0) continue;
    const price = priceAt(tape, index, series);
    if (Number.isNaN(price)) continue;
    const within = series === "TRADES" ? tape.within : undefined;
    // 0 in a second with one price.
    if (Number.isNaN(open)) open = within?.open[index] || price;
    high = Math.max(high, within?.high[index] || price);
    low = Math.min(low, within?.low[index] || price);
    close = price;
    if (series !== "TRADES") continue;
    const traded = tape.volume[index] ?? 0;
    volume += traded;
    amount += within?.amount[index] || traded * price;
    tradeCount += tape.trades[index] ?? 0;
  }
  if (Number.isNaN(open)) return undefined;
  const weightedAveragePrice = volume > 0 ? amount / volume : close;
  return { startEpochS: fromEpochS, open, high, low, close, volume, weightedAveragePrice, tradeCount };
}

/**
 * The bar a real-time subscription gets for five seconds: always one, also when nothing traded. Then it stands at the
 * last price with volume 0 and count 0.
 *
 * @returns undefined before the first price of the day, and outside the tape.
 */
export function realTimeBarOf(tape: Tape, fromEpochS: number, series: BarSeries): Bar | undefined {
  const bar = barOf(tape, fromEpochS, fromEpochS + 5, series);
  if (bar !== undefined || series !== "TRADES") return bar;
  const price = tape.last[fromEpochS + 4 - tape.startEpochS];
  if (price === undefined || Number.isNaN(price)) return undefined;
  const flat = { open: price, high: price, low: price, close: price };
  return { startEpochS: fromEpochS, ...flat, volume: 0, weightedAveragePrice: price, tradeCount: 0 };
}

/**
 * The bars of one day, aligned to the clock, oldest first; stretches without a trade have none. The last may be
 * unfinished: it then covers what happened before `untilEpochS`.
 */
export function barsOfDay(
  tape: Tape,
  barSeconds: number,
  series: BarSeries,
  regularHoursOnly: boolean,
  fromEpochS: number,
  untilEpochS: number,
): Bar[] {
  const midnight = tape.startEpochS - sessionSeconds.extendedOpen;
  const opens = midnight + (regularHoursOnly ? sessionSeconds.regularOpen : sessionSeconds.extendedOpen);
  const { regularClose, extendedClose } = marketDay(tape.date);
  const closes = midnight + (regularHoursOnly ? regularClose : extendedClose);
  const bars: Bar[] = [];
  const first = midnight + Math.floor((opens - midnight) / barSeconds) * barSeconds;
  for (let start = first; start < Math.min(closes, untilEpochS); start += barSeconds) {
    const from = Math.max(start, opens);
    if (from < fromEpochS) continue;
    const bar = barOf(tape, from, Math.min(start + barSeconds, closes, untilEpochS), series);
    if (bar !== undefined) bars.push(bar);
  }
  return bars;
}

/** A BID_ASK bar: open is the average bid, high the highest ask, low the lowest bid, close the average ask. */
function spreadBarOf(tape: Tape, fromEpochS: number, toEpochS: number): Bar | undefined {
  const bid = barOf(tape, fromEpochS, toEpochS, "BID");
  const ask = barOf(tape, fromEpochS, toEpochS, "ASK");
  if (bid === undefined || ask === undefined) return undefined;
  const averageOf = (prices: Float64Array) => {
    const from = Math.max(0, fromEpochS - tape.startEpochS);
    const known = prices
      .slice(from, Math.max(from, toEpochS - tape.startEpochS))
      .filter((price) => !Number.isNaN(price));
    return known.reduce((sum, price) => sum + price, 0) / known.length;
  };
  return { ...bid, open: averageOf(tape.bid), high: ask.high, close: averageOf(tape.ask) };
}

function priceAt(tape: Tape, index: number, series: Exclude<BarSeries, "BID_ASK">): number {
  const bid = tape.bid[index] ?? Number.NaN;
  const ask = tape.ask[index] ?? Number.NaN;
  switch (series) {
    case "TRADES":
      return tape.last[index] ?? Number.NaN;
    case "BID":
      return bid;
    case "ASK":
      return ask;
    case "MIDPOINT":
      return (bid + ask) / 2;
  }
}
