import type { Instrument } from "../market/catalogue.ts";
import type { OrderTerms } from "../protocol/place-order.ts";

/**
 * Where an order is in its life at the simulated broker.
 *
 *     untransmitted ─▶ waiting-parent ─▶ waiting-open ─▶ waiting-trigger ─▶ working ─▶ filled
 *            └──────────────┴───────────────┴────────────────┴─────────────────┴────▶ cancelled
 */
export type OrderPhase =
  | "untransmitted"
  | "waiting-parent"
  | "waiting-open"
  | "waiting-trigger"
  | "working"
  | "filled"
  | "cancelled"
  | "rejected";

export interface BrokerOrder {
  /** Unique at the broker for good; the order id is only unique for a client and a gateway session. */
  readonly permId: number;
  readonly orderId: number;
  readonly clientId: number;
  /** 0 when the order has no parent. */
  readonly parentPermId: number;
  readonly instrument: Instrument;
  readonly exchange: string;
  readonly account: string;
  readonly terms: OrderTerms;
  readonly phase: OrderPhase;
  readonly filled: number;
  /** USD: sum of price times shares over the executions. */
  readonly filledValue: number;
  readonly lastFillPrice: number;
  /** USD charged so far. */
  readonly commission: number;
  /** A stop that has been elected stays so. */
  readonly isTriggered: boolean;
  /** Has met a quote without being marketable: from then on it waits in the book at its limit. */
  readonly isResting: boolean;
  readonly completedAtEpochS: number | undefined;
  readonly completedReason: string;
}

export type OrderSide = "buy" | "sell";

export function sideOf(order: BrokerOrder): OrderSide {
  return order.terms.action === "BUY" ? "buy" : "sell";
}

/** Shares still open. */
export function leavesQuantity(order: BrokerOrder): number {
  return isLive(order) ? order.terms.totalQuantity - order.filled : 0;
}

export function averageFillPrice(order: BrokerOrder): number {
  return order.filled === 0 ? 0 : order.filledValue / order.filled;
}

export function isLive(order: BrokerOrder): boolean {
  return order.phase !== "filled" && order.phase !== "cancelled" && order.phase !== "rejected";
}

export function isStop(order: BrokerOrder): boolean {
  return order.terms.orderType === "STP" || order.terms.orderType === "STP LMT";
}

export function hasLimit(order: BrokerOrder): boolean {
  return order.terms.orderType === "LMT" || order.terms.orderType === "STP LMT";
}

/** The status word of TWS for a phase. */
export function statusText(order: BrokerOrder): string {
  switch (order.phase) {
    case "untransmitted":
      return "PendingSubmit";
    case "waiting-parent":
    case "waiting-open":
    case "waiting-trigger":
      return "PreSubmitted";
    case "working":
      return "Submitted";
    case "filled":
      return "Filled";
    case "cancelled":
      return "Cancelled";
    case "rejected":
      return "Inactive";
  }
}

/** Why TWS says it holds the order: "child" until the parent is filled, "trigger" until the stop is elected. */
export function whyHeldText(order: BrokerOrder): string {
  switch (order.phase) {
    case "waiting-parent":
      return isStop(order) ? "child,trigger" : "child";
    case "waiting-trigger":
      return "trigger";
    default:
      return "";
  }
}
