import type { Side } from "#libs/contracts/mod.ts";

/** What the gateway says, in our own words: nothing behind this file knows the library's types. */

/** An order as the broker lists it (open or completed). */
export interface BrokerOrder {
  readonly orderId: number;
  readonly permId: number | null;
  /** The client id that placed it; null where the gateway does not say (completed orders). */
  readonly clientId: number | null;
  /** The platform's clientOrderId, for orders that are ours. */
  readonly orderRef: string;
  readonly symbol: string;
  readonly side: Side;
  /** Null when the gateway said nothing that could be one; a completed order may have none (0). */
  readonly quantity: number | null;
  /** The broker's word: Submitted, PreSubmitted, Filled, Cancelled, Inactive ... */
  readonly status: string;
  readonly filledQuantity: number | null;
  /** USD a share: its limit, else its stop; null for an order without a price. */
  readonly price: number | null;
  /** The broker's reason or warning, where it gives one. */
  readonly text: string;
}

export interface BrokerOrderStatus {
  readonly orderId: number;
  readonly permId: number | null;
  readonly clientId: number | null;
  readonly status: string;
  readonly filledQuantity: number;
  readonly text: string;
}

export interface BrokerExecution {
  readonly executionId: string;
  readonly orderId: number;
  readonly permId: number | null;
  readonly clientId: number | null;
  readonly orderRef: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  readonly price: number;
  /** Market time, epoch milliseconds; null when the gateway's text could not be read. */
  readonly executedAt: number | null;
  /** The gateway's text. */
  readonly timeText: string;
}

/** What the broker says an order would do, USD; null where it gave no figure. */
export interface WhatIfFigures {
  readonly initialMarginChange: number | null;
  readonly maintenanceMarginChange: number | null;
  readonly initialMarginAfter: number | null;
  readonly maintenanceMarginAfter: number | null;
  readonly equityWithLoanAfter: number | null;
  readonly commission: number | null;
  readonly warning: string | null;
}

export interface BrokerPosition {
  readonly account: string;
  readonly symbol: string;
  readonly quantity: number;
  readonly averageCost: number;
}

export interface OtherContract {
  readonly account: string | null;
  readonly kind: "position" | "order" | "execution";
  /** The contract in words. */
  readonly name: string;
}

export interface FiveSecondBar {
  /** Market time of its beginning, epoch milliseconds. */
  readonly startsAt: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A bar of the broker's history. */
export interface HistoricalBar {
  /** Its beginning as the gateway writes it: epoch seconds, or for a day's bar its New York date as `20260310`. */
  readonly time: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** What the broker knows of a symbol; every field may be missing. */
export interface BrokerContract {
  readonly symbol: string | undefined;
  readonly contractId: number | undefined;
  readonly name: string | undefined;
  readonly primaryExchange: string | undefined;
  readonly currency: string | undefined;
  readonly minimumTick: number | undefined;
  readonly minimumSize: number | undefined;
  readonly tradingHours: string | undefined;
  readonly liquidHours: string | undefined;
}

/** Answers to questions about the past and about contracts. */
export interface HistoryListener {
  historicalBar(requestId: number, bar: HistoricalBar): void;
  historyEnd(requestId: number): void;
  contractDetails(requestId: number, contract: BrokerContract): void;
  contractDetailsEnd(requestId: number): void;
}

/** Lists the gateway sends entry by entry and closes with an end. */
export type BrokerList = "open-orders" | "completed-orders" | "positions" | "account-summary" | "executions";

/** What the session learns from a connection. */
export type SessionReport =
  | { readonly type: "tcp-open" }
  | { readonly type: "version"; readonly serverVersion: number }
  | { readonly type: "accounts"; readonly accounts: readonly string[] }
  | { readonly type: "next-order-id"; readonly nextOrderId: number }
  /** An answer, and so a sign of life; null when what it says cannot be a time. */
  | { readonly type: "time"; readonly epochSeconds: number | null }
  | { readonly type: "notice"; readonly code: number; readonly text: string }
  /** Bytes that make no sense: the stream cannot be followed any more. */
  | { readonly type: "garbage"; readonly text: string }
  /** A message or a field that cannot be: nothing is made of it. What is of one kind is told once in a while. */
  | { readonly type: "left-out"; readonly kind: string; readonly text: string }
  | { readonly type: "closed"; readonly error: string | null };

export interface GatewayListener extends HistoryListener {
  session(report: SessionReport): void;
  /** Hot: called for every tick, tens of thousands a second. */
  tick(requestId: number, tickType: number, value: number): void;
  marketDataType(requestId: number, type: number): void;
  bar(requestId: number, bar: FiveSecondBar): void;
  openOrder(order: BrokerOrder): void;
  /** The answer to a question about an order that is not placed. */
  whatIf(orderId: number, figures: WhatIfFigures): void;
  completedOrder(order: BrokerOrder): void;
  orderStatus(status: BrokerOrderStatus): void;
  execution(execution: BrokerExecution): void;
  commission(executionId: string, commission: number): void;
  position(position: BrokerPosition): void;
  /** The account holds something of this symbol, and how much could not be read. */
  positionUnreadable(account: string, symbol: string): void;
  /** Something of the account that this platform does not deal in: an option, another currency. */
  otherContract(holding: OtherContract): void;
  accountValue(account: string, tag: string, value: string): void;
  /** A value of the account's own subscription, which alone tells `accountReady`. */
  accountUpdate(account: string, key: string, value: string): void;
  /** USD; null where the broker gives no figure. */
  profit(daily: number | null, unrealized: number | null, realized: number | null): void;
  listEnd(list: BrokerList): void;
  /** An error that names a request or an order. */
  requestError(requestId: number, code: number, text: string): void;
}
