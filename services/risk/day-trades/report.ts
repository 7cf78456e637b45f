import type { DayTradeReport } from "#libs/contracts/mod.ts";
import { countsDayTrades, priorDayEquity } from "../checks/day-trades.ts";
import { onlyReserved, type RiskView, regimeIn } from "../evaluate/view.ts";
import type { Book } from "../state/book.ts";
import { linesOf, linesWith } from "../state/lines.ts";
import { countOf } from "./tally.ts";
import { DAY_TRADES_ALLOWED, dayTradesIn, foreseenDayTrades, UNCOUNTED_FROM_EQUITY, usedDayTrades } from "./use.ts";

/** Today and the four sessions after it: as far as the account's tags look, and the window of the rule. */
const SESSIONS = 5;

/** What the operator is told of day trades. Pure. */
export function dayTradeReport(view: RiskView): DayTradeReport {
  const { book } = view;
  const { session } = book;
  const { regime, reason } = regimeIn(view);
  const window = session?.window ?? [];
  return {
    regime,
    reason,
    limited: countsDayTrades(view),
    priorDayEquity: book.account === null && session === null ? null : priorDayEquity(book),
    uncountedFromEquity: UNCOUNTED_FROM_EQUITY,
    allowed: DAY_TRADES_ALLOWED,
    used: session === null ? 0 : usedDayTrades(book, dayTradesIn(book, window)),
    reserved: reservedIn(view),
    unseen: session?.unseenDayTrades ?? 0,
    sessions: session === null ? [] : sessionsAhead(view, session.tradingDay),
    days: daysIn(book, window),
  };
}

function reservedIn(view: RiskView): number {
  const { book } = view;
  if (book.session === null || !countsDayTrades(view)) return 0;
  const made = dayTradesIn(book, book.session.window);
  const lines = linesWith(book, linesOf(book), onlyReserved(view));
  const foreseen = foreseenDayTrades(book, lines, made, book.session.tradingDay);
  return usedDayTrades(book, foreseen) - usedDayTrades(book, made);
}

/**
 * What is left at each of the next sessions if no day trade is made until then: the oldest day leaves the window with
 * every session. What only the broker has counted is of an unknown day, and stays for as long as it may count.
 */
function sessionsAhead({ book, calendar }: RiskView, today: string): DayTradeReport["sessions"] {
  const tags = book.account?.summary.dayTradesRemaining ?? [];
  const sessions: DayTradeReport["sessions"] = [];
  for (let ahead = 0, day = today; ahead < SESSIONS; ahead += 1, day = calendar.nextTradingDay(day)) {
    const used = usedDayTrades(book, dayTradesIn(book, calendar.lastTradingDays(day, SESSIONS)));
    sessions.push({ tradingDay: day, remaining: Math.max(0, DAY_TRADES_ALLOWED - used), broker: tags[ahead] ?? null });
  }
  return sessions;
}

function daysIn(book: Book, window: readonly string[]): DayTradeReport["days"] {
  const days: DayTradeReport["days"] = [];
  for (const [symbol, entry] of book.symbols) {
    for (const { tradingDay, tally, start, executions } of entry.days) {
      const { byOpening, byDirection } = countOf(tally);
      if (!window.includes(tradingDay) || byOpening + byDirection === 0) continue;
      days.push({
        tradingDay,
        symbol,
        byOpening,
        byDirection,
        heldOvernight: start.quantity,
        executions: executions.map(({ executedAt, side, quantity, price, orderKey }) => ({
          executedAt,
          side,
          quantity,
          price,
          order: orderKey,
        })),
      });
    }
  }
  return days.sort((a, b) => (a.tradingDay + a.symbol < b.tradingDay + b.symbol ? -1 : 1));
}
