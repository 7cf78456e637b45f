import type { Alert } from "#libs/contracts/mod.ts";
import * as alerts from "../alerts.ts";
import type { Desk } from "../desk/desk.ts";
import { isRequestId } from "../desk/request-ids.ts";
import type { HistoryDesk } from "../history/history-desk.ts";
import type { Feed } from "../market-data/feed.ts";
import { isToCome } from "../market-data/to-come.ts";
import type { SessionEvent, Streams } from "../session/session.ts";
import { type Connection, openConnection } from "./connection.ts";
import { LeftOut } from "./left-out.ts";
import type { GatewayListener, SessionReport } from "./reports.ts";
import { MESSAGES_PER_SECOND, SendQueue } from "./send-queue.ts";

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly nowMs: () => number;
  /** Market time; null while it is not known. */
  readonly marketNowMs: () => number | null;
  /** How much faster than life the market clock is set to run. */
  readonly clockSpeed: number;
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
  readonly #leftOut = new LeftOut();

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
      bar: (requestId, bar) => {
        const { marketNowMs, clockSpeed } = this.#options;
        if (!isToCome(bar, marketNowMs(), clockSpeed)) return feed.bar(requestId, bar);
        const startsAt = Temporal.Instant.fromEpochMilliseconds(bar.startsAt).toString();
        this.#tellLeftOut("bars to come", `a bar of 5 s of a time to come, ${startsAt} (request ${requestId})`);
      },
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
        if (report.epochSeconds !== null) onTime(report.epochSeconds);
        post({ type: "time", connection });
        this.#tellSynced();
        return;
      case "notice":
        onLog({ code: report.code, text: report.text }, "the gateway says");
        post({ ...report, connection });
        return;
      case "garbage":
        // Once until a session is ready again: a gateway that talks nonsense does so at every attempt.
        if (!this.#garbageTold) alert(alerts.garbage(report.text));
        this.#garbageTold = true;
        post({ type: "closed", connection, error: report.text });
        return;
      case "left-out":
        this.#tellLeftOut(report.kind, report.text);
        return;
      case "next-order-id":
        desk.onNextOrderId(report.nextOrderId);
        post({ ...report, connection });
        return;
      default:
        post({ ...report, connection });
    }
  }

  #tellLeftOut(kind: string, what: string): void {
    const { nowMs, alert, onLog } = this.#options;
    const note = this.#leftOut.note(kind, what, nowMs());
    if (note === null) return;
    onLog({ kind, text: note.text }, "left out what cannot be");
    if (note.alert !== null) alert(note.alert);
  }

  #onDefect(connection: number, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.onLog({ error: text }, "a handler of the bridge failed");
    this.#options.alert(alerts.handlerFailed(text));
    this.#options.post({ type: "closed", connection, error: "a defect of the bridge" });
  }
}
