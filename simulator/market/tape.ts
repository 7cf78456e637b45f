import { marketDay, sessionSeconds } from "./new-york.ts";

/** Seconds in a tape: the extended session, 04:00 to 20:00 New York. */
export const tapeSeconds = sessionSeconds.extendedClose - sessionSeconds.extendedOpen;

/**
 * One symbol's day on a one-second grid. Index 0 is 04:00:00 New York. Everything the simulated gateway says about
 * prices (ticks, 5-second bars, history, fills) is read from here, so nothing can contradict anything else.
 */
export interface Tape {
  readonly symbol: string;
  readonly date: string;
  readonly startEpochS: number;
  /** Last trade price, NaN before the first trade of the day. */
  readonly last: Float64Array;
  /** NaN while there is no quote. */
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  /** Displayed shares. */
  readonly bidSize: Float64Array;
  readonly askSize: Float64Array;
  /** Shares traded in that second. */
  readonly volume: Float64Array;
  /** Trades in that second; 0 means that `last` is only carried forward. */
  readonly trades: Uint32Array;
  /** Of seconds with several prices; undefined when each has one, which is `last`. */
  readonly within: PricesWithin | undefined;
  /** Closing price of the day before, when known. */
  readonly previousClose: number | undefined;
}

/** First, highest and lowest trade of a second, and what was paid in it, USD; 0 in a second with one price. */
export interface PricesWithin {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly amount: Float64Array;
}

/** The index at which the day's regular session is over: 16:00, on a half day 13:00. */
export function regularEndOf({ date }: Tape): number {
  return marketDay(date).regularClose - sessionSeconds.extendedOpen;
}

export type WritableTape = { -readonly [Key in keyof Tape]: Tape[Key] };

export function emptyTape(symbol: string, date: string, midnightEpochS: number): WritableTape {
  const unknown = () => new Float64Array(tapeSeconds).fill(Number.NaN);
  return {
    symbol,
    date,
    startEpochS: midnightEpochS + sessionSeconds.extendedOpen,
    last: unknown(),
    bid: unknown(),
    ask: unknown(),
    bidSize: new Float64Array(tapeSeconds),
    askSize: new Float64Array(tapeSeconds),
    volume: new Float64Array(tapeSeconds),
    trades: new Uint32Array(tapeSeconds),
    within: undefined,
    previousClose: undefined,
  };
}

/** Best bid and offer with displayed sizes, and the last trade. Prices in USD, sizes in shares. */
export interface Quote {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  readonly last: number;
  readonly lastSize: number;
}

/** The quote at an instant; undefined outside the tape, or while bid, ask or last are unknown. */
export function quoteAt(tape: Tape, epochS: number): Quote | undefined {
  const index = epochS - tape.startEpochS;
  const bid = tape.bid[index];
  const ask = tape.ask[index];
  const last = tape.last[index];
  if (bid === undefined || ask === undefined || last === undefined) return undefined;
  if (Number.isNaN(bid) || Number.isNaN(ask) || Number.isNaN(last)) return undefined;
  return {
    bid,
    ask,
    bidSize: tape.bidSize[index] ?? 0,
    askSize: tape.askSize[index] ?? 0,
    last,
    lastSize: tape.volume[index] ?? 0,
  };
}

/** Open, high, low, volume and trades of the day so far; undefined before the first trade. */
export function dayFigures(tape: Tape, epochS: number) {
  let open = Number.NaN;
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let volume = 0;
  let trades = 0;
  for (let index = 0; index <= epochS - tape.startEpochS; index += 1) {
    const price = tape.last[index];
    if (tape.trades[index] === 0 || price === undefined) continue;
    if (Number.isNaN(open)) open = price;
    high = Math.max(high, price);
    low = Math.min(low, price);
    volume += tape.volume[index] ?? 0;
    trades += tape.trades[index] ?? 0;
  }
  return Number.isNaN(open) ? undefined : { open, high, low, volume, trades };
}

/** Where a symbol's tapes come from. Deterministic: the same arguments give the same tape. */
export interface TapeSource {
  /** @returns undefined when the source has nothing for that symbol on that date. */
  tape(symbol: string, date: string): Tape | undefined;
  /** The first date there is something for, ISO; undefined when there is none. */
  firstDate(symbol: string): string | undefined;
}
