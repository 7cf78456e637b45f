import type { BrokerOrder } from "./order.ts";

/** What a fill does to another order that is tied to the filled one. */
export type TiedEffect = { readonly kind: "cancel" } | { readonly kind: "reduce"; readonly shares: number };

/** `ocaType` 1 of the API; 2 and 3, and 0 where a client leaves it out, reduce the others instead. */
const CANCEL_WITH_BLOCK = 1;

/** Orders of which one fill takes away from the others: children of one parent, or one OCA group. */
export function areTied(order: BrokerOrder, other: BrokerOrder): boolean {
  return other.permId !== order.permId && (areSiblings(order, other) || inOneGroup(order, other));
}

/**
 * @param order as it is after the fill of `shares`
 * @param leaves what was left of `other` before it
 */
export function effectOnTied(order: BrokerOrder, shares: number, other: BrokerOrder, leaves: number): TiedEffect {
  if (order.phase === "filled") return { kind: "cancel" };
  if (!inOneGroup(order, other)) return reduction(shares, leaves);
  if (other.terms.ocaType === CANCEL_WITH_BLOCK) return { kind: "cancel" };
  // In proportion: the orders of a group may be of different sizes.
  const before = order.terms.totalQuantity - order.filled + shares;
  return reduction(Math.round((leaves * shares) / before), leaves);
}

/** Whether a group takes no more orders after this fill: one of its orders is done, or the first fill ends it. */
export function endsGroup(order: BrokerOrder): boolean {
  return order.terms.ocaGroup !== "" && (order.phase === "filled" || order.terms.ocaType === CANCEL_WITH_BLOCK);
}

const reduction = (shares: number, leaves: number): TiedEffect =>
  shares >= leaves ? { kind: "cancel" } : { kind: "reduce", shares };

const areSiblings = (order: BrokerOrder, other: BrokerOrder): boolean =>
  order.parentPermId !== 0 && order.parentPermId === other.parentPermId;

const inOneGroup = (order: BrokerOrder, other: BrokerOrder): boolean =>
  order.terms.ocaGroup !== "" && order.terms.ocaGroup === other.terms.ocaGroup;
