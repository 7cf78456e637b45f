import type { OrderIntent } from "#libs/contracts/mod.ts";
import { countsDayTrades } from "../checks/day-trades.ts";
import { addFilled, countOf } from "../day-trades/tally.ts";
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
  const before = countOf(tally);
  const after = countOf(addFilled(tally, { key: exit.clientOrderId, side: exit.side, quantity: exit.quantity }));
  const made = dayTradesIn(book, book.session.window);
  const used = usedDayTrades(book, {
    byOpening: made.byOpening + after.byOpening - before.byOpening,
    byDirection: made.byDirection + after.byDirection - before.byDirection,
  });
  const isDayTrade = after.byOpening > before.byOpening || after.byDirection > before.byDirection;
  return isDayTrade && used > DAY_TRADES_ALLOWED ? used : null;
}
