import { isExtendedSession, isRegularSession } from "../market/new-york.ts";
import { type BrokerOrder, hasLimit } from "./order.ts";

/** When an order may trade, and when its day ends. */

export type SessionKind = "regular" | "extended" | "closed";

export function sessionAt(epochS: number): SessionKind {
  if (isRegularSession(epochS)) return "regular";
  return isExtendedSession(epochS) ? "extended" : "closed";
}

/**
 * Exchanges stop taking orders on the close before it: NYSE ten minutes, Nasdaq and Arca later. The earliest of them
 * holds for every symbol here.
 */
const closeCutOffS = 600;

export function isPastCloseCutOff(epochS: number): boolean {
  return sessionAt(epochS) === "regular" && sessionAt(epochS + closeCutOffS) !== "regular";
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
