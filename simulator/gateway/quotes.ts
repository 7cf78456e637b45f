import type { Quote, Tape } from "../market/tape.ts";
import { marketDataType, tickPrice, tickReqParams, tickSize, tickString, tickTypes } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import type { QuoteSubscription, Session } from "./session.ts";

/** What a new subscription gets first: its parameters, then everything that is known. */
export function sendFirstTicks(context: GatewayContext, session: Session, subscription: QuoteSubscription): void {
  const { reqId, instrument } = subscription;
  // Live data is always there, and then a real gateway answers type 1 also when delayed data was asked for.
  session.send(marketDataType(reqId, 1));
  session.send(tickReqParams(reqId, instrument.minTick, "9c0001"));
  const epochS = context.clock.nowS();
  const quote = context.market.quote(instrument.symbol, epochS);
  const tape = context.market.isManual(instrument.symbol)
    ? undefined
    : context.market.tapeAt(instrument.symbol, epochS);
  const previousClose = tape?.previousClose;
  if (previousClose !== undefined) session.send(tickPrice(reqId, tickTypes.close, previousClose, 0));
  if (quote === undefined) return;
  const day = tape === undefined ? undefined : dayFigures(tape, epochS);
  if (day !== undefined) {
    session.send(tickPrice(reqId, tickTypes.open, day.open, 0));
    session.send(tickPrice(reqId, tickTypes.high, day.high, 0));
    session.send(tickPrice(reqId, tickTypes.low, day.low, 0));
    session.send(tickSize(reqId, tickTypes.volume, day.volume));
  }
  const { bid, ask, bidSize, askSize } = quote;
  sendSide(session, reqId, "bid", bid, bidSize);
  sendSide(session, reqId, "ask", ask, askSize);
  sendLast(session, reqId, quote, epochS);
  const { high, low, volume } = day ?? { high: quote.last, low: quote.last, volume: quote.lastSize };
  subscription.sent = { bid, ask, bidSize, askSize, high, low, volume };
}

/** Sends what changed since the last quote: what moved of bid and ask, last when something traded. */
export function sendQuoteChange(
  session: Session,
  subscription: QuoteSubscription,
  quote: Quote,
  hasTraded: boolean,
  epochS: number,
): void {
  const { reqId, sent } = subscription;
  const { bid, ask, bidSize, askSize, last, lastSize } = quote;
  if (sent?.bid !== bid) sendSide(session, reqId, "bid", bid, bidSize);
  else if (sent.bidSize !== bidSize) session.send(tickSize(reqId, tickTypes.bidSize, bidSize));
  if (sent?.ask !== ask) sendSide(session, reqId, "ask", ask, askSize);
  else if (sent.askSize !== askSize) session.send(tickSize(reqId, tickTypes.askSize, askSize));
  let high = sent?.high ?? last;
  let low = sent?.low ?? last;
  let volume = sent?.volume ?? 0;
  if (hasTraded || sent === undefined) {
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
function sendSide(session: Session, reqId: number, side: "bid" | "ask", price: number, size: number): void {
  session.send(tickPrice(reqId, tickTypes[side], price, size));
  session.send(tickSize(reqId, side === "bid" ? tickTypes.bidSize : tickTypes.askSize, size));
}

function sendLast(session: Session, reqId: number, quote: Quote, epochS: number): void {
  session.send(tickString(reqId, tickTypes.lastTime, String(epochS)));
  session.send(tickPrice(reqId, tickTypes.last, quote.last, quote.lastSize));
}

/** Open, high, low and volume of the day so far. */
function dayFigures(tape: Tape, epochS: number) {
  let open = Number.NaN;
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let volume = 0;
  for (let index = 0; index <= epochS - tape.startEpochS; index += 1) {
    const price = tape.last[index];
    if (tape.trades[index] === 0 || price === undefined) continue;
    if (Number.isNaN(open)) open = price;
    high = Math.max(high, price);
    low = Math.min(low, price);
    volume += tape.volume[index] ?? 0;
  }
  return Number.isNaN(open) ? undefined : { open, high, low, volume };
}
