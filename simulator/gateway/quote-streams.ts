import { isExtendedSession } from "../market/new-york.ts";
import { type Quote, quoteAt } from "../market/tape.ts";
import type { Field } from "../protocol/frame.ts";
import { responseIds } from "../protocol/messages.ts";
import { errorMessage, tickTypes } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { accessOf, grantOf } from "./market-data-access.ts";
import { sendOptionFigures } from "./option-requests.ts";
import { delayS, sendFirstTicks, sendParameters, type TickReceiver, tickTimeOf } from "./quotes.ts";
import type { QuoteSubscription, Session } from "./session.ts";

/**
 * Begins a stream, or begins it anew after the access changed.
 *
 * @param isWanted whether it still is when its first prices are made.
 * @returns false when it is refused.
 */
export function openStream(
  context: GatewayContext,
  session: Session,
  subscription: QuoteSubscription,
  isWanted: () => boolean,
): boolean {
  const grant = grantOf(accessOf(context, subscription.instrument), session.marketDataType);
  if (grant.kind === "refused") {
    session.send(errorMessage(subscription.reqId, grant.refusal.code, grant.refusal.text));
    return false;
  }
  const { delivery, notice } = grant;
  subscription.delivery = delivery === "live" && isFrozen(context, session) ? "frozen" : delivery;
  if (notice !== undefined) session.send(errorMessage(subscription.reqId, notice.code, notice.text));
  if (delivery === "waiting") return true;
  sendParameters(context, receiverOf(session, subscription), subscription);
  // Opened anew while its first prices are made: they come in the new way.
  if (subscription.isAwaited) return true;
  subscription.isAwaited = true;
  context.preparations.whenPriced(subscription.instrument.key, tickTimeOf(context, subscription), () => {
    subscription.isAwaited = false;
    if (subscription.delivery === "waiting" || !isWanted()) return;
    sendFirstTicks(context, receiverOf(session, subscription), subscription);
    if (subscription.delivery === "live") sendOptionFigures(context, session, subscription);
  });
  return true;
}

/** Frozen data is what stood at the close: given to who asked for it, while the market is closed. */
function isFrozen(context: GatewayContext, session: Session): boolean {
  const wantsFrozen = session.marketDataType === 2 || session.marketDataType === 4;
  return wantsFrozen && !isExtendedSession(context.clock.nowS());
}

/**
 * The account's access has changed: every open stream follows, or ends with the error a new request would get. Bars
 * that are kept up to date are lost with the live data (10182, tws.md 6.1); a competing session only silences them.
 */
export function reopenStreams(context: GatewayContext): void {
  for (const session of context.readySessions()) {
    for (const [reqId, subscription] of session.quotes) {
      const isWanted = () => session.quotes.get(reqId) === subscription;
      if (!openStream(context, session, subscription, isWanted)) session.quotes.delete(reqId);
    }
    for (const [reqId, { instrument }] of session.histories) {
      if (["live", "competing"].includes(accessOf(context, instrument))) continue;
      session.histories.delete(reqId);
      session.send(errorMessage(reqId, 10182, "Failed to request live updates (disconnected)."));
    }
  }
}

/** Who gets a subscription's ticks: the session, with the tick types of delayed data where it has only that. */
export function receiverOf(session: Session, { delivery }: QuoteSubscription): TickReceiver {
  return delivery === "delayed" ? { send: (fields) => session.send(asDelayed(fields)) } : session;
}

/** A quote as a delayed subscription gets it: of a quarter of an hour ago; by hand there is only the present one. */
export function delayedQuote(
  context: GatewayContext,
  symbol: string,
  now: QuoteNow,
  nowS: number,
): QuoteNow | undefined {
  if (context.market.isManual(symbol)) return now;
  const tape = context.market.tapeAt(symbol, nowS - delayS);
  const quote = tape === undefined ? undefined : quoteAt(tape, nowS - delayS);
  if (tape === undefined || quote === undefined) return undefined;
  return { quote, hasTraded: (tape.trades[nowS - delayS - tape.startEpochS] ?? 0) > 0 };
}

/** A quote, and whether something traded in its second. */
interface QuoteNow {
  readonly quote: Quote;
  readonly hasTraded: boolean;
}

/** Live tick types and their delayed twins (tws.md 5.3: 66 and up). */
const delayedTypes = new Map<number, number>([
  [tickTypes.bid, 66],
  [tickTypes.ask, 67],
  [tickTypes.last, 68],
  [tickTypes.bidSize, 69],
  [tickTypes.askSize, 70],
  [tickTypes.high, 72],
  [tickTypes.low, 73],
  [tickTypes.volume, 74],
  [tickTypes.close, 75],
  [tickTypes.open, 76],
  [tickTypes.lastTime, 88],
  [tickTypes.halted, 90],
]);

const tickIds: ReadonlySet<Field> = new Set([
  responseIds.TICK_PRICE,
  responseIds.TICK_SIZE,
  responseIds.TICK_GENERIC,
  responseIds.TICK_STRING,
]);
const typeIndex = 3;

function asDelayed(fields: readonly Field[]): readonly Field[] {
  if (!tickIds.has(fields[0])) return fields;
  const type = Number(fields[typeIndex]);
  return fields.with(typeIndex, delayedTypes.get(type) ?? type);
}
