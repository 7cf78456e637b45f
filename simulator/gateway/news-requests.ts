import { invalidRequest, type Refusal } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import { marketDayAt, parseNewsTime, utcNewsTimeText } from "../market/new-york.ts";
import { headlineOf, headlinesBetween, headlinesOn, newsProvider } from "../market/news.ts";
import type { RequestOf } from "../protocol/requests.ts";
import { historicalNews, historicalNewsEnd, newsArticle, newsProviders, tickNews } from "../protocol/tick-messages.ts";
import type { GatewayContext } from "./context.ts";
import { refuse } from "./refuse.ts";
import type { Session } from "./session.ts";

/** Headlines in one answer, as at the real gateway. */
const headlinesMax = 300;

/** How far back headlines go when no start is given. */
const searchBackSeconds = 90 * 86_400;

export function sendNewsProviders(session: Session): void {
  session.send(newsProviders([newsProvider]));
}

export function requestHistoricalNews(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_HISTORICAL_NEWS">,
): void {
  const { reqId, conId, totalResults } = request;
  const instrument = stockOf(context, conId);
  const nowS = context.clock.nowS();
  const from = timeOr(request.startDateTime, nowS - searchBackSeconds);
  const to = timeOr(request.endDateTime, nowS);
  const codes = request.providerCodes.split("+").filter((code) => code !== "");
  const unknown = codes.find((code) => code !== newsProvider.code);
  const refusal = refusalOfNews({ instrument, from, to, unknown, codes, totalResults });
  if (refusal !== undefined || instrument === undefined || from === undefined || to === undefined) {
    refuse(session, reqId, refusal ?? invalidRequest("Invalid contract id"));
    return;
  }
  const count = Math.min(totalResults, headlinesMax);
  // One more than is wanted tells whether there is more.
  const found = headlinesBetween(instrument, from, Math.min(to, nowS), count + 1);
  for (const { epochS, articleId, headline } of found.slice(0, count)) {
    const time = utcNewsTimeText(epochS);
    session.send(historicalNews(reqId, { time, provider: newsProvider.code, articleId, headline }));
  }
  session.send(historicalNewsEnd(reqId, found.length > count));
}

function refusalOfNews(request: {
  readonly instrument: Instrument | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly unknown: string | undefined;
  readonly codes: readonly string[];
  readonly totalResults: number;
}): Refusal | undefined {
  if (request.instrument === undefined) return invalidRequest("Invalid contract id");
  if (request.codes.length === 0) return invalidRequest("Provider codes must not be empty");
  if (request.unknown !== undefined) {
    return { code: 10172, text: `Failed to request news article:No subscription for provider ${request.unknown}` };
  }
  if (request.from === undefined) return invalidRequest("Invalid starting date/time");
  if (request.to === undefined) return invalidRequest("Invalid ending date/time");
  return request.totalResults < 1 ? invalidRequest("Total results must be positive") : undefined;
}

function timeOr(text: string, otherwise: number): number | undefined {
  return text === "" ? otherwise : parseNewsTime(text);
}

export function requestNewsArticle(
  context: GatewayContext,
  session: Session,
  { reqId, providerCode, articleId }: RequestOf<"REQ_NEWS_ARTICLE">,
): void {
  const found =
    providerCode === newsProvider.code ? headlineOf(articleId, (conId) => stockOf(context, conId)) : undefined;
  if (found === undefined || found.epochS > context.clock.nowS()) {
    refuse(session, reqId, { code: 10172, text: "Failed to request news article:No data available" });
    return;
  }
  session.send(newsArticle(reqId, 0, found.text));
}

/**
 * Subscribes to the headlines a list of generic ticks asks for: "292" for every provider, "292:SIMN" for some.
 *
 * @returns why not; undefined when it asks for none, or for what there is.
 */
export function subscribeToNews(
  session: Session,
  reqId: number,
  instrument: Instrument,
  genericTicks: string,
): Refusal | undefined {
  const asked = genericTicks.split(",").map((token) => token.trim().split(":"));
  const token = asked.find(([id]) => id === "292");
  if (token === undefined) return undefined;
  if (instrument.underlying !== undefined) {
    const text =
      "API News error:Derivative contracts cannot be used to subscribe to news, please use the underlying " +
      "(Stocks, Cash, News Topics, and certain Indexes are supported).";
    return { code: 10094, text };
  }
  const unknown = (token[1] ?? newsProvider.code).split("+").find((code) => code !== newsProvider.code);
  if (unknown !== undefined) {
    return { code: 10094, text: `API News error:Source code unchecked in API news Settings: ${unknown}` };
  }
  session.news.set(reqId, { reqId, instrument });
  return undefined;
}

/** Sends the headlines of one market second to whoever subscribed to them. */
export function sendNewsOf(sessions: readonly Session[], epochS: number): void {
  const { date } = marketDayAt(epochS);
  for (const session of sessions) {
    for (const { reqId, instrument } of session.news.values()) {
      for (const { articleId, headline, ...news } of headlinesOn(instrument, date)) {
        if (news.epochS !== epochS) continue;
        const epochMs = epochS * 1000;
        session.send(tickNews(reqId, { epochMs, provider: newsProvider.code, articleId, headline }));
      }
    }
  }
}

function stockOf(context: GatewayContext, conId: number): Instrument | undefined {
  return context.market.catalogue.withoutOptions().find((instrument) => instrument.conId === conId);
}
