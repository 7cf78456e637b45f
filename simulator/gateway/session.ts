import type { Socket } from "node:net";
import type { BarSeries } from "../market/bars.ts";
import type { BarSize } from "../market/history.ts";
import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/tape.ts";
import { encodeFrame, type Field } from "../protocol/frame.ts";
import { responseIds, responseName } from "../protocol/messages.ts";
import type { RequestOf } from "../protocol/requests.ts";
import type { TickByTickType } from "../protocol/tick-messages.ts";
import type { Faults } from "./faults.ts";
import { Wire } from "./wire.ts";

/**
 * How a subscription gets its ticks. "frozen": what stood at the close, until the market opens. "waiting": nothing,
 * until the account's access to data changes.
 */
export type Delivery = "live" | "frozen" | "delayed" | "waiting";

/** A stream of quotes to one client. The `sent` part is what it has been told, so that only changes are sent. */
export interface QuoteSubscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  delivery: Delivery;
  sent: SentQuote | undefined;
  /** Its first prices are still being made; until they are told nothing else is. */
  isAwaited: boolean;
}

export interface SentQuote {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  readonly high: number;
  readonly low: number;
  readonly volume: number;
}

export interface BarSubscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  readonly series: BarSeries;
  readonly regularHoursOnly: boolean;
}

/** A historical request that is kept up to date. */
export interface HistorySubscription extends BarSubscription {
  readonly size: BarSize;
  readonly formatDate: number;
}

/** A stream of single ticks. `sent` is the last quote told, so that only changes are sent. */
export interface TickByTickSubscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  readonly type: TickByTickType;
  readonly ignoreSize: boolean;
  sent: Quote | undefined;
}

/** A book of one contract; `sent` are its rows as the client knows them, per side. */
export interface DepthSubscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  readonly exchange: string;
  readonly rows: number;
  readonly isSmartDepth: boolean;
  sent: { readonly bids: readonly DepthRow[]; readonly asks: readonly DepthRow[] };
}

export interface DepthRow {
  readonly price: number;
  readonly size: number;
}

/** Headlines about one contract, by generic tick 292. */
export interface NewsSubscription {
  readonly reqId: number;
  readonly instrument: Instrument;
}

/** Anything that flows by itself once it is asked for. */
export type Subscription = QuoteSubscription | BarSubscription | TickByTickSubscription | DepthSubscription;

/** The streams of market data a client may have. */
export const streamKinds = ["quotes", "bars", "history"] as const;
export type StreamKind = (typeof streamKinds)[number];

/** Unsent bytes at which a client that does not read is cut off: memory must not grow with its laziness. */
const unsentBytesMax = 64 * 1024 * 1024;

/** One connection that has said hello. The scope of every subscription is the connection, as at the real gateway. */
export class Session {
  readonly number: number;
  readonly serverVersion: number;
  /** Undefined until START_API was accepted. */
  clientId: number | undefined;
  lastCurrentTimeRequestMs = Number.NEGATIVE_INFINITY;
  readonly quotes = new Map<number, QuoteSubscription>();
  readonly bars = new Map<number, BarSubscription>();
  readonly histories = new Map<number, HistorySubscription>();
  /** Questions for bars that are not answered yet, by request; each is itself, also where an id is used again. */
  readonly awaitedHistories = new Map<number, symbol>();
  readonly accountSummaries = new Map<number, readonly string[]>();
  readonly profits = new Map<number, { readonly conId: number | undefined }>();
  /** Subscriptions that have died without a word (the action "quiet-streams"); a new one lives. */
  readonly #quiet = new WeakSet<Subscription>();
  /** Farms it has heard of when they connect on demand. */
  readonly farms = new Set<string>();
  /** Model code by request. */
  readonly positionsMulti = new Map<number, string>();
  readonly accountUpdatesMulti = new Map<number, { readonly modelCode: string; readonly ledgerOnly: boolean }>();
  readonly ticksByTick = new Map<number, TickByTickSubscription>();
  readonly depths = new Map<number, DepthSubscription>();
  readonly news = new Map<number, NewsSubscription>();
  readonly scanners = new Map<number, RequestOf<"REQ_SCANNER_SUBSCRIPTION">>();
  /** Head timestamps and histograms that were answered: clients cancel them afterwards, and that is no mistake. */
  readonly answeredQueries = new Set<number>();
  /** What a display group shows, by request. */
  readonly displayGroups = new Map<number, string>();
  /** As the client asked for it last: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. */
  marketDataType = 1;
  wantsPositions = false;
  wantsAccountUpdates = false;
  /** Client 0 alone can ask for it: orders placed by hand get an id of its own. */
  bindsManualOrders = false;
  /** Whether it was told its next valid id. */
  hasNextValidId = false;

  readonly #socket: Socket;
  readonly #wire: Wire;
  readonly #record: (session: Session, fields: readonly Field[]) => void;
  readonly #faults: () => Faults;
  readonly #onSent: (fields: readonly Field[]) => void;
  readonly #onCut: () => void;
  #outbox: string[] = [];
  #isFlushScheduled = false;

  constructor(options: {
    readonly number: number;
    readonly serverVersion: number;
    readonly socket: Socket;
    readonly record: (session: Session, fields: readonly Field[]) => void;
    readonly faults: () => Faults;
    readonly later: (delayMs: number, run: () => void) => void;
    /** Told of each message once it is on its way. */
    readonly onSent: (fields: readonly Field[]) => void;
    /** Told when the fault `resetDuring` has cut this connection. */
    readonly onCut: () => void;
  }) {
    this.number = options.number;
    this.serverVersion = options.serverVersion;
    this.#socket = options.socket;
    this.#wire = new Wire(options.socket, () => options.faults().writes, options.later);
    this.#record = options.record;
    this.#faults = options.faults;
    this.#onSent = options.onSent;
    this.#onCut = options.onCut;
  }

  /** Whether a subscription still gets what happens. */
  isQuiet(subscription: Subscription): boolean {
    return this.#quiet.has(subscription);
  }

  /** Lets the subscriptions of this moment die without a word: all, or those chosen. */
  quietStreams(choose: (kind: StreamKind, symbol: string) => boolean = () => true): void {
    const kinds = { quotes: this.quotes, bars: this.bars, history: this.histories };
    for (const kind of streamKinds) {
      for (const subscription of kinds[kind].values()) {
        if (choose(kind, subscription.instrument.symbol)) this.#quiet.add(subscription);
      }
    }
  }

  /** Forgets every market data subscription, as a gateway does that comes back with "data lost" (1101). */
  loseStreams(): void {
    const streams = [this.quotes, this.bars, this.histories, this.ticksByTick, this.depths, this.news];
    for (const lost of streams) lost.clear();
  }

  get isReady(): boolean {
    return this.clientId !== undefined && !this.#socket.destroyed;
  }

  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  /** Queues a message; everything queued in one turn of the event loop goes out in one write. */
  send(fields: readonly Field[]): void {
    if (this.#isSilent()) return;
    const { mangle, resetDuring } = this.#faults();
    const sent = mangle === null ? fields : mangled(fields, mangle);
    this.#record(this, sent);
    if (resetDuring !== null && resetDuring === nameOf(fields)) this.#cutDuring(encodeFrame(sent));
    else this.sendEncoded(encodeFrame(sent));
    this.#onSent(fields);
  }

  /** Queues frames that are encoded already and need no record. */
  sendEncoded(frames: string): void {
    if (this.#isSilent()) return;
    this.#outbox.push(frames);
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Writes what is queued now, without waiting for the end of the turn. */
  flush(): void {
    this.#isFlushScheduled = false;
    if (this.#outbox.length === 0) return;
    const bytes = this.#outbox.join("");
    this.#outbox = [];
    if (this.#socket.destroyed) return;
    this.#wire.write(bytes);
    if (this.#wire.unsentBytes > unsentBytesMax) this.#socket.destroy();
  }

  /** Cuts the connection; what is queued and not yet written is lost. */
  drop(): void {
    this.#outbox = [];
    this.#socket.destroy();
  }

  /** Cuts the connection with a reset, after half a frame if that is asked for. What was queued goes out before. */
  reset(midFrame: boolean): void {
    this.flush();
    this.#wire.resetAfter(midFrame ? firstHalf(encodeFrame([responseIds.CURRENT_TIME, 1, 0])) : "");
  }

  /** Says goodbye: writes what is queued, then closes. */
  close(): void {
    this.flush();
    this.#wire.end();
  }

  /** Nothing leaves a closed connection, nor one that is mute (the fault "mute-after-ready"). */
  #isSilent(): boolean {
    return this.#socket.destroyed || (this.isReady && this.#faults().connection === "mute-after-ready");
  }

  #cutDuring(frame: string): void {
    this.flush();
    this.#wire.resetAfter(firstHalf(frame));
    this.#onCut();
  }
}

function mangled(fields: readonly Field[], mangle: NonNullable<Faults["mangle"]>): readonly Field[] {
  if (mangle.message !== "all" && mangle.message !== nameOf(fields)) return fields;
  return mangle.how === "extra-field" ? [...fields, "surplus"] : fields.slice(0, -1);
}

function nameOf(fields: readonly Field[]) {
  return responseName(Number(fields[0]));
}

function firstHalf(frame: string): string {
  return frame.slice(0, Math.ceil(frame.length / 2));
}
