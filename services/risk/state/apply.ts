import type { LedgerEvent } from "#libs/bus/mod.ts";
import {
  accountSummaryMessage,
  approvedMessage,
  deniedMessage,
  type Envelope,
  fillMessage,
  gatewayStatusMessage,
  orderEventMessage,
  positionMessage,
  type RiskState,
  riskStateMessage,
} from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import { applyPosition, applySummary } from "./account.ts";
import type { Book } from "./book.ts";
import { applyFill } from "./fills.ts";
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
    const gateway = event.as(gatewayStatusMessage);
    const riskState = event.as(riskStateMessage);
    if (approved) applyApproval(book, approved.data, day());
    else if (denied) applyDenial(book, denied.data, day());
    else if (orderEvent) applyOrderEvent(book, orderEvent.data, day());
    else if (fill) applyFill(book, fill.data, calendar);
    else if (summary) applySummary(book, summary.data, summary, calendar);
    else if (position) applyPosition(book, position.data, day());
    else if (gateway) book.gateway = gateway.data;
    else if (riskState) applyRiskState(book, riskState.data);
    return book;
  };
}

function applyRiskState(book: Book, state: RiskState): void {
  const { tradingState, setBy, reason, since, tradingDay, dayTradeRegime, openingPrices = {} } = state;
  book.trading = { tradingState, setBy, reason, since };
  book.recorded = { tradingDay, dayTradeRegime, openingPrices };
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
