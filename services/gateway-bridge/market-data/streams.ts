import type { MarketPhase } from "#libs/time/mod.ts";
import { DEAD_STREAM_CODES, REPEAT_STREAM_CODES } from "../gateway/codes.ts";
import { linesFor, type Need } from "./needs.ts";
import { findQuiet } from "./quiet.ts";

/** The part of a connection that carries market data. */
export interface DataChannel {
  subscribeQuotes(requestId: number, symbol: string): void;
  cancelQuotes(requestId: number): void;
  subscribeBars(requestId: number, symbol: string): void;
  cancelBars(requestId: number): void;
}

export type StreamKind = "quotes" | "bars";

export interface Stream {
  readonly symbol: string;
  readonly kind: StreamKind;
  /** When it was heard, or asked for if it never was. */
  heardAtMs: number;
  /** Whether anything came on it. */
  hasData: boolean;
  /** Whether a last price came on it. */
  hasLast: boolean;
}

/** What becomes of the streams, for the operator. */
export type StreamNews =
  | {
      readonly type: "refused";
      readonly symbol: string;
      readonly kind: StreamKind;
      readonly code: number;
      readonly text: string;
    }
  /** Another session of this login took the market data (10197); `over`: data comes again. */
  | { readonly type: "competing"; readonly text: string }
  | { readonly type: "competing-over" }
  | { readonly type: "quiet"; readonly symbol: string }
  | { readonly type: "all-quiet"; readonly forMs: number }
  | { readonly type: "heard-again" }
  /** Bars wait because the broker allows only so many new ones in ten minutes. */
  | { readonly type: "bars-paced"; readonly symbols: readonly string[]; readonly waitMs: number };

export interface StreamsOptions {
  /** Machine's monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly nextRequestId: () => number;
  /** A stream that is silent for so long in market hours is quiet. */
  readonly quietMs: number;
  /** The broker's pace for new bar streams. */
  readonly pacing: { maySubscribeBars(nowMs: number): number; subscribedBars(nowMs: number): void };
  readonly isHalted: (symbol: string) => boolean;
  /** A symbol's quotes begin anew: those of the stream before are of the past. */
  readonly onQuotesBegin: (symbol: string) => void;
  /** A symbol's bars begin anew, or end: what comes next may have a gap before it. */
  readonly onBarsCut: (symbol: string) => void;
  readonly onNews: (news: StreamNews) => void;
}

/** After a data farm came back, a stream that is not heard within this is asked for again. */
const VERIFY_MS = 10_000;
/** Some refusals pass: they are asked about again, without another alert. */
const REFUSED_RETRY_MS = 300_000;
const COMPETING_SESSION = 10_197;
/** The other session may end at any moment. */
const COMPETING_RETRY_MS = 60_000;

/**
 * The streams of market data by need: what is needed is subscribed to, under new request ids after every reconnect;
 * what is refused is asked for again later; what goes quiet is asked for again alone.
 */
export class Streams {
  readonly #options: StreamsOptions;
  #channel: DataChannel | null = null;
  #needs: readonly Need[] = [];
  #beyond: readonly string[] = [];
  readonly #streams = new Map<number, Stream>();
  /** Streams that the broker refused, and when to ask again; told once until they have data. */
  readonly #refused = new Map<string, { readonly retryAtMs: number; readonly code: number }>();
  /** When a stream was asked for anew because it was quiet, until it is heard. */
  readonly #againAtMs = new Map<string, number>();
  readonly #toldQuiet = new Set<string>();
  #toldAllQuiet = false;
  #toldPaced = false;
  #competing = false;
  #verifyAtMs: number | null = null;
  #phase: MarketPhase = "closed";

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  get(requestId: number): Stream | undefined {
    return this.#streams.get(requestId);
  }

  /** Lines in use. */
  get lines(): number {
    return this.#streams.size;
  }

  /** Symbols that the broker's lines do not suffice for. */
  get beyond(): readonly string[] {
    return this.#beyond;
  }

  /** What is needed now, most important first. Called often: what was refused or had to wait is asked for when due. */
  want(needs: readonly Need[]): void {
    this.#needs = needs;
    this.#align();
  }

  /** A session is ready; its streams begin anew. */
  attach(channel: DataChannel): void {
    this.detach();
    this.#channel = channel;
    this.#align();
  }

  detach(): void {
    this.#channel = null;
    for (const { kind, symbol } of this.#streams.values()) if (kind === "bars") this.#options.onBarsCut(symbol);
    this.#streams.clear();
    this.#refused.clear();
    this.#againAtMs.clear();
    this.#competing = false;
    this.#verifyAtMs = null;
  }

  /** A data farm came back: asks again for streams that have been silent, and soon for those that still are. */
  verify(): void {
    const now = this.#options.nowMs();
    this.#againWhere((stream) => this.#shouldSpeak(stream) && now - stream.heardAtMs > VERIFY_MS);
    this.#verifyAtMs = now + VERIFY_MS;
  }

  /** Looks for streams that died without a word. @param phase `closed` also while the market's clock stands still */
  watch(phase: MarketPhase): void {
    this.#phase = phase;
    const now = this.#options.nowMs();
    if (this.#channel === null) return;
    if (this.#verifyAtMs !== null && now >= this.#verifyAtMs) {
      const sinceMs = this.#verifyAtMs - VERIFY_MS;
      this.#verifyAtMs = null;
      this.#againWhere((stream) => this.#shouldSpeak(stream) && stream.heardAtMs < sinceMs);
    }
    if (phase !== "open") return;
    const ages = [...this.#streams.values()].map((stream) => ({
      key: keyOf(stream),
      symbol: stream.symbol,
      silentMs: now - stream.heardAtMs,
      sinceAgainMs: this.#sinceAgain(stream, now),
      halted: this.#options.isHalted(stream.symbol),
    }));
    const { again, stillQuiet, allQuiet } = findQuiet(ages, this.#options.quietMs);
    this.#tellQuiet(stillQuiet, allQuiet);
    const keys = new Set(again);
    for (const key of keys) this.#againAtMs.set(key, now);
    this.#againWhere((stream) => keys.has(keyOf(stream)));
  }

  /** Something came on a stream. */
  heard(stream: Stream, nowMs: number): void {
    stream.heardAtMs = nowMs;
    if (stream.hasData) return;
    stream.hasData = true;
    const key = keyOf(stream);
    this.#refused.delete(key);
    this.#againAtMs.delete(key);
    this.#toldQuiet.delete(stream.symbol);
    if (this.#toldAllQuiet) {
      this.#toldAllQuiet = false;
      this.#options.onNews({ type: "heard-again" });
    }
    if (!this.#competing) return;
    this.#competing = false;
    for (const [refused, { code }] of this.#refused) if (code === COMPETING_SESSION) this.#refused.delete(refused);
    this.#options.onNews({ type: "competing-over" });
  }

  /** @returns whether the request was one of ours. */
  requestError(requestId: number, code: number, text: string): boolean {
    const stream = this.#streams.get(requestId);
    if (stream === undefined) return false;
    if (REPEAT_STREAM_CODES.has(code)) this.#again(requestId, stream);
    else if (DEAD_STREAM_CODES.has(code)) this.#onRefused(requestId, stream, code, text);
    return true;
  }

  #onRefused(requestId: number, stream: Stream, code: number, text: string): void {
    const { nowMs, onNews, onBarsCut } = this.#options;
    this.#streams.delete(requestId);
    if (stream.kind === "bars") onBarsCut(stream.symbol);
    const key = keyOf(stream);
    const wasTold = this.#refused.has(key);
    if (code === COMPETING_SESSION) {
      this.#refused.set(key, { retryAtMs: nowMs() + COMPETING_RETRY_MS, code });
      if (!this.#competing) onNews({ type: "competing", text });
      this.#competing = true;
      return;
    }
    this.#refused.set(key, { retryAtMs: nowMs() + REFUSED_RETRY_MS, code });
    if (!wasTold) onNews({ type: "refused", symbol: stream.symbol, kind: stream.kind, code, text });
  }

  /** Bars are silent by night, when the farms come and go; asking for them then would use up the pace of the day. */
  #shouldSpeak = ({ kind }: Stream): boolean => kind === "quotes" || this.#phase !== "closed";

  #sinceAgain(stream: Stream, now: number): number | null {
    const atMs = this.#againAtMs.get(keyOf(stream));
    return atMs === undefined ? null : now - atMs;
  }

  #tellQuiet(stillQuiet: readonly string[], allQuiet: boolean): void {
    const { onNews, quietMs } = this.#options;
    if (allQuiet) {
      if (!this.#toldAllQuiet) onNews({ type: "all-quiet", forMs: quietMs });
      this.#toldAllQuiet = true;
      return;
    }
    for (const symbol of stillQuiet) {
      if (!this.#toldQuiet.has(symbol)) onNews({ type: "quiet", symbol });
      this.#toldQuiet.add(symbol);
    }
  }

  /** Brings the streams in line with what is needed and allowed. */
  #align(): void {
    const { quotes, bars, beyond } = linesFor(this.#needs);
    this.#beyond = beyond;
    if (this.#channel === null) return;
    const wanted = new Map<string, readonly [string, StreamKind]>();
    for (const symbol of quotes) wanted.set(`quotes ${symbol}`, [symbol, "quotes"]);
    for (const symbol of bars) wanted.set(`bars ${symbol}`, [symbol, "bars"]);
    for (const [requestId, stream] of [...this.#streams]) {
      if (!wanted.delete(keyOf(stream))) this.#cancel(requestId, stream);
    }
    const now = this.#options.nowMs();
    const waiting: string[] = [];
    let waitMs = 0;
    for (const [key, [symbol, kind]] of wanted) {
      if (now < (this.#refused.get(key)?.retryAtMs ?? 0)) continue;
      if (kind === "bars") {
        // While another session has the data, quotes alone are tried: each new bar stream counts for the pace.
        if (this.#competing) continue;
        const paceMs = this.#options.pacing.maySubscribeBars(now);
        if (paceMs > 0) {
          waiting.push(symbol);
          waitMs = paceMs;
          continue;
        }
      }
      this.#subscribe(symbol, kind);
    }
    if (waiting.length > 0 && !this.#toldPaced) this.#options.onNews({ type: "bars-paced", symbols: waiting, waitMs });
    this.#toldPaced = waiting.length > 0;
  }

  #subscribe(symbol: string, kind: StreamKind): void {
    const { nextRequestId, nowMs, pacing, onQuotesBegin, onBarsCut } = this.#options;
    const requestId = nextRequestId();
    this.#streams.set(requestId, { symbol, kind, heardAtMs: nowMs(), hasData: false, hasLast: false });
    if (kind === "quotes") {
      onQuotesBegin(symbol);
      this.#channel?.subscribeQuotes(requestId, symbol);
      return;
    }
    pacing.subscribedBars(nowMs());
    onBarsCut(symbol);
    this.#channel?.subscribeBars(requestId, symbol);
  }

  #cancel(requestId: number, stream: Stream): void {
    this.#streams.delete(requestId);
    if (stream.kind === "quotes") this.#channel?.cancelQuotes(requestId);
    else {
      this.#channel?.cancelBars(requestId);
      this.#options.onBarsCut(stream.symbol);
    }
  }

  /** Ends a stream and asks for it anew as soon as the pace allows. */
  #again(requestId: number, stream: Stream): void {
    this.#cancel(requestId, stream);
    this.#align();
  }

  #againWhere(condition: (stream: Stream) => boolean): void {
    const again = [...this.#streams].filter(([, stream]) => condition(stream));
    if (again.length === 0) return;
    for (const [requestId, stream] of again) this.#cancel(requestId, stream);
    this.#align();
  }
}

const keyOf = ({ symbol, kind }: Stream): string => `${kind} ${symbol}`;
