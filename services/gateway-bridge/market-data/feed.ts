import { type Bar, type Quote, symbolSchema } from "#libs/contracts/mod.ts";
import { DEAD_STREAM_CODES, REPEAT_STREAM_CODES } from "../gateway/codes.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";
import { BarBuilder } from "./bars.ts";
import { type GatheredQuote, isLastPrice, isLastSize, newQuote, publishable, sizeTypeOf, takeTick } from "./quotes.ts";

/** The part of a connection that carries market data. */
export interface DataChannel {
  subscribeQuotes(requestId: number, symbol: string): void;
  cancelQuotes(requestId: number): void;
  subscribeBars(requestId: number, symbol: string): void;
  cancelBars(requestId: number): void;
}

export interface FeedOptions {
  readonly nowMs: () => number;
  readonly onQuote: (quote: Quote, traded: boolean) => void;
  readonly onBar: (bar: Bar) => void;
  /** The broker gives no data for a symbol. */
  readonly onRefused: (symbol: string, code: number, text: string) => void;
  /** Runs when the event loop has read what the socket had; one call for all ticks of a turn. */
  readonly afterThisTurn?: (run: () => void) => void;
  readonly nextRequestId: () => number;
}

/** The broker's limit on streams: 100 lines; quotes and bars of a symbol take one each (tws.md 6.3). */
const LINES_MAX = 100;
/** A stream silent for this long is asked for again when the gateway says that a data farm came back. */
const QUIET_MS = 10_000;
/** Some refusals pass (10197: another session took the data): they are asked about again, without another alert. */
const REFUSED_RETRY_MS = 300_000;

interface Stream {
  readonly symbol: string;
  readonly kind: "quotes" | "bars";
  lastHeardMs: number;
  /** Whether a last price came on this stream. */
  hasLast: boolean;
}

/**
 * Market data by need: subscribes to what is wanted, under new request ids after every reconnect, gathers ticks into
 * one quote a symbol and turn of the event loop (the newest wins, so a burst costs one message), and builds bars.
 */
export class Feed {
  readonly #options: FeedOptions;
  #channel: DataChannel | null = null;
  #wanted: ReadonlySet<string> = new Set();
  readonly #streams = new Map<number, Stream>();
  readonly #quotes = new Map<string, GatheredQuote>();
  readonly #bars = new Map<string, BarBuilder>();
  /** Symbols that the broker gave no data for, and when to ask again. */
  readonly #refused = new Map<string, number>();
  /** Symbols of which the operator was told so, until data comes again. */
  readonly #toldRefused = new Set<string>();
  #dirty: GatheredQuote[] = [];
  /** The size that belongs to the price before it, and is no message of its own. */
  #pricedRequest = -1;
  #pricedSizeType = -1;
  #ticks = 0;
  #published = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Counts since the start: tick messages read, quotes published. */
  get counts(): { readonly ticks: number; readonly quotes: number } {
    return { ticks: this.#ticks, quotes: this.#published };
  }

  /** Symbols wanted beyond what the broker's lines allow; they get no data. */
  get beyondLimit(): number {
    return Math.max(0, this.#wanted.size * 2 - LINES_MAX);
  }

  /** The newest quote of a symbol with its age in milliseconds. */
  quote(symbol: string): { readonly quote: GatheredQuote; readonly ageMs: number } | undefined {
    const quote = this.#quotes.get(symbol);
    if (quote === undefined || quote.receivedAtMonotonicMs === 0) return undefined;
    return { quote, ageMs: this.#options.nowMs() - quote.receivedAtMonotonicMs };
  }

  /** What is needed now. */
  want(symbols: ReadonlySet<string>): void {
    this.#wanted = new Set([...symbols].filter((symbol) => symbolSchema.safeParse(symbol).success));
    this.#align();
  }

  /** A session is ready; its streams begin anew. */
  attach(channel: DataChannel): void {
    this.#channel = channel;
    this.#streams.clear();
    this.#refused.clear();
    this.#toldRefused.clear();
    this.#align();
  }

  detach(): void {
    this.#channel = null;
    this.#streams.clear();
  }

  /** Asks again for streams that have been silent for long; the others go on undisturbed. */
  verify(): void {
    const now = this.#options.nowMs();
    for (const [requestId, stream] of [...this.#streams]) {
      if (now - stream.lastHeardMs > QUIET_MS) this.#again(requestId, stream);
    }
  }

  tick(requestId: number, tickType: number, value: number): void {
    const stream = this.#streams.get(requestId);
    if (stream === undefined) return;
    let quote = this.#quotes.get(stream.symbol);
    if (quote === undefined) {
      quote = newQuote(stream.symbol);
      this.#quotes.set(stream.symbol, quote);
    }
    const now = this.#options.nowMs();
    stream.lastHeardMs = now;
    if (this.#toldRefused.size > 0) this.#toldRefused.delete(stream.symbol);
    if (!takeTick(quote, tickType, value, now)) return;
    const cameWithPrice = requestId === this.#pricedRequest && tickType === this.#pricedSizeType;
    if (!cameWithPrice) {
      quote.ticks += 1;
      this.#ticks += 1;
      if (isLastPrice(tickType) || isLastSize(tickType)) {
        // The first one tells where the market stands, and is no trade that happened now.
        quote.traded ||= stream.hasLast;
        stream.hasLast = true;
      }
    }
    this.#pricedRequest = requestId;
    this.#pricedSizeType = sizeTypeOf(tickType);
    if (quote.waits) return;
    quote.waits = true;
    this.#dirty.push(quote);
    if (this.#dirty.length === 1) (this.#options.afterThisTurn ?? setImmediate)(() => this.#publish());
  }

  bar(requestId: number, bar: FiveSecondBar): void {
    const stream = this.#streams.get(requestId);
    if (stream === undefined) return;
    stream.lastHeardMs = this.#options.nowMs();
    let builder = this.#bars.get(stream.symbol);
    if (builder === undefined) {
      builder = new BarBuilder(stream.symbol);
      this.#bars.set(stream.symbol, builder);
    }
    for (const complete of builder.push(bar)) this.#options.onBar(complete);
  }

  marketDataType(requestId: number, type: number): void {
    const stream = this.#streams.get(requestId);
    const quote = stream === undefined ? undefined : this.#quotes.get(stream.symbol);
    // 1 live, 2 frozen, 3 delayed, 4 delayed and frozen.
    if (quote !== undefined) quote.delayed = type >= 3;
  }

  /** @returns whether the request was one of ours. */
  requestError(requestId: number, code: number, text: string): boolean {
    const stream = this.#streams.get(requestId);
    if (stream === undefined) return false;
    if (REPEAT_STREAM_CODES.has(code)) this.#again(requestId, stream);
    else if (DEAD_STREAM_CODES.has(code)) {
      this.#streams.delete(requestId);
      if (!this.#toldRefused.has(stream.symbol)) this.#options.onRefused(stream.symbol, code, text);
      this.#toldRefused.add(stream.symbol);
      this.#refused.set(stream.symbol, this.#options.nowMs() + REFUSED_RETRY_MS);
    }
    return true;
  }

  #publish(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const quote of dirty) {
      const { traded } = quote;
      const publication = publishable(quote);
      quote.ticks = 0;
      quote.traded = false;
      quote.waits = false;
      this.#published += 1;
      this.#options.onQuote(publication, traded);
    }
  }

  /** Brings the streams in line with what is wanted. */
  #align(): void {
    if (this.#channel === null) return;
    for (const [requestId, stream] of [...this.#streams]) {
      if (!this.#wanted.has(stream.symbol)) this.#cancel(requestId, stream);
    }
    const running = new Set([...this.#streams.values()].map(({ symbol, kind }) => `${kind} ${symbol}`));
    const now = this.#options.nowMs();
    for (const symbol of this.#wanted) {
      for (const kind of ["quotes", "bars"] as const) {
        if (this.#streams.size >= LINES_MAX) return;
        if (!running.has(`${kind} ${symbol}`) && now >= (this.#refused.get(symbol) ?? 0)) this.#subscribe(symbol, kind);
      }
    }
  }

  #subscribe(symbol: string, kind: Stream["kind"]): void {
    const requestId = this.#options.nextRequestId();
    this.#streams.set(requestId, { symbol, kind, lastHeardMs: this.#options.nowMs(), hasLast: false });
    if (kind === "quotes") this.#channel?.subscribeQuotes(requestId, symbol);
    else this.#channel?.subscribeBars(requestId, symbol);
  }

  #cancel(requestId: number, stream: Stream): void {
    this.#streams.delete(requestId);
    if (stream.kind === "quotes") this.#channel?.cancelQuotes(requestId);
    else this.#channel?.cancelBars(requestId);
  }

  #again(requestId: number, stream: Stream): void {
    this.#cancel(requestId, stream);
    this.#subscribe(stream.symbol, stream.kind);
  }
}
