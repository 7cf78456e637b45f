import type { Instrument } from "../market/instrument.ts";
import type { Print, Prints } from "./prints.ts";

/** What has to reach a price before it counts as reached: `triggerMethod` of an order, and of a condition on a price. */
type TriggerMethod = "double-bid-ask" | "last" | "double-last" | "bid-ask" | "last-or-bid-ask" | "midpoint";

/** By the number of the API (IBKR's page on trigger methods); 0 is the default of the instrument. */
const methods: Readonly<Record<number, TriggerMethod>> = {
  1: "double-bid-ask",
  2: "last",
  3: "double-last",
  4: "bid-ask",
  7: "last-or-bid-ask",
  8: "midpoint",
};

/** Stocks by the last trade, US options by two quotes in a row, currencies, which have no trades, by the quote. */
const defaults: Partial<Record<Instrument["secType"], TriggerMethod>> = { OPT: "double-bid-ask", CASH: "bid-ask" };

export function isTriggerMethod(number: number): boolean {
  return number === 0 || number in methods;
}

/** Whether a method needs to know what was before the present price. */
export function looksBack(number: number, secType: Instrument["secType"]): boolean {
  return methodOf(number, secType).startsWith("double");
}

/**
 * Whether a price is reached: from below it ("up") by a bid at or above it, from above ("down") by an ask at or below
 * it, or by a trade or the middle. A method that wants two in a row takes a second one at the same price only when its
 * size is greater (IBKR's guide to stop triggers). Two trades at one price are two trades.
 */
export function isReached(
  number: number,
  secType: Instrument["secType"],
  direction: "up" | "down",
  price: number,
  prints: Prints,
): boolean {
  const { last, lastBefore, bid, ask } = prints;
  const isBeyond = (print: Print | undefined): boolean =>
    print !== undefined && (direction === "up" ? print.price >= price : print.price <= price);
  const [quoted, quotedBefore] = direction === "up" ? [bid, prints.bidBefore] : [ask, prints.askBefore];
  switch (methodOf(number, secType)) {
    case "last":
      return isBeyond(last);
    case "double-last":
      return isBeyond(last) && isBeyond(lastBefore);
    case "bid-ask":
      return isBeyond(quoted);
    case "double-bid-ask":
      return isBeyond(quoted) && isBeyond(quotedBefore) && isNews(quoted, quotedBefore);
    case "last-or-bid-ask":
      return isBeyond(last) || isBeyond(quoted);
    case "midpoint":
      return isBeyond({ price: (bid.price + ask.price) / 2, size: 0 });
  }
}

function methodOf(number: number, secType: Instrument["secType"]): TriggerMethod {
  return methods[number] ?? defaults[secType] ?? "last";
}

const isNews = (print: Print, before: Print | undefined): boolean =>
  before === undefined || print.price !== before.price || print.size > before.size;
