import type { Quote } from "#libs/contracts/mod.ts";
import type { GatheredQuote, Trade } from "../market-data/quotes.ts";
import type { EngineQuote } from "./matching.ts";

/** What a published quote and the one that is being gathered have in common. */
type Shown = Pick<Quote, "symbol" | "bid" | "ask" | "bidSize" | "askSize" | "last" | "delayed"> & {
  readonly halted?: boolean | null | undefined;
};

export function lookAtQuote({ symbol, bid, ask, bidSize, askSize, last, halted, delayed }: Shown): EngineQuote {
  return { symbol, bid, ask, bidSize, askSize, last, halted: halted === true, delayed, trade: null };
}

/**
 * A trade as orders meet it. Bid, ask and trade come in messages of their own, in no certain order: of the quote when
 * the trade came and the quote before the next one the worse side counts, so that a stop gets no price from before the
 * fall that triggered it.
 *
 * @param quote as it is before the next trade, or at the end of the turn
 */
export function lookAtTrade(quote: GatheredQuote, trade: Trade): EngineQuote {
  const { price, size } = trade;
  const bid = isBelow(trade.bid, quote.bid) ? trade : quote;
  const ask = isBelow(quote.ask, trade.ask) ? trade : quote;
  const sides = { bid: bid.bid, bidSize: bid.bidSize, ask: ask.ask, askSize: ask.askSize };
  return { ...lookAtQuote(quote), ...sides, last: price, trade: { price, size } };
}

const isBelow = (one: number | null, other: number | null): boolean => one !== null && other !== null && one < other;
