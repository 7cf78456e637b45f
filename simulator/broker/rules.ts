import { isExtendedSession, isRegularSession } from "../market/new-york.ts";
import { type BrokerOrder, hasLimit } from "./order.ts";

/** When an order may trade, when its day ends, and which orders take from each other. */

export type SessionKind = "regular" | "extended" | "closed";

export function sessionAt(epochS: number): SessionKind {
  if (isRegularSession(epochS)) return "regular";
  return isExtendedSession(epochS) ? "extended" : "closed";
}

/** Outside the regular session only limit orders that allow it are matched, as at IBKR. */
export function canTrade(order: BrokerOrder, session: SessionKind): boolean {
  return session === "regular" || (session === "extended" && order.terms.outsideRth && hasLimit(order));
}

/** Whether a day order's day is over: with the regular session, or with the extended one if it may trade there. */
export function endsWith(order: BrokerOrder, before: SessionKind, after: SessionKind): boolean {
  if (order.terms.timeInForce === "GTC" || order.phase === "untransmitted") return false;
  return order.terms.outsideRth ? after === "closed" : before === "regular";
}

/** Orders of which one fill takes away from the others: children of one parent, or one OCA group. */
export function areTied(order: BrokerOrder, other: BrokerOrder): boolean {
  if (other.permId === order.permId) return false;
  if (order.parentPermId !== 0 && order.parentPermId === other.parentPermId) return true;
  return order.terms.ocaGroup !== "" && order.terms.ocaGroup === other.terms.ocaGroup;
}
