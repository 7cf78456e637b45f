import { invalidRequest } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/tape.ts";
import { lastTicks } from "../market/ticks.ts";
import type { RequestOf } from "../protocol/requests.ts";
import {
  type TickByTickType,
  tickByTickMidpoint,
  tickByTickQuote,
  tickByTickTrade,
  tickByTickTypes,
} from "../protocol/tick-messages.ts";
import type { GatewayContext } from "./context.ts";
import { findInstrument } from "./find-instrument.ts";
import { sendPastTicks } from "./past-requests.ts";
import { duplicateTickerId, noSuchTicker, refuse } from "./refuse.ts";
import type { Session, TickByTickSubscription } from "./session.ts";
import { missingPermission } from "./subscriptions.ts";

/** 5 % of the market data lines (tws.md 6.3). */
const ticksByTickMax = 5;

export function requestTickByTick(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_TICK_BY_TICK_DATA">,
): void {
  const { reqId, numberOfTicks, ignoreSize } = request;
  const instrument = findInstrument(context, session, reqId, request.contract);
  if (instrument === undefined) return;
  const type = typeOf(request.tickType);
  if (type === undefined) {
    refuse(session, reqId, invalidRequest("Invalid tick type"));
    return;
  }
  const cause = missingPermission(context, instrument) ?? unsupported(instrument, type);
  if (cause !== undefined) {
    refuse(session, reqId, { code: 10189, text: `Failed to request tick-by-tick data.${cause}` });
    return;
  }
  if (session.ticksByTick.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  const isTooSoon =
    context.faults().historicalPacing &&
    context.historicalPacing.violatesSingleTicks(instrument.key, performance.now());
  if (isTooSoon || session.ticksByTick.size >= ticksByTickMax) {
    refuse(session, reqId, { code: 10190, text: "Max number of tick-by-tick requests has been reached." });
    return;
  }
  if (numberOfTicks > 0) sendPast(context, session, reqId, instrument, type, numberOfTicks);
  session.ticksByTick.set(reqId, { reqId, instrument, type, ignoreSize, sent: undefined });
}

export function cancelTickByTick(session: Session, reqId: number): void {
  if (!session.ticksByTick.delete(reqId)) refuse(session, reqId, noSuchTicker(reqId));
}

/** What a new quote means to one subscription. */
export function sendTickByTick(
  session: Session,
  subscription: TickByTickSubscription,
  quote: Quote,
  hasTraded: boolean,
  epochS: number,
): void {
  const { reqId, type, instrument, sent } = subscription;
  subscription.sent = quote;
  switch (type) {
    case "Last":
    case "AllLast":
      if (!hasTraded) return;
      session.send(
        tickByTickTrade(reqId, type, {
          epochS,
          price: quote.last,
          size: quote.lastSize,
          exchange: instrument.primaryExchange,
        }),
      );
      return;
    case "BidAsk":
      if (sameQuote(sent, quote, subscription.ignoreSize)) return;
      session.send(tickByTickQuote(reqId, { epochS, ...quote }));
      return;
    case "MidPoint":
      if (sent !== undefined && sent.bid + sent.ask === quote.bid + quote.ask) return;
      session.send(tickByTickMidpoint(reqId, epochS, (quote.bid + quote.ask) / 2));
      return;
  }
}

function sameQuote(before: Quote | undefined, now: Quote, ignoreSize: boolean): boolean {
  if (before === undefined || before.bid !== now.bid || before.ask !== now.ask) return false;
  return ignoreSize || (before.bidSize === now.bidSize && before.askSize === now.askSize);
}

function typeOf(text: string): TickByTickType | undefined {
  return Object.hasOwn(tickByTickTypes, text) ? (text as TickByTickType) : undefined;
}

/** Options have no live single ticks at IBKR, indexes and currencies have no trades, indexes no quotes. */
function unsupported({ secType, hasTrades, hasQuotes, localSymbol }: Instrument, type: TickByTickType) {
  const needsTrades = type === "Last" || type === "AllLast";
  const isSupported = secType !== "OPT" && secType !== "IND" && (needsTrades ? hasTrades : hasQuotes);
  return isSupported ? undefined : `${type} tick-by-tick requests are not supported for ${localSymbol}.`;
}

/** Ticks from before the subscription, as asked for by numberOfTicks. */
function sendPast(
  context: GatewayContext,
  session: Session,
  reqId: number,
  instrument: Instrument,
  type: TickByTickType,
  count: number,
): void {
  const tapeOf = (date: string) => context.market.tape(instrument.key, date);
  const kind = type === "BidAsk" ? "quotes" : type === "MidPoint" ? "midpoints" : "trades";
  const ticks = lastTicks(tapeOf, kind, context.clock.nowS(), Math.min(count, 1000), false);
  sendPastTicks(session, reqId, instrument, kind, ticks);
}
