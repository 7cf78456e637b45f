import { lastSessionSecond } from "../market/new-york.ts";
import { dayFigures, type Quote, type Tape } from "../market/tape.ts";
import {
  marketDataType,
  tickGeneric,
  tickPrice,
  tickReqParams,
  tickSize,
  tickString,
  tickTypes,
} from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { usStockBboExchange } from "./depth-requests.ts";
import type { Delivery, QuoteSubscription, Session } from "./session.ts";

/** Delay of US stocks without a subscription, market seconds. */
export const delayS = 15 * 60;

/** What MARKET_DATA_TYPE says of each delivery. */
const wireTypes: Readonly<Record<Delivery, number>> = { live: 1, frozen: 2, delayed: 3, waiting: 1 };

/** The moment whose prices a subscription gets now; by hand there is only the present one. */
export function tickTimeOf({ clock, market }: GatewayContext, { delivery, instrument }: QuoteSubscription): number {
  const nowS = clock.nowS();
  if (delivery === "delayed") return market.isManual(instrument.key) ? nowS : nowS - delayS;
  return delivery === "frozen" ? lastSessionSecond(nowS) : nowS;
}

/** Who gets ticks: a session, or something that changes them on the way to it. */
export type TickReceiver = Pick<Session, "send">;

/** What a new subscription gets first. */
export function sendParameters(context: GatewayContext, session: TickReceiver, subscription: QuoteSubscription): void {
  const { reqId, instrument, delivery } = subscription;
  session.send(marketDataType(reqId, wireTypes[delivery]));
  session.send(tickReqParams(reqId, instrument.minTick, instrument.secType === "STK" ? usStockBboExchange : ""));
  if (instrument.secType === "STK") sendHaltState(context, session, subscription);
}

/** And then: everything that is known. */
export function sendFirstTicks(context: GatewayContext, session: TickReceiver, subscription: QuoteSubscription): void {
  const { reqId, instrument } = subscription;
  const epochS = tickTimeOf(context, subscription);
  const quote = context.market.quote(instrument.key, epochS);
  // Where nothing has a price but by hand, and none was set, the source's day is nobody's.
  const isNobodys = quote === undefined && context.market.isManual(instrument.key);
  const tape = isNobodys ? undefined : context.market.tapeAt(instrument.key, epochS);
  sendClose(session, reqId, tape);
  if (quote === undefined) return;
  const day = tape === undefined ? undefined : dayFigures(tape, epochS);
  if (day !== undefined) {
    session.send(tickPrice(reqId, tickTypes.open, day.open, 0));
    session.send(tickPrice(reqId, tickTypes.high, day.high, 0));
    session.send(tickPrice(reqId, tickTypes.low, day.low, 0));
    if (instrument.hasTrades) session.send(tickSize(reqId, tickTypes.volume, day.volume));
  }
  const { bid, ask, bidSize, askSize } = quote;
  if (instrument.hasQuotes) {
    sendSide(session, reqId, "bid", bid, bidSize);
    sendSide(session, reqId, "ask", ask, askSize);
  }
  if (instrument.hasTrades) sendLast(session, reqId, quote, epochS);
  const { high, low, volume } = day ?? { high: quote.last, low: quote.last, volume: quote.lastSize };
  subscription.sent = { bid, ask, bidSize, askSize, high, low, volume };
}

/** The close of the day before, where there was one. */
export function sendClose(session: TickReceiver, reqId: number, tape: Tape | undefined): void {
  const close = tape?.previousClose;
  if (close !== undefined) session.send(tickPrice(reqId, tickTypes.close, close, 0));
}

/** Tick 49: 0 while there is trading, 1 halted by the exchange, 2 paused for a move too fast. */
export function sendHaltState(context: GatewayContext, session: TickReceiver, subscription: QuoteSubscription): void {
  const halt = context.market.haltOf(subscription.instrument.key);
  const value = halt === undefined ? 0 : halt === "general" ? 1 : 2;
  session.send(tickGeneric(subscription.reqId, tickTypes.halted, value));
}

/** Sends what changed since the last quote: what moved of bid and ask, last when something traded. */
export function sendQuoteChange(
  session: TickReceiver,
  subscription: QuoteSubscription,
  quote: Quote,
  hasTraded: boolean,
  epochS: number,
): void {
  const { reqId, sent, instrument } = subscription;
  const { bid, ask, bidSize, askSize, last, lastSize } = quote;
  if (instrument.hasQuotes) {
    if (sent?.bid !== bid) sendSide(session, reqId, "bid", bid, bidSize);
    else if (sent.bidSize !== bidSize) session.send(tickSize(reqId, tickTypes.bidSize, bidSize));
    if (sent?.ask !== ask) sendSide(session, reqId, "ask", ask, askSize);
    else if (sent.askSize !== askSize) session.send(tickSize(reqId, tickTypes.askSize, askSize));
  }
  let high = sent?.high ?? last;
  let low = sent?.low ?? last;
  let volume = sent?.volume ?? 0;
  if (instrument.hasTrades && (hasTraded || sent === undefined)) {
    sendLast(session, reqId, quote, epochS);
    volume += lastSize;
    session.send(tickSize(reqId, tickTypes.volume, volume));
    if (last > high) session.send(tickPrice(reqId, tickTypes.high, last, 0));
    if (last < low) session.send(tickPrice(reqId, tickTypes.low, last, 0));
    high = Math.max(high, last);
    low = Math.min(low, last);
  }
  subscription.sent = { bid, ask, bidSize, askSize, high, low, volume };
}

/**
 * A price with its size, and the size once more by itself, as TWS does. The repetition matters: stoqey 1.6.10 takes
 * the bid's size out of TICK_PRICE and loses it (its tick type is 0), so TICK_SIZE is where it learns the bid size.
 */
function sendSide(session: TickReceiver, reqId: number, side: "bid" | "ask", price: number, size: number): void {
  session.send(tickPrice(reqId, tickTypes[side], price, size));
  session.send(tickSize(reqId, side === "bid" ? tickTypes.bidSize : tickTypes.askSize, size));
}

function sendLast(session: TickReceiver, reqId: number, quote: Quote, epochS: number): void {
  session.send(tickString(reqId, tickTypes.lastTime, String(epochS)));
  session.send(tickPrice(reqId, tickTypes.last, quote.last, quote.lastSize));
}
