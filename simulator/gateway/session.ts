import type { Socket } from "node:net";
import type { BarSeries } from "../market/bars.ts";
import type { Instrument } from "../market/catalogue.ts";
import type { BarSize } from "../market/history.ts";
import { encodeFrame, type Field } from "../protocol/frame.ts";

/** A stream of quotes to one client. The `sent` part is what it has been told, so that only changes are sent. */
export interface QuoteSubscription {
  readonly reqId: number;
  readonly instrument: Instrument;
  sent: SentQuote | undefined;
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
  readonly accountSummaries = new Map<number, readonly string[]>();
  readonly profits = new Map<number, { readonly conId: number | undefined }>();
  wantsPositions = false;
  wantsAccountUpdates = false;

  readonly #socket: Socket;
  readonly #record: (session: Session, fields: readonly Field[]) => void;
  readonly #isMute: () => boolean;
  #outbox: string[] = [];
  #isFlushScheduled = false;

  constructor(options: {
    readonly number: number;
    readonly serverVersion: number;
    readonly socket: Socket;
    readonly record: (session: Session, fields: readonly Field[]) => void;
    /** While true nothing leaves (the fault "mute-after-ready"). */
    readonly isMute: () => boolean;
  }) {
    this.number = options.number;
    this.serverVersion = options.serverVersion;
    this.#socket = options.socket;
    this.#record = options.record;
    this.#isMute = options.isMute;
  }

  get isReady(): boolean {
    return this.clientId !== undefined && !this.#socket.destroyed;
  }

  /** Queues a message; everything queued in one turn of the event loop goes out in one write. */
  send(fields: readonly Field[]): void {
    if (this.#socket.destroyed || (this.isReady && this.#isMute())) return;
    this.#record(this, fields);
    this.sendEncoded(encodeFrame(fields));
  }

  /** Queues frames that are encoded already and need no record. */
  sendEncoded(frames: string): void {
    if (this.#socket.destroyed || (this.isReady && this.#isMute())) return;
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
    this.#socket.write(bytes, "latin1");
    if (this.#socket.writableLength > unsentBytesMax) this.#socket.destroy();
  }

  /** Cuts the connection; what is queued and not yet written is lost. */
  drop(): void {
    this.#outbox = [];
    this.#socket.destroy();
  }

  /** Says goodbye: writes what is queued, then closes. */
  close(): void {
    this.flush();
    this.#socket.end();
  }
}
