import type { Quote } from "#libs/contracts/mod.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";
import {
  beginAnew,
  type GatheredQuote,
  isLastSize,
  isTrade,
  newQuote,
  publishable,
  sizeTypeOf,
  type Trade,
  takeTick,
  tradeOf,
  worthOf,
} from "./quotes.ts";
import { type Stream, Streams, type StreamsOptions } from "./streams.ts";

export interface FeedOptions extends Omit<StreamsOptions, "isHalted" | "onQuotesBegin"> {
  readonly onQuote: (quote: Quote) => void;
  /** Every trade, in order, with the quote as it stands before the next one, or at the end of the turn. */
  readonly onTrade: (quote: GatheredQuote, trade: Trade) => void;
  readonly onBar: (symbol: string, bar: FiveSecondBar) => void;
  /** The prices of a symbol are delayed from here on. */
  readonly onDelayed: (symbol: string) => void;
  /** Runs when the event loop has read what the socket had; one call for all ticks of a turn. */
  readonly afterThisTurn?: (run: () => void) => void;
}

/** The broker's notice that delayed data is shown in the place of live data. */
const DELAYED_SHOWN = 10_167;

/**
 * What comes on the streams of market data: ticks are gathered into one quote a symbol and turn of the event loop (the
 * newest wins, so a burst costs one message), trades are told one by one, bars are handed on.
 */
export class Feed {
  readonly streams: Streams;
  readonly #options: FeedOptions;
  readonly #quotes = new Map<string, GatheredQuote>();
  #dirty: GatheredQuote[] = [];
  /** The size that belongs to the price before it, and is no message of its own. */
  #pricedRequest = -1;
  #pricedSizeType = -1;
  #ticks = 0;
  #published = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.streams = new Streams({
      ...options,
      isHalted: (symbol) => this.#quotes.get(symbol)?.halted === true,
      onQuotesBegin: (symbol) => {
        const quote = this.#quotes.get(symbol);
        if (quote === undefined) return;
        this.#tellTrade(quote);
        beginAnew(quote);
      },
    });
  }

  /** Counts since the start: tick messages read, quotes published. */
  get counts(): { readonly ticks: number; readonly quotes: number } {
    return { ticks: this.#ticks, quotes: this.#published };
  }

  /** The newest quote of a symbol with its age in milliseconds. */
  quote(symbol: string): { readonly quote: GatheredQuote; readonly ageMs: number } | undefined {
    const quote = this.#quotes.get(symbol);
    if (quote === undefined || quote.receivedAtMonotonicMs === 0) return undefined;
    return { quote, ageMs: this.#options.nowMs() - quote.receivedAtMonotonicMs };
  }

  /** What a share is worth, USD, also while its quote begins anew; null when no price was ever known. */
  worth(symbol: string): number | null {
    const quote = this.#quotes.get(symbol);
    return quote === undefined ? null : worthOf(quote);
  }

  tick(requestId: number, tickType: number, value: number): void {
    const stream = this.streams.get(requestId);
    if (stream === undefined) return;
    const quote = this.#quoteOf(stream);
    const now = this.#options.nowMs();
    this.streams.heard(stream, now);
    const wasDelayed = quote.delayed;
    const cameWithPrice = requestId === this.#pricedRequest && tickType === this.#pricedSizeType;
    const trades = !cameWithPrice && isTrade(quote, tickType, value);
    if (trades) this.#tellTrade(quote);
    if (!takeTick(quote, tickType, value, now)) return;
    if (quote.delayed && !wasDelayed) this.#options.onDelayed(stream.symbol);
    if (!cameWithPrice) {
      quote.ticks += 1;
      this.#ticks += 1;
    }
    if (trades) {
      // The first one tells where the market stands, and is no trade that happened now.
      quote.trade = stream.hasLast ? tradeOf(quote) : null;
      stream.hasLast = true;
    } else if (cameWithPrice && isLastSize(tickType) && quote.trade !== null) {
      quote.trade = { ...quote.trade, size: quote.lastSize ?? 0 };
    }
    this.#pricedRequest = requestId;
    this.#pricedSizeType = sizeTypeOf(tickType);
    if (quote.waits) return;
    quote.waits = true;
    this.#dirty.push(quote);
    if (this.#dirty.length === 1) (this.#options.afterThisTurn ?? setImmediate)(() => this.#publish());
  }

  /** Tells what traded in a symbol up to now: who comes after it has no part in it. */
  tellTrades(symbol: string): void {
    const quote = this.#quotes.get(symbol);
    if (quote !== undefined) this.#tellTrade(quote);
  }

  bar(requestId: number, bar: FiveSecondBar): void {
    const stream = this.streams.get(requestId);
    if (stream === undefined) return;
    this.streams.heard(stream, this.#options.nowMs());
    this.#options.onBar(stream.symbol, bar);
  }

  marketDataType(requestId: number, type: number): void {
    const stream = this.streams.get(requestId);
    // 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. It comes before the first tick.
    if (stream !== undefined) this.#setDelayed(stream, type >= 3);
  }

  /** @returns whether the request was one of ours. */
  requestError(requestId: number, code: number, text: string): boolean {
    const stream = this.streams.get(requestId);
    if (stream !== undefined && code === DELAYED_SHOWN) this.#setDelayed(stream, true);
    return this.streams.requestError(requestId, code, text);
  }

  #quoteOf({ symbol }: Stream): GatheredQuote {
    const known = this.#quotes.get(symbol);
    if (known !== undefined) return known;
    const quote = newQuote(symbol);
    this.#quotes.set(symbol, quote);
    return quote;
  }

  #setDelayed(stream: Stream, delayed: boolean): void {
    const quote = this.#quoteOf(stream);
    if (delayed && !quote.delayed) this.#options.onDelayed(stream.symbol);
    quote.delayed = delayed;
  }

  #publish(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const quote of dirty) {
      this.#tellTrade(quote);
      const publication = publishable(quote);
      quote.ticks = 0;
      quote.waits = false;
      // Its stream began anew before this turn ended.
      if (quote.receivedAtMonotonicMs === 0) continue;
      this.#published += 1;
      this.#options.onQuote(publication);
    }
  }

  #tellTrade(quote: GatheredQuote): void {
    const { trade } = quote;
    if (trade === null) return;
    quote.trade = null;
    this.#options.onTrade(quote, trade);
  }
}
