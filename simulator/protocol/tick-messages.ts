import { rounded } from "./fields.ts";
import type { Field } from "./frame.ts";
import { responseIds as id } from "./messages.ts";
import type { WireInstrument } from "./responses.ts";

/** Builders of the messages about single ticks, books, and figures of the past, fields in wire order (tws.md 5.3). */

/** Types a client may ask for, with the number the answers carry. */
export const tickByTickTypes = { Last: 1, AllLast: 2, BidAsk: 3, MidPoint: 4 } as const;
export type TickByTickType = keyof typeof tickByTickTypes;

export interface WireTrade {
  readonly epochS: number;
  readonly price: number;
  readonly size: number;
  readonly exchange: string;
}

export interface WireQuote {
  readonly epochS: number;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

export function tickByTickTrade(reqId: number, type: "Last" | "AllLast", trade: WireTrade): Field[] {
  const { epochS, price, size, exchange } = trade;
  return [id.TICK_BY_TICK, reqId, tickByTickTypes[type], epochS, rounded(price), size, 0, exchange, ""];
}

export function tickByTickQuote(reqId: number, quote: WireQuote): Field[] {
  const { epochS, bid, ask, bidSize, askSize } = quote;
  return [id.TICK_BY_TICK, reqId, tickByTickTypes.BidAsk, epochS, rounded(bid), rounded(ask), bidSize, askSize, 0];
}

export function tickByTickMidpoint(reqId: number, epochS: number, price: number): Field[] {
  return [id.TICK_BY_TICK, reqId, tickByTickTypes.MidPoint, epochS, rounded(price)];
}

export function historicalTrades(reqId: number, trades: readonly WireTrade[]): Field[] {
  const rows = trades.flatMap(({ epochS, price, size, exchange }) => [epochS, 0, rounded(price), size, exchange, ""]);
  return [id.HISTORICAL_TICKS_LAST, reqId, trades.length, ...rows, true];
}

export function historicalQuotes(reqId: number, quotes: readonly WireQuote[]): Field[] {
  const rows = quotes.flatMap(({ epochS, bid, ask, bidSize, askSize }) => [
    epochS,
    0,
    rounded(bid),
    rounded(ask),
    bidSize,
    askSize,
  ]);
  return [id.HISTORICAL_TICKS_BID_ASK, reqId, quotes.length, ...rows, true];
}

export function historicalMidpoints(
  reqId: number,
  midpoints: readonly { readonly epochS: number; readonly price: number }[],
): Field[] {
  const rows = midpoints.flatMap(({ epochS, price }) => [epochS, 0, rounded(price), 0]);
  return [id.HISTORICAL_TICKS, reqId, midpoints.length, ...rows, true];
}

/** What happened to a row of a book. */
export const depthOperations = { insert: 0, update: 1, remove: 2 } as const;

export interface WireDepthChange {
  readonly row: number;
  readonly operation: (typeof depthOperations)[keyof typeof depthOperations];
  readonly side: "bid" | "ask";
  readonly price: number;
  readonly size: number;
}

export function marketDepth(reqId: number, change: WireDepthChange): Field[] {
  const { row, operation, side, price, size } = change;
  return [id.MARKET_DEPTH, 1, reqId, row, operation, side === "bid" ? 1 : 0, rounded(price), size];
}

/** @param marketMaker the exchange, in a book that is put together from several. */
export function marketDepthL2(
  reqId: number,
  change: WireDepthChange,
  marketMaker: string,
  isSmartDepth: boolean,
): Field[] {
  const { row, operation, side, price, size } = change;
  return [
    id.MARKET_DEPTH_L2,
    1,
    reqId,
    row,
    marketMaker,
    operation,
    side === "bid" ? 1 : 0,
    rounded(price),
    size,
    isSmartDepth,
  ];
}

export function headTimestamp(reqId: number, text: string): Field[] {
  return [id.HEAD_TIMESTAMP, reqId, text];
}

export function histogramData(
  reqId: number,
  rows: readonly { readonly price: number; readonly size: number }[],
): Field[] {
  return [id.HISTOGRAM_DATA, reqId, rows.length, ...rows.flatMap(({ price, size }) => [rounded(price), size])];
}

export function historicalSchedule(
  reqId: number,
  schedule: {
    readonly start: string;
    readonly end: string;
    readonly timeZone: string;
    readonly sessions: readonly { readonly start: string; readonly end: string; readonly date: string }[];
  },
): Field[] {
  const { start, end, timeZone, sessions } = schedule;
  const rows = sessions.flatMap((session) => [session.start, session.end, session.date]);
  return [id.HISTORICAL_SCHEDULE, reqId, start, end, timeZone, sessions.length, ...rows];
}

export function tickNews(
  reqId: number,
  news: {
    readonly epochMs: number;
    readonly provider: string;
    readonly articleId: string;
    readonly headline: string;
  },
): Field[] {
  return [id.TICK_NEWS, reqId, news.epochMs, news.provider, news.articleId, news.headline, ""];
}

export function newsProviders(providers: readonly { readonly code: string; readonly name: string }[]): Field[] {
  return [id.NEWS_PROVIDERS, providers.length, ...providers.flatMap(({ code, name }) => [code, name])];
}

/** @param type 0 plain text or HTML, 1 binary. */
export function newsArticle(reqId: number, type: 0 | 1, text: string): Field[] {
  return [id.NEWS_ARTICLE, reqId, type, text];
}

export function historicalNews(
  reqId: number,
  news: {
    readonly time: string;
    readonly provider: string;
    readonly articleId: string;
    readonly headline: string;
  },
): Field[] {
  return [id.HISTORICAL_NEWS, reqId, news.time, news.provider, news.articleId, news.headline];
}

export function historicalNewsEnd(reqId: number, hasMore: boolean): Field[] {
  return [id.HISTORICAL_NEWS_END, reqId, hasMore];
}

export function scannerParameters(xml: string): Field[] {
  return [id.SCANNER_PARAMETERS, 1, xml];
}

export function scannerData(
  reqId: number,
  rows: readonly { readonly instrument: WireInstrument; readonly exchange: string }[],
): Field[] {
  const fields: Field[] = [id.SCANNER_DATA, 3, reqId, rows.length];
  for (const [rank, { instrument, exchange }] of rows.entries()) {
    const { conId, symbol, secType, lastTradeDate, strike, right } = instrument;
    fields.push(rank, conId, symbol, secType, lastTradeDate, String(strike), right || "?", exchange);
    fields.push(instrument.currency, instrument.localSymbol, instrument.tradingClass, instrument.tradingClass);
    // Distance, benchmark, projection and legs: empty in the scans of stocks.
    fields.push("", "", "", "");
  }
  return fields;
}
