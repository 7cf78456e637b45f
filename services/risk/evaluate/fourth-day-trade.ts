import type { OrderIntent } from "#libs/contracts/mod.ts";
import { countsDayTrades } from "../checks/day-trades.ts";
import { addTransaction } from "../day-trades/tally.ts";
import { DAY_TRADES_ALLOWED, dayTradesIn, usedDayTrades } from "../day-trades/use.ts";
import { dayOf, symbolBook } from "../state/positions.ts";
import type { RiskView } from "./view.ts";

/**
 * How many day trades there would be after an exit, when that is more than the rule allows; null when it is not. Such
 * an exit passes all the same (law 7), and the operator is told before it is sent.
 */
export function excessDayTrades(exit: OrderIntent, view: RiskView): number | null {
  const { book } = view;
  if (book.session === null || !countsDayTrades({ view })) return null;
  const { tally } = dayOf(symbolBook(book, exit.symbol), book.session.tradingDay);
  const after = addTransaction(tally, { key: exit.clientOrderId, side: exit.side, quantity: exit.quantity });
  const made = dayTradesIn(book, book.session.window);
  const used = usedDayTrades(book, {
    byOpening: made.byOpening + after.byOpening - tally.byOpening,
    byDirection: made.byDirection + after.byDirection - tally.byDirection,
  });
  const isDayTrade = after.byOpening > tally.byOpening || after.byDirection > tally.byDirection;
  return isDayTrade && used > DAY_TRADES_ALLOWED ? used : null;
}
