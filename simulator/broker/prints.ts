import type { Quote } from "../market/tape.ts";

/** A price as it was told, and the shares that stood or traded at it. */
export interface Print {
  readonly price: number;
  readonly size: number;
}

/** The newest trade, bid and ask, and of each the one before it. */
export interface Prints {
  readonly last: Print;
  readonly bid: Print;
  readonly ask: Print;
  readonly lastBefore: Print | undefined;
  readonly bidBefore: Print | undefined;
  readonly askBefore: Print | undefined;
}

/** What is known after a quote. Without a trade in it (size 0) the last one stands; so do a bid or ask that are the same. */
export function printsAfter(before: Prints | undefined, quote: Quote): Prints {
  const last = { price: quote.last, size: quote.lastSize };
  const bid = { price: quote.bid, size: quote.bidSize };
  const ask = { price: quote.ask, size: quote.askSize };
  if (before === undefined) {
    return { last, bid, ask, lastBefore: undefined, bidBefore: undefined, askBefore: undefined };
  }
  const trade = quote.lastSize > 0 ? { last, lastBefore: before.last } : before;
  const bids = isSame(before.bid, bid) ? before : { bid, bidBefore: before.bid };
  const asks = isSame(before.ask, ask) ? before : { ask, askBefore: before.ask };
  return {
    last: trade.last,
    lastBefore: trade.lastBefore,
    bid: bids.bid,
    bidBefore: bids.bidBefore,
    ask: asks.ask,
    askBefore: asks.askBefore,
  };
}

const isSame = (one: Print, other: Print): boolean => one.price === other.price && one.size === other.size;
