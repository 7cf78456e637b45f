import type { LedgerEvent } from "#libs/bus/mod.ts";
import {
  acceptedPositionMessage,
  accountSummaryMessage,
  approvedMessage,
  closeOutMessage,
  deniedMessage,
  type Envelope,
  fillMessage,
  foreignOrderMessage,
  gatewayStatusMessage,
  orderEventMessage,
  positionMessage,
  type RiskState,
  riskStateMessage,
} from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import { applyAcceptedPosition } from "./accepted-position.ts";
import { applyPosition, applySummary } from "./account.ts";
import type { Book } from "./book.ts";
import { applyFill } from "./fills.ts";
import { applyForeignOrder } from "./foreign-orders.ts";
import { lossStreakOf } from "./loss-streak.ts";
import { applyApproval, applyDenial, applyOrderEvent } from "./orders.ts";
import { dayOf, putDay, symbolBook } from "./positions.ts";
import { recount } from "./symbol-day.ts";
import { sessionDayOf } from "./trading-days.ts";

/** The fold of the risk service: one fact of the ledger into the book. Idempotent by business key. */
export function applyTo(calendar: Calendar): (book: Book, event: LedgerEvent) => Book {
  return (book, event) => {
    const day = () => tradingDayOf(book, event.envelope, calendar);
    const approved = event.as(approvedMessage);
    const denied = event.as(deniedMessage);
    const orderEvent = event.as(orderEventMessage);
    const fill = event.as(fillMessage);
    const summary = event.as(accountSummaryMessage);
    const position = event.as(positionMessage);
    const accepted = event.as(acceptedPositionMessage);
    const foreign = event.as(foreignOrderMessage);
    const gateway = event.as(gatewayStatusMessage);
    const riskState = event.as(riskStateMessage);
    const closeOut = event.as(closeOutMessage);
    if (approved) applyApproval(book, approved.data, day(), approved.marketTime);
    else if (denied) applyDenial(book, denied.data, day());
    else if (orderEvent) applyOrderEvent(book, orderEvent.data, day(), orderEvent.publishedAt);
    else if (fill) applyFill(book, fill.data, calendar, fill.publishedAt);
    else if (summary) applySummary(book, summary.data, summary, calendar);
    else if (position) applyPosition(book, position.data, day(), position.publishedAt);
    else if (accepted) applyAcceptedPosition(book, accepted.data, accepted.id, day());
    else if (foreign) applyForeignOrder(book, foreign.data, day());
    else if (gateway) book.gateway = gateway.data;
    else if (riskState) applyRiskState(book, riskState.data);
    else if (closeOut) book.closeOut = closeOut.data;
    if (fill || summary) book.lossStreak = book.session === null ? 0 : lossStreakOf(book, book.session.tradingDay);
    return book;
  };
}

function applyRiskState(book: Book, state: RiskState): void {
  const {
    tradingState,
    setBy,
    reason,
    since,
    tradingDay,
    dayTradeRegime,
    openingPrices = {},
    peakDayProfit = 0,
    overridden = [],
  } = state;
  book.trading = { tradingState, setBy, reason, since };
  book.recorded = { tradingDay, dayTradeRegime, openingPrices, peakDayProfit, overridden };
  if (tradingDay === null) return;
  for (const [symbol, price] of Object.entries(openingPrices)) {
    const day = dayOf(symbolBook(book, symbol), tradingDay);
    if (day.start.quantity === 0 || day.start.basis === price) continue;
    putDay(book, symbol, recount(tradingDay, { ...day.start, basis: price }, day.executions));
  }
}

function tradingDayOf(book: Book, envelope: Envelope<unknown>, calendar: Calendar): string {
  if (envelope.marketTime !== null) return sessionDayOf(calendar, envelope.marketTime);
  return book.session?.tradingDay ?? sessionDayOf(calendar, envelope.publishedAt);
}
