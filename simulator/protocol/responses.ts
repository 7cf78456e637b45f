import { rounded, unsetDouble } from "./fields.ts";
import type { Field } from "./frame.ts";
import { responseIds as id } from "./messages.ts";
import { hasFeature } from "./versions.ts";

/** Builders of the server's messages, one function a message, fields in wire order (tws.md 5.3). */

/** A listed instrument as it is written into messages. */
export interface WireInstrument {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly currency: string;
  readonly primaryExchange: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly lastTradeDate: string;
  /** 0 for what has none. */
  readonly strike: number;
  readonly right: "" | "C" | "P";
  readonly multiplier: string;
}

export interface WireBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly weightedAveragePrice: number;
  readonly tradeCount: number;
}

export interface WireExecution {
  readonly execId: string;
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly account: string;
  readonly exchange: string;
  readonly side: "BOT" | "SLD";
  readonly shares: number;
  readonly price: number;
  readonly cumulativeQuantity: number;
  readonly averagePrice: number;
  readonly orderRef: string;
}

/**
 * conId to tradingClass: the eleven contract fields of OPEN_ORDER, EXECUTION_DATA and POSITION.
 *
 * @param right of what has none: "?" in order messages, empty in the others, as recorded from the real gateway.
 */
export function contractFields(instrument: WireInstrument, exchange: string, right: "" | "?" = ""): Field[] {
  return [
    instrument.conId,
    instrument.symbol,
    instrument.secType,
    instrument.lastTradeDate,
    String(instrument.strike),
    instrument.right || right,
    instrument.multiplier,
    exchange,
    instrument.currency,
    instrument.localSymbol,
    instrument.tradingClass,
  ];
}

export function managedAccounts(accounts: readonly string[]): Field[] {
  return [id.MANAGED_ACCTS, 1, accounts.join(",")];
}

export function nextValidId(orderId: number): Field[] {
  return [id.NEXT_VALID_ID, 1, orderId];
}

/** Non-ASCII text is written as \uXXXX, as the real gateway does from version 153 on. */
export function errorMessage(reqId: number, code: number, text: string, advancedOrderRejectJson = ""): Field[] {
  return [id.ERR_MSG, 2, reqId, code, asciiEscaped(text), advancedOrderRejectJson];
}

export function currentTime(epochSeconds: number): Field[] {
  return [id.CURRENT_TIME, 1, epochSeconds];
}

export function marketDataType(reqId: number, type: number): Field[] {
  return [id.MARKET_DATA_TYPE, 1, reqId, type];
}

export function tickReqParams(reqId: number, minTick: number, bboExchange: string): Field[] {
  return [id.TICK_REQ_PARAMS, reqId, minTick, bboExchange, 3];
}

/** Tick types of live data (tws.md 5.3). The client derives the size tick of bid, ask and last from TICK_PRICE. */
export const tickTypes = {
  bidSize: 0,
  bid: 1,
  ask: 2,
  askSize: 3,
  last: 4,
  high: 6,
  low: 7,
  volume: 8,
  close: 9,
  open: 14,
  lastTime: 45,
  halted: 49,
};

export function tickPrice(reqId: number, tickType: number, price: number, size: number): Field[] {
  // Only quotes can be hit automatically: canAutoExecute is set for bid and ask.
  const attributes = tickType === tickTypes.bid || tickType === tickTypes.ask ? 1 : 0;
  return [id.TICK_PRICE, 6, reqId, tickType, rounded(price), size, attributes];
}

export function tickSize(reqId: number, tickType: number, size: number): Field[] {
  return [id.TICK_SIZE, 6, reqId, tickType, size];
}

export function tickGeneric(reqId: number, tickType: number, value: number): Field[] {
  return [id.TICK_GENERIC, 6, reqId, tickType, value];
}

export function tickString(reqId: number, tickType: number, text: string): Field[] {
  return [id.TICK_STRING, 6, reqId, tickType, text];
}

export function tickSnapshotEnd(reqId: number): Field[] {
  return [id.TICK_SNAPSHOT_END, 1, reqId];
}

export function realTimeBar(reqId: number, epochSeconds: number, bar: WireBar): Field[] {
  return [
    id.REAL_TIME_BARS,
    3,
    reqId,
    epochSeconds,
    rounded(bar.open),
    rounded(bar.high),
    rounded(bar.low),
    rounded(bar.close),
    bar.volume,
    rounded(bar.weightedAveragePrice),
    bar.tradeCount,
  ];
}

export function historicalData(
  reqId: number,
  start: string,
  end: string,
  bars: readonly (WireBar & { readonly date: string })[],
): Field[] {
  const fields: Field[] = [id.HISTORICAL_DATA, reqId, start, end, bars.length];
  for (const bar of bars) {
    fields.push(
      bar.date,
      rounded(bar.open),
      rounded(bar.high),
      rounded(bar.low),
      rounded(bar.close),
      bar.volume,
      rounded(bar.weightedAveragePrice),
      bar.tradeCount,
    );
  }
  return fields;
}

/** Mind the order: close comes before high and low, the count first and the volume last. */
export function historicalDataUpdate(reqId: number, date: string, bar: WireBar): Field[] {
  return [
    id.HISTORICAL_DATA_UPDATE,
    reqId,
    bar.tradeCount,
    date,
    rounded(bar.open),
    rounded(bar.close),
    rounded(bar.high),
    rounded(bar.low),
    rounded(bar.weightedAveragePrice),
    bar.volume,
  ];
}

export function orderStatus(order: {
  readonly orderId: number;
  readonly status: string;
  readonly filled: number;
  readonly remaining: number;
  readonly averagePrice: number;
  readonly permId: number;
  readonly parentId: number;
  readonly lastFillPrice: number;
  readonly clientId: number;
  readonly whyHeld: string;
}): Field[] {
  return [
    id.ORDER_STATUS,
    order.orderId,
    order.status,
    rounded(order.filled),
    rounded(order.remaining),
    rounded(order.averagePrice),
    order.permId,
    order.parentId,
    rounded(order.lastFillPrice),
    order.clientId,
    order.whyHeld,
    0,
  ];
}

/** An order placed by hand now has an order id of this client. */
export function orderBound(permId: number, clientId: number, orderId: number): Field[] {
  return [id.ORDER_BOUND, permId, clientId, orderId];
}

export function openOrderEnd(): Field[] {
  return [id.OPEN_ORDER_END, 1];
}

export function completedOrdersEnd(): Field[] {
  return [id.COMPLETED_ORDERS_END];
}

/** @param reqId -1 for a live execution, else the request that asked for it. */
export function executionData(
  reqId: number,
  instrument: WireInstrument,
  execution: WireExecution,
  time: string,
  serverVersion: number,
): Field[] {
  const fields: Field[] = [
    id.EXECUTION_DATA,
    reqId,
    execution.orderId,
    ...contractFields(instrument, execution.exchange),
    execution.execId,
    time,
    execution.account,
    execution.exchange,
    execution.side,
    rounded(execution.shares),
    rounded(execution.price),
    execution.permId,
    execution.clientId,
    0,
    rounded(execution.cumulativeQuantity),
    rounded(execution.averagePrice),
    execution.orderRef,
    "",
    "",
    "",
    2,
  ];
  if (hasFeature(serverVersion, "pendingPriceRevision")) fields.push(0);
  return fields;
}

export function executionDataEnd(reqId: number): Field[] {
  return [id.EXECUTION_DATA_END, 1, reqId];
}

/** @param realizedProfit USD; undefined for an opening execution, which has none. */
export function commissionReport(execId: string, commission: number, realizedProfit: number | undefined): Field[] {
  return [
    id.COMMISSION_REPORT,
    1,
    execId,
    rounded(commission),
    "USD",
    realizedProfit === undefined ? unsetDouble : rounded(realizedProfit),
    unsetDouble,
    "",
  ];
}

export function position(account: string, instrument: WireInstrument, quantity: number, averageCost: number): Field[] {
  return [id.POSITION, 3, account, ...contractFields(instrument, ""), rounded(quantity), rounded(averageCost)];
}

export function positionEnd(): Field[] {
  return [id.POSITION_END, 1];
}

export function accountSummary(reqId: number, account: string, tag: string, value: string, currency: string): Field[] {
  return [id.ACCOUNT_SUMMARY, 1, reqId, account, tag, value, currency];
}

export function accountSummaryEnd(reqId: number): Field[] {
  return [id.ACCOUNT_SUMMARY_END, 1, reqId];
}

export function accountValue(key: string, value: string, currency: string, account: string): Field[] {
  return [id.ACCT_VALUE, 2, key, value, currency, account];
}

export function portfolioValue(
  account: string,
  instrument: WireInstrument,
  figures: {
    readonly quantity: number;
    readonly marketPrice: number;
    readonly marketValue: number;
    readonly averageCost: number;
    readonly unrealizedProfit: number;
    readonly realizedProfit: number;
  },
): Field[] {
  return [
    id.PORTFOLIO_VALUE,
    8,
    instrument.conId,
    instrument.symbol,
    instrument.secType,
    instrument.lastTradeDate,
    String(instrument.strike),
    instrument.right || "0",
    instrument.multiplier,
    instrument.primaryExchange,
    instrument.currency,
    instrument.localSymbol,
    instrument.tradingClass,
    rounded(figures.quantity),
    rounded(figures.marketPrice),
    rounded(figures.marketValue),
    rounded(figures.averageCost),
    rounded(figures.unrealizedProfit),
    rounded(figures.realizedProfit),
    account,
  ];
}

export function accountUpdateTime(hourMinute: string): Field[] {
  return [id.ACCT_UPDATE_TIME, 1, hourMinute];
}

export function accountDownloadEnd(account: string): Field[] {
  return [id.ACCT_DOWNLOAD_END, 1, account];
}

export function profitAndLoss(reqId: number, daily: number, unrealized: number, realized: number): Field[] {
  return [id.PNL, reqId, rounded(daily), rounded(unrealized), rounded(realized)];
}

export function profitAndLossSingle(
  reqId: number,
  figures: {
    readonly quantity: number;
    readonly daily: number;
    readonly unrealized: number;
    readonly realized: number;
    readonly value: number;
  },
): Field[] {
  return [
    id.PNL_SINGLE,
    reqId,
    rounded(figures.quantity),
    rounded(figures.daily),
    rounded(figures.unrealized),
    rounded(figures.realized),
    rounded(figures.value),
  ];
}

/** Non-ASCII text as the real gateway writes it from version 153 on. */
export function asciiEscaped(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}
