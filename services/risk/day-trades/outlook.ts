import type { Alert } from "#libs/contracts/mod.ts";
import { countsDayTrades } from "../checks/day-trades.ts";
import { type Moment, onlyReserved, type RiskView } from "../evaluate/view.ts";
import { leavesOf, type OpenOrder } from "../state/book.ts";
import { isForeign } from "../state/foreign-orders.ts";
import { linesOf, linesWith } from "../state/lines.ts";
import { sessionDayOf } from "../state/trading-days.ts";
import { addsDayTrade, DAY_TRADES_ALLOWED, dayTradesIn, foreseenDayTrades, usedDayTrades } from "./use.ts";

/**
 * How long before anything can trade (04:00), market time: the nightly reset of the broker's servers (00:15 to 01:45 New
 * York, by its system status page) is over by then.
 */
const JUDGED_BEFORE_MS = 30 * 60_000;

/**
 * Entries approved on an earlier day that must not work any longer: filled today they open anew, and closed today they
 * could make a fourth day trade. An approval reserves the day trade of its own day; what a later day has left for it nobody
 * could know. The newest, and no more than are too many. Judged by the day's own word on the account, and not in the night:
 * until then the window, the broker's count and the equity are those of the day before, and what is canceled is gone.
 */
export function entriesBeyondDayTrades(view: RiskView, { marketMs }: Moment): readonly OpenOrder[] {
  const { book, calendar } = view;
  if (book.session === null || marketMs === null || !countsDayTrades(view)) return NONE;
  const today = sessionDayOf(calendar, marketMs);
  const isNight = calendar.phaseAt(marketMs + JUDGED_BEFORE_MS) === "closed";
  if (book.session.tradingDay !== today || isNight) return NONE;
  const resting = [...book.orders.values()].filter((order) => isOfEarlierDay(view, order, today));
  if (resting.length === 0) return NONE;
  const lines = linesWith(book, linesOf(book), onlyReserved(view));
  const made = dayTradesIn(book, book.session.window, lines);
  const foreseen = usedDayTrades(book, foreseenDayTrades(book, lines, made, today));
  if (foreseen <= DAY_TRADES_ALLOWED) return NONE;
  const adds = (order: OpenOrder): boolean =>
    lines.some((line) => line.symbol === order.symbol && addsDayTrade(book, line, order, today));
  return resting.filter(adds).slice(DAY_TRADES_ALLOWED - foreseen);
}

/** What the operator is told of it. */
export const entryCanceled = ({ clientOrderId, side, quantity, executed, symbol }: OpenOrder): Alert => ({
  severity: "warning",
  code: "DAY_TRADE_ENTRY_CANCELED",
  title: `An entry in ${symbol} is canceled: today has no day trade left for it`,
  text: `${side} ${quantity} ${symbol}, of which ${executed} executed, was approved on an earlier day. What it fills today opens anew, and closed today it could be a fourth day trade in five business days. What protects its position stays.`,
  fields: [{ name: "order", value: clientOrderId }],
});

const NONE: readonly OpenOrder[] = [];

function isOfEarlierDay({ book }: RiskView, order: OpenOrder, today: string): boolean {
  if (order.role !== "entry" || order.settled !== null || leavesOf(order) === 0 || isForeign(book, order)) return false;
  const decided = book.decisions.get(order.clientOrderId);
  return decided !== undefined && decided.tradingDay < today;
}
