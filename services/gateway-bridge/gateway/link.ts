import type { Alert } from "#libs/contracts/mod.ts";
import * as alerts from "../alerts.ts";
import type { Desk } from "../desk/desk.ts";
import { isRequestId } from "../desk/request-ids.ts";
import type { HistoryDesk } from "../history/history-desk.ts";
import type { Feed } from "../market-data/feed.ts";
import type { SessionEvent, Streams } from "../session/session.ts";
import { type Connection, openConnection } from "./connection.ts";
import type { GatewayListener, SessionReport } from "./reports.ts";
import { MESSAGES_PER_SECOND, SendQueue } from "./send-queue.ts";

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly nowMs: () => number;
  readonly desk: Desk;
  readonly feed: Feed;
  readonly history: HistoryDesk;
  /** Take delayed data where the account has no live subscription. */
  readonly delayedData: boolean;
  readonly post: (event: SessionEvent) => void;
  readonly onTime: (epochSeconds: number) => void;
  readonly alert: (alert: Alert) => void;
  readonly onLog: (fields: object, message: string) => void;
}

/** So many messages that were left out are told one by one; those after them are in the log alone. */
const LEFT_OUT_TOLD_MAX = 20;

/** Carries the one connection of the moment between the session, the feed and the desk. */
export class GatewayLink {
  readonly #options: LinkOptions;
  #connection: Connection | null = null;
  #number = 0;
  /** A sync whose lists all came and that waits for the market clock. */
  #waitsForClock: (() => boolean) | null = null;
  #synced = false;
  #fresh = true;
  #garbageTold = false;
  /** What was left out and told since a session was last ready. */
  readonly #leftOutTold = new Set<string>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  open(number: number): void {
    this.close();
    const { host, port, clientId, nowMs, desk } = this.#options;
    this.#number = number;
    this.#fresh = true;
    this.#connection = openConnection({
      host,
      port,
      clientId,
      queue: new SendQueue({ perSecond: MESSAGES_PER_SECOND, nowMs }),
      listener: this.#listenTo(number),
      onDefect: (error) => this.#onDefect(number, error),
      attach: (api, queue) => desk.attachTo(api, queue),
    });
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
    this.#waitsForClock = null;
    this.#synced = false;
    this.#options.feed.streams.detach();
    this.#options.history.detach();
  }

  askTime(): void {
    this.#connection?.askTime();
  }

  /** Has the desk read the account, and tells the session once that is done and the market clock is known. */
  sync(number: number, clockIsKnown: () => boolean): void {
    if (this.#connection === null || number !== this.#number) return;
    this.#synced = false;
    this.#waitsForClock = clockIsKnown;
    const fresh = this.#fresh;
    this.#fresh = false;
    this.#options.desk.beginSync(this.#connection, fresh, () => {
      this.#synced = true;
      this.#tellSynced();
    });
  }

  startStreams(streams: Streams): void {
    if (this.#connection === null) return;
    this.#garbageTold = false;
    this.#leftOutTold.clear();
    this.#options.history.attach(this.#connection);
    if (streams === "verify") {
      this.#options.feed.streams.verify();
      return;
    }
    this.#connection.askDataType(this.#options.delayedData ? "delayed" : "live");
    this.#options.feed.streams.attach(this.#connection);
  }

  #tellSynced(): void {
    if (!this.#synced || this.#waitsForClock?.() !== true) return;
    this.#waitsForClock = null;
    this.#options.post({ type: "synced", connection: this.#number });
  }

  #listenTo(number: number): GatewayListener {
    const { desk, feed, history } = this.#options;
    return {
      ...desk.listener,
      ...history.listener,
      session: (report) => this.#onReport(number, report),
      tick: (requestId, tickType, value) => feed.tick(requestId, tickType, value),
      marketDataType: (requestId, type) => feed.marketDataType(requestId, type),
      bar: (requestId, bar) => feed.bar(requestId, bar),
      requestError: (id, code, text) => {
        if (!isRequestId(id)) desk.listener.orderError(id, code, text);
        else {
          const known =
            feed.requestError(id, code, text) ||
            history.requestError(id, code, text) ||
            desk.listener.requestFailed(id, code, text);
          if (!known) this.#options.onLog({ id, code, text }, "a request failed");
        }
      },
    };
  }

  #onReport(connection: number, report: SessionReport): void {
    const { post, onTime, onLog, alert, desk } = this.#options;
    switch (report.type) {
      case "time":
        onTime(report.epochSeconds);
        post({ type: "time", connection });
        this.#tellSynced();
        return;
      case "notice":
        onLog({ code: report.code, text: report.text }, "the gateway says");
        post({ ...report, connection });
        return;
      case "garbage":
        // Once until a session is ready again: a gateway that talks nonsense does so at every attempt.
        if (!this.#garbageTold) alert(alerts.garbage(report.text, report.fatal));
        this.#garbageTold = true;
        if (report.fatal) post({ type: "closed", connection, error: report.text });
        return;
      case "left-out":
        onLog({ text: report.text }, "left out what cannot be");
        this.#tellLeftOut(report.text);
        return;
      case "next-order-id":
        desk.onNextOrderId(report.nextOrderId);
        post({ ...report, connection });
        return;
      default:
        post({ ...report, connection });
    }
  }

  /** Each by itself: it may be a fill that is missing from the ledger. Lists repeat it. */
  #tellLeftOut(text: string): void {
    if (this.#leftOutTold.has(text) || this.#leftOutTold.size >= LEFT_OUT_TOLD_MAX) return;
    this.#leftOutTold.add(text);
    this.#options.alert(alerts.garbage(text, false));
  }

  #onDefect(connection: number, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.onLog({ error: text }, "a handler of the bridge failed");
    this.#options.alert(alerts.handlerFailed(text));
    this.#options.post({ type: "closed", connection, error: "a defect of the bridge" });
  }
}
