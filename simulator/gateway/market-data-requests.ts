import { invalidRequest, noSecurityDefinition, type Refusal } from "../broker/refusal.ts";
import type { Instrument } from "../market/catalogue.ts";
import { historicalBars, parseBarSize, parseSeries, startOfDuration } from "../market/history.ts";
import { compactDateText, hoursText, marketDayAt, marketTimeText, parseEndDateTime } from "../market/new-york.ts";
import type { ContractQuery } from "../protocol/contract.ts";
import type { Request } from "../protocol/requests.ts";
import { contractData, contractDataEnd, errorMessage, historicalData, tickSnapshotEnd } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { sendFirstTicks } from "./quotes.ts";
import type { Session } from "./session.ts";

type RequestOf<Name extends Request["name"]> = Extract<Request, { name: Name }>;

/** Market data lines of an account without extra bookings; real-time bars count too (tws.md 6.3). */
const marketDataLinesMax = 100;

/** A real gateway ends a snapshot about this long after the request. */
const snapshotMs = 11_000;

/** Bars in one answer; more would not fit the frame the clients accept. */
const historicalBarsMax = 100_000;

export function requestMarketData(context: GatewayContext, session: Session, request: RequestOf<"REQ_MKT_DATA">): void {
  const { reqId } = request;
  const instrument = resolve(context, session, reqId, request.contract);
  if (instrument === undefined) return;
  if (session.quotes.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  if (!hasFreeLine(session)) {
    refuse(session, reqId, tooManyTickers);
    return;
  }
  const subscription = { reqId, instrument, sent: undefined };
  if (!request.snapshot) session.quotes.set(reqId, subscription);
  sendFirstTicks(context, session, subscription);
  if (!request.snapshot) return;
  context.later(Math.min(snapshotMs, snapshotMs / context.clock.speed), () => session.send(tickSnapshotEnd(reqId)));
}

export function cancelMarketData(session: Session, reqId: number): void {
  if (!session.quotes.delete(reqId)) refuse(session, reqId, noSuchTicker(reqId));
}

export function requestRealTimeBars(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_REAL_TIME_BARS">,
): void {
  const { reqId } = request;
  const instrument = resolve(context, session, reqId, request.contract);
  if (instrument === undefined) return;
  const series = parseSeries(request.whatToShow);
  if (series === undefined) {
    refuse(session, reqId, invalidRequest(`Invalid whatToShow ${request.whatToShow}`));
    return;
  }
  if (session.bars.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  if (!hasFreeLine(session)) {
    refuse(session, reqId, tooManyTickers);
    return;
  }
  session.bars.set(reqId, { reqId, instrument, series, regularHoursOnly: request.useRth });
}

export function cancelRealTimeBars(session: Session, reqId: number): void {
  if (!session.bars.delete(reqId)) refuse(session, reqId, noSuchTicker(reqId));
}

export function requestHistoricalData(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HISTORICAL_DATA">,
): void {
  const { reqId } = request;
  const instrument = resolve(context, session, reqId, request.contract);
  if (instrument === undefined) return;
  const size = parseBarSize(request.barSize);
  const series = parseSeries(request.whatToShow);
  if (size === undefined) {
    refuse(session, reqId, invalidRequest(`Invalid bar size ${request.barSize}`));
    return;
  }
  if (series === undefined) {
    refuse(session, reqId, invalidRequest(`Invalid whatToShow ${request.whatToShow}`));
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
  const tapeOf = (date: string) => context.market.tape(instrument.symbol, date);
  const bars = historicalBars(tapeOf, size, series, request.useRth, from, until);
  if (bars.length === 0) {
    refuse(session, reqId, historicalError("HMDS query returned no data"));
    return;
  }
  if (bars.length > historicalBarsMax) {
    refuse(session, reqId, historicalError("Time length exceed max."));
    return;
  }
  const wireBars = bars.map(({ date, bar }) => ({
    ...bar,
    date: size.kind === "day" ? compactDateText(date) : barTimeText(bar.startEpochS, request.formatDate),
  }));
  session.send(historicalData(reqId, marketTimeText(from), marketTimeText(until), wireBars));
  if (!request.keepUpToDate) return;
  const { formatDate, useRth } = request;
  session.histories.set(reqId, { reqId, instrument, series, regularHoursOnly: useRth, size, formatDate });
}

/** Intraday bars are named by epoch seconds when formatDate is 2, else by New York wall-clock time. */
export function barTimeText(epochS: number, formatDate: number): string {
  return formatDate === 2 ? String(epochS) : marketTimeText(epochS);
}

export function cancelHistoricalData(session: Session, reqId: number): void {
  if (session.histories.delete(reqId)) {
    refuse(session, reqId, historicalError(`API historical data query cancelled: ${reqId}`));
  } else {
    refuse(session, reqId, { code: 366, text: `No historical data query found for ticker id:${reqId}` });
  }
}

export function requestContractData(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_CONTRACT_DATA">,
): void {
  const instrument = context.market.find(request.contract);
  if (instrument === undefined) {
    refuse(session, request.reqId, noSecurityDefinition);
    return;
  }
  const { date } = marketDayAt(context.clock.nowS());
  const hours = { trading: hoursText(date, "0400", "2000", 6), liquid: hoursText(date, "0930", "1600", 6) };
  session.send(contractData(request.reqId, instrument, hours, session.serverVersion));
  session.send(contractDataEnd(request.reqId));
}

function resolve(
  context: GatewayContext,
  session: Session,
  reqId: number,
  contract: ContractQuery,
): Instrument | undefined {
  const instrument = context.market.find(contract);
  if (instrument === undefined) refuse(session, reqId, noSecurityDefinition);
  else if (contract.exchange === "" && contract.conId <= 0) {
    refuse(session, reqId, invalidRequest("Please enter exchange"));
    return undefined;
  }
  return instrument;
}

function hasFreeLine(session: Session): boolean {
  return session.quotes.size + session.bars.size < marketDataLinesMax;
}

function refuse(session: Session, reqId: number, refusal: Refusal): void {
  session.send(errorMessage(reqId, refusal.code, refusal.text));
}

const duplicateTickerId: Refusal = {
  code: 322,
  text: "Error processing request.-'bO' : cause - Duplicate ticker id",
};

const tooManyTickers: Refusal = { code: 101, text: "Max number of tickers has been reached" };

function noSuchTicker(reqId: number): Refusal {
  return { code: 300, text: `Can't find EId with tickerId:${reqId}` };
}

function historicalError(cause: string): Refusal {
  return { code: 162, text: `Historical Market Data Service error message:${cause}` };
}
