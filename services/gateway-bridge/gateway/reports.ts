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
  readonly quantity: number;
  /** The broker's word: Submitted, PreSubmitted, Filled, Cancelled, Inactive ... */
  readonly status: string;
  readonly filledQuantity: number | null;
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
}

export interface BrokerPosition {
  readonly account: string;
  readonly symbol: string;
  readonly quantity: number;
  readonly averageCost: number;
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

/** Lists the gateway sends entry by entry and closes with an end. */
export type BrokerList = "open-orders" | "completed-orders" | "positions" | "account-summary" | "executions";

/** What the session learns from a connection. */
export type SessionReport =
  | { readonly type: "tcp-open" }
  | { readonly type: "version"; readonly serverVersion: number }
  | { readonly type: "accounts"; readonly accounts: readonly string[] }
  | { readonly type: "next-order-id"; readonly nextOrderId: number }
  | { readonly type: "time"; readonly epochSeconds: number }
  | { readonly type: "notice"; readonly code: number; readonly text: string }
  /** Bytes that make no sense; `fatal` when the stream cannot be followed any more. */
  | { readonly type: "garbage"; readonly text: string; readonly fatal: boolean }
  | { readonly type: "closed"; readonly error: string | null };

export interface GatewayListener {
  session(report: SessionReport): void;
  /** Hot: called for every tick, tens of thousands a second. */
  tick(requestId: number, tickType: number, value: number): void;
  marketDataType(requestId: number, type: number): void;
  bar(requestId: number, bar: FiveSecondBar): void;
  openOrder(order: BrokerOrder): void;
  completedOrder(order: BrokerOrder): void;
  orderStatus(status: BrokerOrderStatus): void;
  execution(execution: BrokerExecution): void;
  commission(executionId: string, commission: number): void;
  position(position: BrokerPosition): void;
  accountValue(account: string, tag: string, value: string): void;
  listEnd(list: BrokerList): void;
  /** An error that names a request or an order. */
  requestError(requestId: number, code: number, text: string): void;
}
