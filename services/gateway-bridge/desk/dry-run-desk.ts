import type { AccountSummary, Alert, DryRunMemory, Outcome, Position, Quote, WhatIf } from "#libs/contracts/mod.ts";
import { type Calendar, tradingDayOf } from "#libs/time/mod.ts";
import { dayTradesRemaining } from "../account/tags.ts";
import { virtualAccount } from "../dry-run/account.ts";
import { lookAtQuote, lookAtTrade } from "../dry-run/looks.ts";
import type { EngineQuote } from "../dry-run/matching.ts";
import { DryRunVenue } from "../dry-run/venue.ts";
import type { Connection } from "../gateway/connection.ts";
import type { Feed } from "../market-data/feed.ts";
import type { GatheredQuote, Trade } from "../market-data/quotes.ts";
import type { Book } from "../orders/book.ts";
import type { OrderIds } from "../orders/order-ids.ts";
import type { Recorder } from "../orders/recorder.ts";
import type { Desk, DeskListener } from "./desk.ts";
import type { RequestIds } from "./request-ids.ts";

export interface DryRunDeskOptions {
  readonly book: Book;
  readonly recorder: Recorder;
  readonly calendar: Calendar;
  readonly orderIds: OrderIds;
  readonly requestIds: RequestIds;
  readonly feed: Feed;
  readonly startEquity: number;
  readonly maxQuoteAgeMs: number;
  readonly account: () => string | null;
  readonly marketNowMs: () => number | null;
  readonly whyNot: () => string | null;
  readonly alert: (alert: Alert) => void;
  /** Keeps what the ledger does not tell of the orders at work. */
  readonly keepMemory: (memory: DryRunMemory) => void;
}

/** Dry-run: orders are filled here, the account is made of the ledger; of the real account only its tags are read. */
export class DryRunDesk implements Desk {
  readonly venue: DryRunVenue;
  readonly listener: DeskListener;
  readonly #options: DryRunDeskOptions;
  readonly #tags = new Map<string, string>();
  #summaryRequest: number | null = null;
  #onSynced: (() => void) | null = null;

  constructor(options: DryRunDeskOptions) {
    this.#options = options;
    this.venue = new DryRunVenue({
      ...options,
      account: () => options.account() ?? "DRY-RUN",
      freshQuote: (symbol) => this.#freshQuote(symbol),
    });
    this.listener = {
      accountValue: (_account, tag, value) => void this.#tags.set(tag, value),
      listEnd: (list) => {
        if (list !== "account-summary") return;
        this.#onSynced?.();
        this.#onSynced = null;
      },
      // The real account's orders, executions and positions are none of a dry-run's business.
      openOrder: ignore,
      whatIf: ignore,
      completedOrder: ignore,
      orderStatus: ignore,
      execution: ignore,
      commission: ignore,
      position: ignore,
      positionUnreadable: ignore,
      otherContract: ignore,
      accountUpdate: ignore,
      profit: ignore,
      orderError: ignore,
      requestFailed: () => false,
    };
  }

  /** Takes nothing of the connection: no order can be written. */
  attachTo(): void {}

  beginSync(connection: Connection, fresh: boolean, onSynced: () => void): void {
    this.#onSynced = onSynced;
    if (!fresh && this.#summaryRequest !== null) connection.cancelAccountSummary(this.#summaryRequest);
    this.#summaryRequest = this.#options.requestIds.next();
    connection.askAccountSummary(this.#summaryRequest);
  }

  /** Ids of a dry-run are the ledger's own; the gateway never sees one. */
  onNextOrderId(): void {}

  /** Nothing was at the broker, so nothing is unknown. */
  onSessionLost(): void {
    this.#onSynced = null;
  }

  onReady(): void {}

  onQuote(quote: Quote): void {
    this.venue.onQuote(lookAtQuote(quote));
  }

  onTrade(quote: GatheredQuote, trade: Trade): void {
    this.venue.onQuote(lookAtTrade(quote, trade));
  }

  onTime(): void {
    this.venue.onTime();
  }

  /** Nobody can be asked: dry-run writes no order to the gateway, not even a question about one (law 5). */
  async whatIf(): Promise<WhatIf> {
    return { outcome: "unavailable", reason: "dry-run: no order is written to the gateway, not even to ask about it" };
  }

  cancelAll(reason: string): Outcome {
    const count = this.venue.cancelAll(reason);
    return { ok: true, message: `${count} dry-run order${count === 1 ? " is" : "s are"} canceled` };
  }

  summary(): AccountSummary | null {
    const marketMs = this.#options.marketNowMs();
    const account = this.#options.account();
    if (account === null) return null;
    return virtualAccount({
      account,
      startEquity: this.#options.startEquity,
      book: this.#options.book,
      priceOf: (symbol) => this.#options.feed.worth(symbol),
      tradingDay: marketMs === null ? null : tradingDayOf(marketMs),
      dayTradesRemaining: dayTradesRemaining(this.#tags),
    });
  }

  async acceptPosition(): Promise<Outcome> {
    const message = "in dry-run each position is made of this ledger's own executions: there is nothing to accept";
    return { ok: false, message };
  }

  positions(): readonly Position[] {
    const account = this.#options.account() ?? "DRY-RUN";
    return [...this.#options.book.holdings].map(([symbol, { quantity, averageCost }]) => ({
      account,
      symbol,
      quantity,
      averageCost,
      explained: true,
      difference: 0,
    }));
  }

  #freshQuote(symbol: string): EngineQuote | null {
    const { feed } = this.#options;
    // Orders at work see what traded before the new one, which does not.
    feed.tellTrades(symbol);
    const known = feed.quote(symbol);
    if (known === undefined || known.ageMs > this.#options.maxQuoteAgeMs) return null;
    return lookAtQuote(known.quote);
  }
}

const ignore = (): void => undefined;
