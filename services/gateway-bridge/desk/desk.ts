import type { IBApi } from "@stoqey/ib";
import type {
  AccountSummary,
  ClientOrderId,
  OrderIntent,
  Outcome,
  Position,
  Quote,
  WhatIf,
} from "#libs/contracts/mod.ts";
import type { Connection } from "../gateway/connection.ts";
import type { GatewayListener, HistoryListener } from "../gateway/reports.ts";
import type { SendQueue } from "../gateway/send-queue.ts";
import type { GatheredQuote, Trade } from "../market-data/quotes.ts";
import type { Venue } from "../orders/venue.ts";

/** What the gateway says that concerns orders and the account; the rest is the session's and the feed's. */
export type DeskListener = Omit<
  GatewayListener,
  "session" | "tick" | "marketDataType" | "bar" | "requestError" | keyof HistoryListener
> & {
  /** An error that names one of our orders. */
  orderError(orderId: number, code: number, text: string): void;
  /** @returns whether the request that failed was one of the desk's. */
  requestFailed(requestId: number, code: number, text: string): boolean;
};

/**
 * The side of the bridge that depends on the mode (architecture section 10): where approved orders go, and whose
 * account is the truth.
 */
export interface Desk {
  readonly venue: Venue;
  readonly listener: DeskListener;
  /** A new connection; what may write orders to it is made here, and in dry-run there is no such thing (law 5). */
  attachTo(api: IBApi, queue: SendQueue): void;
  /** Reads what the session needs before it is ready, and calls back when all of it came and is reconciled. */
  beginSync(connection: Connection, fresh: boolean, onSynced: () => void): void;
  /** The gateway named the next order id it would take. */
  onNextOrderId(nextOrderId: number): void;
  /** The session ended: what was written and not answered is unknown. */
  onSessionLost(reason: string): void;
  onReady(): void;
  onQuote(quote: Quote): void;
  /** Every trade, before the quote that comes after it. */
  onTrade(quote: GatheredQuote, trade: Trade): void;
  /** Called a few times a second. */
  onTime(): void;
  /** What an order would do to the account, by the broker; nothing is placed. Never rejects. */
  whatIf(intent: OrderIntent): Promise<WhatIf>;
  /**
   * Cancels every order at the venue, also those of other programs and hands, and those that wait to be written.
   *
   * @param except orders that the worker deals with itself
   */
  cancelAll(reason: string, except: (id: ClientOrderId) => boolean): Outcome;
  summary(): AccountSummary | null;
  /** The operator's word that a position which our executions do not explain is as it should be. */
  acceptPosition(symbol: string, reason: string): Promise<Outcome>;
  /** Null while nobody knows what is held. */
  positions(): readonly Position[] | null;
}
