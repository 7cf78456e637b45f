import { sessionSeconds } from "./new-york.ts";

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
  /** Closing price of the day before, when known. */
  readonly previousClose: number | undefined;
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

/** Where a symbol's tapes come from. Deterministic: the same arguments give the same tape. */
export interface TapeSource {
  /** @returns undefined when the source has nothing for that symbol on that date. */
  tape(symbol: string, date: string): Tape | undefined;
}
