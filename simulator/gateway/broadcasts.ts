import { encodeFrame } from "../protocol/frame.ts";
import { currentTime, errorMessage, tickPrice, tickTypes } from "../protocol/responses.ts";
import { sendAccountSummary, sendAccountUpdate, sendProfitAndLoss } from "./account-requests.ts";
import type { GatewayContext } from "./context.ts";
import { sendAccountUpdateMulti } from "./multi-account-requests.ts";
import { sendScan } from "./scanner-requests.ts";

/** What goes to every connection that wants it, unasked. */

export function broadcastSummaries(context: GatewayContext): void {
  for (const session of context.readySessions()) {
    for (const [reqId, tags] of session.accountSummaries) sendAccountSummary(context, session, reqId, tags);
  }
}

export function broadcastAccountUpdates(context: GatewayContext): void {
  for (const session of context.readySessions()) {
    if (session.wantsAccountUpdates) sendAccountUpdate(context, session);
    for (const reqId of session.accountUpdatesMulti.keys()) sendAccountUpdateMulti(context, session, reqId);
  }
}

export function broadcastScans(context: GatewayContext): void {
  for (const session of context.readySessions()) {
    for (const request of session.scanners.values()) sendScan(context, session, request);
  }
}

export function broadcastProfits(context: GatewayContext): void {
  for (const session of context.readySessions()) {
    for (const [reqId, { conId }] of session.profits) sendProfitAndLoss(context, session, reqId, conId);
  }
}

/** Lets a client follow a clock that runs faster than life: an extension of the protocol, off at speed 1. */
export function broadcastClock(context: GatewayContext): void {
  for (const session of context.readySessions()) {
    session.send(currentTime(context.clock.nowS()));
    session.flush();
  }
}

/** An ERR_MSG that belongs to no request: a state of the gateway or of its links. */
export function broadcastError(
  context: GatewayContext,
  code: number,
  text: string,
  id = -1,
  advancedOrderRejectJson = "",
): void {
  for (const session of context.readySessions()) session.send(errorMessage(id, code, text, advancedOrderRejectJson));
}

/**
 * Pushes `count` bid and ask ticks around a quote to each subscriber of a symbol in one write, past the matching
 * engine and the frame records: for throughput measurements.
 *
 * @returns ticks written, over all subscribers.
 */
export function broadcastTicks(
  context: GatewayContext,
  symbol: string,
  quote: { readonly bid: number; readonly ask: number },
  count: number,
): number {
  let written = 0;
  for (const session of context.readySessions()) {
    for (const subscription of session.quotes.values()) {
      if (subscription.instrument.key !== symbol) continue;
      session.sendEncoded(ticksAround(subscription.reqId, quote.bid, quote.ask, count));
      subscription.sent = undefined;
      written += count;
    }
    session.flush();
  }
  return written;
}

/** Frames that walk bid and ask up and down by cents, so that no tick equals the one before. */
function ticksAround(reqId: number, bid: number, ask: number, count: number): string {
  const frames: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const step = ((index >> 1) % 20) / 100;
    const isBid = index % 2 === 0;
    const price = (isBid ? bid : ask) + step;
    frames.push(encodeFrame(tickPrice(reqId, isBid ? tickTypes.bid : tickTypes.ask, price, 100 + (index % 7) * 100)));
  }
  return frames.join("");
}
