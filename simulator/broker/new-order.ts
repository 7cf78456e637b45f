import type { Instrument } from "../market/instrument.ts";
import type { OrderTerms } from "../protocol/place-order.ts";
import type { BrokerOrder } from "./order.ts";

/** An order as it reaches the broker, its contract already resolved. */
export interface OrderRequest {
  readonly clientId: number;
  readonly orderId: number;
  readonly instrument: Instrument;
  readonly exchange: string;
  readonly terms: OrderTerms;
  /** Not of a client: it has the order id 0, as many others have. */
  readonly isByHand?: boolean;
}

/** What the broker gives to an order as it comes. */
type Given = Pick<BrokerOrder, "permId" | "parentPermId" | "account" | "executionsBefore">;

export function newOrder({ clientId, orderId, instrument, exchange, terms }: OrderRequest, given: Given): BrokerOrder {
  return {
    ...given,
    orderId,
    clientId,
    instrument,
    exchange,
    terms,
    phase: "untransmitted",
    filled: 0,
    filledValue: 0,
    lastFillPrice: 0,
    commission: 0,
    isTriggered: false,
    isReleased: false,
    isResting: false,
    completedAtEpochS: undefined,
    completedReason: "",
  };
}
