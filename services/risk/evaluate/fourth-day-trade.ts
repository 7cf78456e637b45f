import type { OrderIntent } from "#libs/contracts/mod.ts";
import { askedOrder, countsDayTrades } from "../checks/day-trades.ts";
import { DAY_TRADES_ALLOWED, dayTradesByExits, dayTradesIn, usedDayTrades } from "../day-trades/use.ts";
import type { OpenOrder } from "../state/book.ts";
import { linesOf, linesWith } from "../state/lines.ts";
import { onlyReserved, type RiskView } from "./view.ts";

/**
 * How many day trades there can be after an exit and those that work beside it, when that is more than the rule allows
 * and the exit adds to it; else null. Such an exit passes all the same (law 7), and the operator is told before it is
 * sent.
 */
export function excessDayTrades(exit: OrderIntent, view: RiskView): number | null {
  const { book } = view;
  const { session } = book;
  if (session === null || !countsDayTrades(view)) return null;
  const lines = linesOf(book);
  const made = dayTradesIn(book, session.window, lines);
  const usedWith = (orders: readonly OpenOrder[]) =>
    usedDayTrades(book, dayTradesByExits(book, linesWith(book, lines, orders), made, session.tradingDay));
  const others = onlyReserved(view).filter(({ clientOrderId }) => clientOrderId !== exit.clientOrderId);
  const used = usedWith([...others, askedOrder(exit, "exit", true)]);
  return used > DAY_TRADES_ALLOWED && used > usedWith(others) ? used : null;
}
