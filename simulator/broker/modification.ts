import type { OrderTerms } from "../protocol/place-order.ts";
import type { BrokerOrder } from "./order.ts";
import type { Refusal } from "./refusal.ts";

/** What a living order cannot be turned into: it stays as it was. */
export function refusalOfModification(order: BrokerOrder, symbol: string, terms: OrderTerms): Refusal | undefined {
  const before = order.terms;
  if (terms.orderType !== before.orderType) {
    return { code: 329, text: "Order modify failed. Cannot change to the new order type." };
  }
  const isSame =
    symbol === order.instrument.symbol &&
    terms.action === before.action &&
    terms.ocaGroup === before.ocaGroup &&
    terms.parentId === before.parentId;
  if (!isSame) return { code: 105, text: "Order being modified does not match original order." };
  if (terms.totalQuantity <= order.filled) return { code: 104, text: "Cannot modify a filled order." };
  return undefined;
}

/** For one that the client was not told of yet. */
export const stillProcessed: Refusal = {
  code: 2102,
  text: "Unable to modify this order as it is still being processed.",
};
