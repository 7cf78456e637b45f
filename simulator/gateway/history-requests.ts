import { invalidRequest, type Refusal } from "../broker/refusal.ts";
import type { Bar, BarSeries } from "../market/bars.ts";
import { type BarsWanted, historicalBars, parseBarSize, parseSeries, startOfDuration } from "../market/history.ts";
import type { Instrument } from "../market/instrument.ts";
import {
  compactDateText,
  marketDayAt,
  marketTimeText,
  parseEndDateTime,
  sessionSeconds,
  tradingDayFrom,
} from "../market/new-york.ts";
import type { RequestOf } from "../protocol/requests.ts";
import { historicalData } from "../protocol/responses.ts";
import { historicalSchedule } from "../protocol/tick-messages.ts";
import type { GatewayContext } from "./context.ts";
import { needFarm } from "./farms.ts";
import { findInstrument } from "./find-instrument.ts";
import { openHistoriesMax } from "./historical-pacing.ts";
import { answerFailure, duplicateTickerId, historicalError, pacingViolation, refuse } from "./refuse.ts";
import type { Session } from "./session.ts";
import { missingHistory, missingSeries } from "./subscriptions.ts";

/** Bars in one answer; more would not fit the frame the clients accept. */
const historicalBarsMax = 100_000;

export function requestHistoricalData(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HISTORICAL_DATA">,
): void {
  const { reqId } = request;
  if (session.awaitedHistories.has(reqId) || session.histories.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  const instrument = findInstrument(context, session, reqId, request.contract, { continuousFutures: true });
  if (instrument === undefined) return;
  const size = parseBarSize(request.barSize);
  if (size === undefined) {
    refuse(session, reqId, invalidRequest(`Invalid bar size ${request.barSize}`));
    return;
  }
  const shown = whatIsShown(context, request, instrument);
  if (shown.kind === "refused") {
    refuse(session, reqId, shown.refusal);
    return;
  }
  if (request.keepUpToDate && request.endDateTime !== "") {
    refuse(session, reqId, invalidRequest("End date not supported with keepUpToDate"));
    return;
  }
  const nowS = context.clock.nowS();
  const asked = request.endDateTime === "" ? nowS : parseEndDateTime(request.endDateTime);
  if (asked === undefined) {
    refuse(session, reqId, invalidRequest("Invalid ending date/time"));
    return;
  }
  const until = Math.min(asked, nowS);
  const from = startOfDuration(request.duration, until);
  if (from === undefined) {
    refuse(session, reqId, invalidRequest(`Invalid duration ${request.duration}`));
    return;
  }
  needFarm(context, session, "history");
  const barSeconds = size.kind === "seconds" ? size.seconds : 86_400;
  if (isPacingViolation(context, request, barSeconds) || hasTooManyOpen(context)) {
    refuse(session, reqId, pacingViolation);
    return;
  }
  inItsTime(context, session, reqId, () => {
    if (shown.kind === "schedule") sendSchedule(session, reqId, from, until);
    else {
      const { series } = shown;
      const hours = { regularHoursOnly: request.useRth, fromEpochS: from, untilEpochS: until };
      answerBars(context, session, request, instrument, { size, series, ...hours });
    }
  });
}

/** Answers at once, or after as long as the fault `historyDelayMs` says; unless it is cancelled meanwhile. */
function inItsTime(context: GatewayContext, session: Session, reqId: number, answer: () => void): void {
  const { historyDelayMs } = context.faults();
  if (historyDelayMs === 0) {
    answer();
    return;
  }
  const stillAwaited = awaiting(session, reqId);
  context.later(historyDelayMs, () => {
    if (!stillAwaited()) return;
    session.awaitedHistories.delete(reqId);
    answer();
  });
}

/**
 * A question is open from now on.
 *
 * @returns whether it still is: neither answered nor cancelled, also when its id was used again since.
 */
function awaiting({ awaitedHistories }: Session, reqId: number): () => boolean {
  const question = Symbol(reqId);
  awaitedHistories.set(reqId, question);
  return () => awaitedHistories.get(reqId) === question;
}

/** Answers at once where that is quick, else a day at a time, unless it is cancelled meanwhile. */
function answerBars(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HISTORICAL_DATA">,
  instrument: Instrument,
  wanted: BarsWanted,
): void {
  const { market, preparations } = context;
  const { key } = instrument;
  const making = historicalBars(
    {
      tape: (date) => market.tape(key, date),
      pastBars: (date, kind, make) => market.barsOfPastDay(key, date, kind, make),
    },
    wanted,
  );
  const stillAwaited = awaiting(session, request.reqId);
  preparations.inTurns(() => {
    if (session.isGone || !stillAwaited()) return true;
    try {
      const made = making.next();
      if (made.done !== true) return false;
      sendBars(session, request, instrument, wanted, made.value);
    } catch (error) {
      answerFailure(context, session, request, error);
    }
    session.awaitedHistories.delete(request.reqId);
    return true;
  });
}

function sendBars(
  session: Session,
  request: RequestOf<"REQ_HISTORICAL_DATA">,
  instrument: Instrument,
  { size, series, fromEpochS, untilEpochS }: BarsWanted,
  bars: readonly { readonly date: string; readonly bar: Bar }[],
): void {
  const { reqId } = request;
  if (bars.length === 0) {
    refuse(session, reqId, historicalError(`HMDS query returned no data: ${nameOf(instrument, request.whatToShow)}`));
    return;
  }
  if (bars.length > historicalBarsMax) {
    refuse(session, reqId, historicalError("Time length exceed max."));
    return;
  }
  const wireBars = bars.map(({ date, bar }) => ({
    ...bar,
    date: size.kind === "seconds" ? barTimeText(bar.startEpochS, request.formatDate) : compactDateText(date),
  }));
  session.send(historicalData(reqId, marketTimeText(fromEpochS), marketTimeText(untilEpochS), wireBars));
  if (!request.keepUpToDate) return;
  const { formatDate, useRth } = request;
  session.histories.set(reqId, { reqId, instrument, series, regularHoursOnly: useRth, size, formatDate });
}

/**
 * Counts a question to the history farm, and says whether the account asks too often (the fault `historicalPacing`).
 *
 * @param barSeconds 0 for a head time stamp.
 */
export function isPacingViolation(
  context: GatewayContext,
  request: RequestOf<"REQ_HISTORICAL_DATA" | "REQ_HEAD_TIMESTAMP">,
  barSeconds: number,
): boolean {
  if (!context.faults().historicalPacing) return false;
  const { reqId: _, contract, whatToShow, ...rest } = request;
  const { symbol, exchange } = contract;
  const query = { symbol, exchange, whatToShow, barSeconds, rest: JSON.stringify([contract, rest]) };
  return context.historicalPacing.violates(query, performance.now());
}

/** Open is what has no answer yet, and what is kept up to date; of all the account's connections. */
function hasTooManyOpen(context: GatewayContext): boolean {
  if (!context.faults().historicalPacing) return false;
  const sessions = context.readySessions();
  const open = sessions.reduce((sum, each) => sum + each.histories.size + each.awaitedHistories.size, 0);
  return open >= openHistoriesMax;
}

type Shown =
  | { readonly kind: "series"; readonly series: BarSeries }
  | { readonly kind: "schedule" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** What the API knows and the simulated market does not have: no data, instead of an invalid request. */
const withoutData = new Set(
  (
    "HISTORICAL_VOLATILITY OPTION_IMPLIED_VOLATILITY FEE_RATE REBATE_RATE " +
    "YIELD_BID YIELD_ASK YIELD_BID_ASK YIELD_LAST"
  ).split(" "),
);

function whatIsShown(
  context: GatewayContext,
  request: RequestOf<"REQ_HISTORICAL_DATA">,
  instrument: Instrument,
): Shown {
  const { whatToShow, barSize, endDateTime, keepUpToDate } = request;
  const refused = (refusal: Refusal): Shown => ({ kind: "refused", refusal });
  const permission = missingHistory(context, instrument);
  if (permission !== undefined) return refused(historicalError(permission));
  if (whatToShow === "SCHEDULE") {
    if (barSize !== "1 day") return refused(invalidRequest("Only 1 day bar size is supported for SCHEDULE"));
    return { kind: "schedule" };
  }
  if (whatToShow === "TRADES" && instrument.secType === "CRYPTO") {
    const text = "Expected what to show is AGGTRADES, please use that instead of TRADES.";
    return refused({ code: 10299, text });
  }
  if (whatToShow === "ADJUSTED_LAST" && (endDateTime !== "" || keepUpToDate)) {
    return refused(invalidRequest("End Date not supported with adjusted last"));
  }
  if (withoutData.has(whatToShow)) {
    return refused(historicalError(`HMDS query returned no data: ${nameOf(instrument, whatToShow)}`));
  }
  // No splits and no dividends here: adjusted prices are the prices.
  const isTrades = whatToShow === "AGGTRADES" || whatToShow === "ADJUSTED_LAST";
  const series = parseSeries(isTrades ? "TRADES" : whatToShow);
  if (series === undefined) return refused(invalidRequest(`Invalid whatToShow ${whatToShow}`));
  const missing = missingSeries(instrument, series);
  return missing === undefined ? { kind: "series", series } : refused(historicalError(missing));
}

function nameOf({ localSymbol, primaryExchange }: Instrument, whatToShow: string): string {
  return `${localSymbol}@${primaryExchange} ${whatToShow}`;
}

/** The sessions of a stretch of time, for whoever asks for SCHEDULE instead of prices. */
function sendSchedule(session: Session, reqId: number, fromEpochS: number, untilEpochS: number): void {
  const sessions: { start: string; end: string; date: string }[] = [];
  for (let day = marketDayAt(fromEpochS); day.midnightEpochS < untilEpochS; day = tradingDayFrom(day.date, 1)) {
    if (!day.isTradingDay) continue;
    const at = (second: number) => dashed(marketTimeText(day.midnightEpochS + second));
    sessions.push({
      start: at(sessionSeconds.regularOpen),
      end: at(day.regularClose),
      date: compactDateText(day.date),
    });
  }
  const [start, end] = [sessions[0]?.start ?? "", sessions.at(-1)?.end ?? ""];
  session.send(historicalSchedule(reqId, { start, end, timeZone: "US/Eastern", sessions }));
}

/** "20251007-09:30:00": in a schedule the zone is a field of its own. */
function dashed(text: string): string {
  return text.slice(0, 17).replace(" ", "-");
}

/** Intraday bars are named by epoch seconds when formatDate is 2, else by New York wall-clock time. */
export function barTimeText(epochS: number, formatDate: number): string {
  return formatDate === 2 ? String(epochS) : marketTimeText(epochS);
}

export function cancelHistoricalData(session: Session, reqId: number): void {
  if (session.histories.delete(reqId) || session.awaitedHistories.delete(reqId)) {
    refuse(session, reqId, historicalError(`API historical data query cancelled: ${reqId}`));
  } else {
    refuse(session, reqId, { code: 366, text: `No historical data query found for ticker id:${reqId}` });
  }
}
