import { type ClientOrderId, clientOrderIdSchema } from "#libs/contracts/mod.ts";

/** 24 + 1 + 8 + 1 + 16 + 1 + 6 + 3 is 60, the longest a clientOrderId may be. */
const SHORT_NAME_LENGTH_MAX = 24;
const NAME_HEAD_LENGTH = 16;
export const ORDER_NUMBER_MAX = 999_999;

const ORDER_ID = /^([a-z][a-z0-9-]*)-(\d{8})-([A-Z0-9_]+)-(\d{1,6})(-sl|-tp)?$/;

/**
 * The id of a strategy's n-th order of a day: `<short strategy>-<yyyymmdd>-<symbol>-<n>`, and `-sl` or `-tp` for the
 * two legs of its bracket. It depends on nothing but the strategy's own counter, so that a strategy that decides the
 * same thing again after a restart asks for the same order, not for a second one (law 2).
 */
export function orderIdOf(order: {
  readonly strategy: string;
  /** `YYYY-MM-DD`. */
  readonly tradingDay: string;
  readonly symbol: string;
  /** 1 to 999,999, unique within the strategy's day. */
  readonly number: number;
  readonly leg?: "sl" | "tp";
}): ClientOrderId {
  const { strategy, tradingDay, symbol, number, leg } = order;
  const day = tradingDay.replaceAll("-", "");
  const token = symbol.replace(/[^A-Z0-9]/g, "_");
  return clientOrderIdSchema.parse(`${shortNameOf(strategy)}-${day}-${token}-${number}${leg ? `-${leg}` : ""}`);
}

/** The strategy's name as it stands in its order ids: itself, or when it is long its head and a hash of it all. */
export function shortNameOf(strategy: string): string {
  if (strategy.length <= SHORT_NAME_LENGTH_MAX) return strategy;
  return `${strategy.slice(0, NAME_HEAD_LENGTH)}-${hashOf(strategy)}`;
}

/** The short name of the strategy an order belongs to; undefined for an order no strategy asked for. */
export function ownerOf(clientOrderId: string): string | undefined {
  return ORDER_ID.exec(clientOrderId)?.[1];
}

/** Day (`YYYYMMDD`) and number of an order; undefined for an order no strategy asked for. */
export function lastOrderNumberOf(clientOrderId: string): { day: string; number: number } | undefined {
  const match = ORDER_ID.exec(clientOrderId);
  return match === null ? undefined : { day: match[2] ?? "", number: Number(match[4]) };
}

/** FNV-1a, 32 bits, seven digits of base 36: tells long names apart, guards nothing. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(36).padStart(7, "0");
}
