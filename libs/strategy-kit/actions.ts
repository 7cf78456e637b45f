import type { ClientOrderId, OrderIntent, OrderType, Severity, Side } from "#libs/contracts/mod.ts";

/** An order a strategy wants. What is left out is the cautious choice. */
export interface OrderRequest {
  readonly symbol: string;
  readonly side: Side;
  /** Shares, whole. */
  readonly quantity: number;
  readonly order: OrderType;
  /** `day` when left out. */
  readonly timeInForce?: "day" | "gtc" | "ioc";
  /** False when left out. */
  readonly outsideRegularHours?: boolean;
  /** Whether the position is meant to be kept overnight; false when left out. */
  readonly holdOvernight?: boolean;
  /** Protective stop and target, sent with the entry as one group; USD. */
  readonly bracket?: { readonly stopPrice: number; readonly limitPrice: number };
  /**
   * Orders of this strategy that name the same group on the same day cancel one another: the first fill of one, also a
   * partial one, cancels the rest. What protects a position belongs into a bracket.
   */
  readonly oneCancelsAllGroup?: string;
  /** Why, in words for the operator. */
  readonly reason: string;
}

/** The ids an order was given; the legs are null for an order without a bracket. */
export interface SubmittedOrder {
  readonly clientOrderId: ClientOrderId;
  readonly stopLossId: ClientOrderId | null;
  readonly takeProfitId: ClientOrderId | null;
}

/** What a strategy saw and thinks of it: written to the ledger for the operator, whether an order follows or not. */
export interface SignalRequest {
  readonly symbol: string;
  /** At most 60 characters, e.g. `breakout-up`. */
  readonly signal: string;
  /** With the figures. */
  readonly reason: string;
  /** The order it leads to. */
  readonly clientOrderId?: ClientOrderId;
}

/** What the operator must know now. */
export interface AlertRequest {
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
}

/** What a handler asked the host to do, in the order in which it asked. */
export type Action =
  | { readonly type: "submit"; readonly intent: OrderIntent }
  | { readonly type: "cancel"; readonly clientOrderId: string; readonly reason: string }
  | { readonly type: "signal"; readonly signal: SignalRequest }
  | { readonly type: "alert"; readonly alert: AlertRequest };
