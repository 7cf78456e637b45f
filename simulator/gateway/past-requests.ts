import { invalidRequest, type Refusal } from "../broker/refusal.ts";
import { histogramOf } from "../market/histogram.ts";
import type { Instrument } from "../market/instrument.ts";
import { marketDay, parseEndDateTime, sessionSeconds, tradingDayFrom, utcTimeText } from "../market/new-york.ts";
import { firstTicks, lastTicks, type Tick, type TickKind } from "../market/ticks.ts";
import type { RequestOf } from "../protocol/requests.ts";
import {
  headTimestamp,
  histogramData,
  historicalMidpoints,
  historicalQuotes,
  historicalTrades,
} from "../protocol/tick-messages.ts";
import type { GatewayContext } from "./context.ts";
import { findInstrument } from "./find-instrument.ts";
import { isPacingViolation } from "./history-requests.ts";
import { historicalError, pacingViolation, refuse } from "./refuse.ts";
import type { Session } from "./session.ts";
import { missingHistory } from "./subscriptions.ts";

/** What the past holds besides bars: where it begins, at which prices things traded, and single ticks. */

const headSeries = new Set(["TRADES", "AGGTRADES", "BID", "ASK", "MIDPOINT", "BID_ASK"]);

export function requestHeadTimestamp(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HEAD_TIMESTAMP">,
): void {
  const { reqId, whatToShow } = request;
  const instrument = findInstrument(context, session, reqId, request.contract, { continuousFutures: true });
  if (instrument === undefined) return;
  if (!headSeries.has(whatToShow)) {
    refuse(session, reqId, invalidRequest(`Invalid whatToShow ${whatToShow}`));
    return;
  }
  if (isPacingViolation(context, request, 0)) {
    refuse(session, reqId, pacingViolation);
    return;
  }
  const cause = missingHistory(context, instrument);
  const isTrades = whatToShow === "TRADES" || whatToShow === "AGGTRADES";
  const first = context.market.firstDate(instrument.key);
  if (cause !== undefined || first === undefined || !(isTrades ? instrument.hasTrades : instrument.hasQuotes)) {
    refuse(session, reqId, historicalError(cause ?? "No head time stamp"));
    return;
  }
  const day = marketDay(first).isTradingDay ? marketDay(first) : tradingDayFrom(first, 1);
  const opens = request.useRth || instrument.secType === "OPT";
  const atS = day.midnightEpochS + (opens ? sessionSeconds.regularOpen : sessionSeconds.extendedOpen);
  session.answeredQueries.add(reqId);
  session.send(headTimestamp(reqId, request.formatDate === 2 ? String(atS) : utcTimeText(atS)));
}

/** Sessions a histogram may cover. */
const histogramSessionsMax = 21;

export function requestHistogram(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HISTOGRAM_DATA">,
): void {
  const { reqId, timePeriod, useRth } = request;
  const instrument = findInstrument(context, session, reqId, request.contract, { continuousFutures: true });
  if (instrument === undefined) return;
  const sessions = sessionsIn(timePeriod);
  if (sessions === undefined) {
    refuse(session, reqId, invalidRequest(`Invalid time period ${timePeriod}`));
    return;
  }
  const rows = histogramOf(
    (date) => context.market.tape(instrument.key, date),
    instrument.minTick,
    Math.min(sessions, histogramSessionsMax),
    useRth,
    context.clock.nowS(),
  );
  const cause =
    missingHistory(context, instrument) ??
    (sessions > histogramSessionsMax ? "Time length exceed max." : undefined) ??
    (rows.length === 0 || !instrument.hasTrades ? "No data" : undefined);
  if (cause !== undefined) {
    refuse(session, reqId, { code: 10188, text: `Failed to request histogram data:${cause}` });
    return;
  }
  session.answeredQueries.add(reqId);
  session.send(histogramData(reqId, rows));
}

/** Clients cancel these after the answer: a cancel of what was answered is silent, of anything else it is a mistake. */
export function cancelAnsweredQuery(session: Session, reqId: number): void {
  if (session.answeredQueries.delete(reqId)) return;
  refuse(session, reqId, { code: 366, text: `No historical data query found for ticker id:${reqId}` });
}

/** "3 days", "1 week": sessions; undefined when it is neither. Less than a day is the day. */
function sessionsIn(timePeriod: string): number | undefined {
  const match = /^(\d+) (sec|second|min|minute|hour|day|week|month|year)s?$/.exec(timePeriod.trim().toLowerCase());
  if (match === null) return undefined;
  const count = Number(match[1]);
  const each = { day: 1, week: 5, month: 21, year: 252 }[match[2] ?? ""];
  return count < 1 ? undefined : each === undefined ? 1 : count * each;
}

/** Ticks in one answer to REQ_HISTORICAL_TICKS, as at the real gateway. */
const historicalTicksMax = 1000;

const tickKinds: Readonly<Record<string, TickKind>> = { TRADES: "trades", BID_ASK: "quotes", MIDPOINT: "midpoints" };

export function requestHistoricalTicks(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HISTORICAL_TICKS">,
): void {
  const { reqId, numberOfTicks, useRth } = request;
  const instrument = findInstrument(context, session, reqId, request.contract, { continuousFutures: true });
  if (instrument === undefined) return;
  const kind = tickKinds[request.whatToShow];
  const refusal =
    kind === undefined ? invalidRequest("Invalid whatToShow") : refusalOfTicks(context, request, instrument, kind);
  if (refusal !== undefined || kind === undefined) {
    refuse(session, reqId, refusal ?? invalidRequest("Invalid whatToShow"));
    return;
  }
  const start = request.startDateTime === "" ? undefined : parseEndDateTime(request.startDateTime);
  const end = request.endDateTime === "" ? undefined : parseEndDateTime(request.endDateTime);
  const nowS = context.clock.nowS();
  const tapeOf = (date: string) => context.market.tape(instrument.key, date);
  const ticks =
    start !== undefined
      ? firstTicks(tapeOf, kind, start, numberOfTicks, useRth, Math.min(end ?? nowS, nowS))
      : lastTicks(tapeOf, kind, Math.min(end ?? nowS, nowS), numberOfTicks, useRth);
  sendPastTicks(session, reqId, instrument, kind, ticks);
}

/** Ticks of the past, in the message that their kind has. */
export function sendPastTicks(
  session: Session,
  reqId: number,
  instrument: Instrument,
  kind: TickKind,
  ticks: readonly Tick[],
): void {
  const exchange = instrument.primaryExchange;
  if (kind === "quotes") session.send(historicalQuotes(reqId, ticks));
  else if (kind === "midpoints") session.send(historicalMidpoints(reqId, ticks));
  else {
    const trades = ticks.map((tick) => ({ ...tick, exchange }));
    session.send(historicalTrades(reqId, trades));
  }
}

function refusalOfTicks(
  context: GatewayContext,
  request: RequestOf<"REQ_HISTORICAL_TICKS">,
  instrument: Instrument,
  kind: TickKind,
): Refusal | undefined {
  const { numberOfTicks, startDateTime, endDateTime } = request;
  if (numberOfTicks < 1 || numberOfTicks > historicalTicksMax) {
    return invalidRequest(`Number of ticks must be between 1 and ${historicalTicksMax}`);
  }
  if ((startDateTime === "") === (endDateTime === "")) {
    return invalidRequest("Please specify either a start or an end date/time");
  }
  if (parseEndDateTime(startDateTime || endDateTime) === undefined) {
    return invalidRequest(`Invalid ${startDateTime === "" ? "ending" : "starting"} date/time`);
  }
  const hasThem = kind === "trades" ? instrument.hasTrades : instrument.hasQuotes;
  const cause = missingHistory(context, instrument) ?? (hasThem ? undefined : "No data of this type is available");
  return cause === undefined ? undefined : { code: 10187, text: `Failed to request historical ticks:${cause}` };
}
