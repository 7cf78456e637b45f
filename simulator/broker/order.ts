import type { Instrument } from "../market/instrument.ts";
import type { OrderTerms } from "../protocol/place-order.ts";
import { kindOf } from "./order-types.ts";

/**
 * Where an order is in its life at the simulated broker.
 *
 *     untransmitted ─▶ waiting-parent ─▶ waiting-open ─▶ waiting-trigger ─▶ working ─▶ filled
 *            └──────────────┴───────────────┴────────────────┴─────────────────┴────▶ cancelled
 *
 * An order with conditions goes from `waiting-parent` to `waiting-condition`, and on from there once they are met. An
 * order on the close goes to `waiting-close`, and from there into the auction.
 */
export type OrderPhase =
  | "untransmitted"
  | "waiting-parent"
  | "waiting-condition"
  | "waiting-open"
  | "waiting-trigger"
  | "waiting-close"
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
  /** A trigger that was reached stays so. */
  readonly isTriggered: boolean;
  /** Its conditions were met, and hold it no longer. */
  readonly isReleased: boolean;
  /** Executions of the account when it came: a condition on one looks at those after it. */
  readonly executionsBefore: number;
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

/** Waits for a price to wake it: stops, trailing stops, and what is to be touched. */
export function hasTrigger(order: BrokerOrder): boolean {
  return (kindOf(order.terms.orderType)?.trigger ?? "none") !== "none";
}

export function isTrailing(order: BrokerOrder): boolean {
  return kindOf(order.terms.orderType)?.trigger === "trail";
}

export function hasLimit(order: BrokerOrder): boolean {
  return kindOf(order.terms.orderType)?.hasLimit === true;
}

export function isOnClose(order: BrokerOrder): boolean {
  return kindOf(order.terms.orderType)?.isOnClose === true;
}

/** Is at the exchange and may not stay there: what is not filled at once is cancelled, also where nothing trades. */
export function isImmediate(order: BrokerOrder): boolean {
  return order.phase === "working" && order.terms.timeInForce === "IOC";
}

/** The status word of TWS for a phase. */
export function statusText(order: BrokerOrder): string {
  switch (order.phase) {
    case "untransmitted":
      return "PendingSubmit";
    case "waiting-parent":
    case "waiting-condition":
    case "waiting-open":
    case "waiting-trigger":
    case "waiting-close":
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
      return hasTrigger(order) ? "child,trigger" : "child";
    case "waiting-trigger":
      return "trigger";
    default:
      return "";
  }
}
