import { invalidRequest } from "../broker/refusal.ts";
import { parseSeries } from "../market/history.ts";
import type { RequestOf } from "../protocol/requests.ts";
import { tickSnapshotEnd } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { needFarm } from "./farms.ts";
import { findInstrument } from "./find-instrument.ts";
import { refusalOfGenericTicks, sendGenericTicks } from "./generic-ticks.ts";
import { subscribeToNews } from "./news-requests.ts";
import { openStream } from "./quote-streams.ts";
import { duplicateTickerId, noSuchTicker, refuse, tooManyTickers } from "./refuse.ts";
import type { QuoteSubscription, Session } from "./session.ts";
import { missingPermission, missingSeries } from "./subscriptions.ts";

/** A real gateway ends a snapshot about this long after the request. */
const snapshotMs = 11_000;

export function requestMarketData(context: GatewayContext, session: Session, request: RequestOf<"REQ_MKT_DATA">): void {
  const { reqId } = request;
  const instrument = findInstrument(context, session, reqId, request.contract);
  if (instrument === undefined) return;
  if (session.quotes.has(reqId) || session.news.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  const badTicks = refusalOfGenericTicks(request.genericTicks, instrument.secType, request.snapshot);
  if (badTicks !== undefined) {
    refuse(session, reqId, badTicks);
    return;
  }
  const noNews = subscribeToNews(session, reqId, instrument, request.genericTicks);
  if (noNews !== undefined) {
    refuse(session, reqId, noNews);
    return;
  }
  // "mdoff" leaves the prices out: what is wanted is the news alone.
  if (request.genericTicks.split(",").includes("mdoff")) return;
  if (!hasFreeLine(context, session)) {
    session.news.delete(reqId);
    refuse(session, reqId, tooManyTickers);
    return;
  }
  needFarm(context, session, "data");
  const subscription: QuoteSubscription = {
    reqId,
    instrument,
    delivery: "waiting",
    sent: undefined,
    isAwaited: false,
  };
  if (!request.snapshot) session.quotes.set(reqId, subscription);
  const isWanted = () => request.snapshot || session.quotes.get(reqId) === subscription;
  if (!openStream(context, session, subscription, isWanted)) {
    session.quotes.delete(reqId);
    session.news.delete(reqId);
    return;
  }
  if (!request.snapshot) {
    sendGenericTicks(session, reqId, instrument, request.genericTicks);
    return;
  }
  const endsAfterMs = Math.min(snapshotMs, snapshotMs / context.clock.speed);
  context.preparations.whenPriced(instrument.key, context.clock.nowS(), () =>
    context.later(endsAfterMs, () => session.send(tickSnapshotEnd(reqId))),
  );
}

export function cancelMarketData(session: Session, reqId: number): void {
  const hadNews = session.news.delete(reqId);
  if (!session.quotes.delete(reqId) && !hadNews) refuse(session, reqId, noSuchTicker(reqId));
}

export function requestRealTimeBars(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_REAL_TIME_BARS">,
): void {
  const { reqId } = request;
  const instrument = findInstrument(context, session, reqId, request.contract);
  if (instrument === undefined) return;
  const series = parseSeries(request.whatToShow);
  if (series === undefined || series === "BID_ASK") {
    refuse(session, reqId, invalidRequest(`Invalid whatToShow ${request.whatToShow}`));
    return;
  }
  const cause = missingPermission(context, instrument) ?? missingSeries(instrument, series);
  if (cause !== undefined) {
    refuse(session, reqId, { code: 420, text: `Invalid Real-time Query:${cause}` });
    return;
  }
  if (session.bars.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  if (!hasFreeLine(context, session)) {
    refuse(session, reqId, tooManyTickers);
    return;
  }
  if (context.faults().historicalPacing && context.historicalPacing.violatesBars(performance.now())) {
    refuse(session, reqId, { code: 420, text: "Invalid Real-time Query:Historical data request pacing violation" });
    return;
  }
  needFarm(context, session, "data");
  session.bars.set(reqId, { reqId, instrument, series, regularHoursOnly: request.useRth });
  context.preparations.prepare(instrument.key, context.clock.nowS());
}

export function cancelRealTimeBars(session: Session, reqId: number): void {
  if (!session.bars.delete(reqId)) refuse(session, reqId, noSuchTicker(reqId));
}

/** Lines of an account without extra bookings: 100; real-time bars count too (tws.md 6.3). */
function hasFreeLine(context: GatewayContext, session: Session): boolean {
  return session.quotes.size + session.bars.size < context.faults().marketDataLinesMax;
}
