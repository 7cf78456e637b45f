import type { Quote } from "#libs/contracts/mod.ts";

/** Tick types of the broker and the field each stands for (tws.md 5.3); the delayed ones are marked. */
type Field = "bid" | "ask" | "last" | "bidSize" | "askSize" | "lastSize";
const FIELDS: readonly (readonly [tickType: number, field: Field, delayed: boolean])[] = [
  [1, "bid", false],
  [2, "ask", false],
  [4, "last", false],
  [0, "bidSize", false],
  [3, "askSize", false],
  [5, "lastSize", false],
  [66, "bid", true],
  [67, "ask", true],
  [68, "last", true],
  [69, "bidSize", true],
  [70, "askSize", true],
  [71, "lastSize", true],
];
const FIELD_OF = new Map(FIELDS.map(([tickType, field, delayed]) => [tickType, { field, delayed }]));

/** A trade, and the quote as it stood when it came. */
export interface Trade extends Pick<Quote, "bid" | "ask" | "bidSize" | "askSize"> {
  readonly price: number;
  readonly size: number;
}

/** A quote being gathered: the newest of each field wins. */
export interface GatheredQuote {
  readonly symbol: string;
  bid: number | null;
  ask: number | null;
  last: number | null;
  bidSize: number | null;
  askSize: number | null;
  lastSize: number | null;
  /** What a share was worth on the stream before this one; null before the second. */
  formerWorth: number | null;
  delayed: boolean;
  /** Null while the broker has not said. */
  halted: boolean | null;
  /** Null while the broker has not said. */
  shortable: NonNullable<Quote["shortable"]> | null;
  receivedAtMonotonicMs: number;
  /** Messages of the gateway since it was last published. */
  ticks: number;
  /** The newest trade, until it is told; the one that stood when the stream began is none. */
  trade: Trade | null;
  /** Whether it waits to be published. */
  waits: boolean;
}

export const newQuote = (symbol: string): GatheredQuote => ({
  symbol,
  bid: null,
  ask: null,
  last: null,
  bidSize: null,
  askSize: null,
  lastSize: null,
  formerWorth: null,
  delayed: false,
  halted: null,
  shortable: null,
  receivedAtMonotonicMs: 0,
  ticks: 0,
  trade: null,
  waits: false,
});

/**
 * A stream begins anew, as after every reconnect: the market has gone on meanwhile, and the first tick of the new one
 * must not make the prices of the old one look young. What was said of halts and of shares to borrow holds.
 */
export function beginAnew(quote: GatheredQuote): void {
  quote.formerWorth = worthOf(quote);
  quote.bid = null;
  quote.ask = null;
  quote.last = null;
  quote.bidSize = null;
  quote.askSize = null;
  quote.lastSize = null;
  quote.receivedAtMonotonicMs = 0;
}

/** USD a share: the middle of the quote, else the last trade, else what it was worth on the stream before. */
export function worthOf({ bid, ask, last, formerWorth }: GatheredQuote): number | null {
  return bid !== null && ask !== null ? (bid + ask) / 2 : (last ?? formerWorth);
}

/** Takes one tick in; false for a type that is no part of a quote. A price of 0 or -1 means there is none. */
export function takeTick(quote: GatheredQuote, tickType: number, value: number, nowMs: number): boolean {
  if (tickType === HALTED) return takeWord(quote, "halted", value < 0 ? null : value > 0, nowMs);
  if (tickType === SHORTABLE) return takeWord(quote, "shortable", shortableOf(value), nowMs);
  const known = FIELD_OF.get(tickType);
  if (known === undefined || !Number.isFinite(value)) return false;
  const { field, delayed } = known;
  if (field === "bid" || field === "ask" || field === "last") quote[field] = value > 0 ? value : null;
  else quote[field] = value >= 0 ? value : null;
  quote.delayed = delayed;
  quote.receivedAtMonotonicMs = nowMs;
  return true;
}

/** 0: trading, 1: halted, 2: halted for volatility; -1: the exchange does not say. */
const HALTED = 49;

/** Above 2.5: at least 1,000 shares to lend; above 1.5: some may be found; below: none. */
const SHORTABLE = 46;

function shortableOf(value: number): NonNullable<Quote["shortable"]> | null {
  if (!Number.isFinite(value) || value < 0) return null;
  if (value > 2.5) return "available";
  return value > 1.5 ? "hard-to-borrow" : "unavailable";
}

/** What is said of a symbol beside its prices. */
function takeWord<Word extends "halted" | "shortable">(
  quote: GatheredQuote,
  word: Word,
  said: GatheredQuote[Word],
  nowMs: number,
): boolean {
  if (said === quote[word]) return false;
  quote[word] = said;
  // It says nothing of the prices, and makes none of them younger: only a quote without any begins its age with it.
  if (quote.receivedAtMonotonicMs === 0) quote.receivedAtMonotonicMs = nowMs;
  return true;
}

/**
 * Whether a tick tells of a trade: a last price, or a last size that is no part of a message before. The broker repeats
 * the size of a price in a message of its own (tws.md 5.3): the same size again is the same trade.
 */
export function isTrade({ last, lastSize }: GatheredQuote, tickType: number, value: number): boolean {
  if (tickType === 4 || tickType === 68) return value > 0;
  return isLastSize(tickType) && last !== null && value > 0 && value !== lastSize;
}

export const isLastSize = (tickType: number): boolean => tickType === 5 || tickType === 71;

/** The trade that was told last; null for none. */
export function tradeOf({ last, lastSize, bid, ask, bidSize, askSize }: GatheredQuote): Trade | null {
  return last === null ? null : { price: last, size: lastSize ?? 0, bid, ask, bidSize, askSize };
}

/**
 * The size that comes along with a price: the library makes two ticks of one message. -1 for a type that is no price.
 */
export function sizeTypeOf(tickType: number): number {
  switch (tickType) {
    case 1:
      return 0;
    case 2:
      return 3;
    case 4:
      return 5;
    case 66:
      return 69;
    case 67:
      return 70;
    case 68:
      return 71;
    default:
      return -1;
  }
}

/** What is published for everything gathered since the last time. */
export function publishable(quote: GatheredQuote): Quote {
  const { symbol, bid, ask, bidSize, askSize, last, lastSize, delayed, receivedAtMonotonicMs, ticks } = quote;
  const published: Quote = {
    symbol,
    bid,
    ask,
    bidSize,
    askSize,
    last,
    lastSize,
    delayed,
    receivedAtMonotonicMs,
    ticks,
  };
  if (quote.halted !== null) published.halted = quote.halted;
  if (quote.shortable !== null) published.shortable = quote.shortable;
  return published;
}
