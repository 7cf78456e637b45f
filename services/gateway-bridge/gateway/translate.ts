import { type CommissionReport, type Contract, type Execution, type Order, type OrderState, SecType } from "@stoqey/ib";
import { symbolSchema } from "#libs/contracts/mod.ts";
import { epochMsOf, TimeError } from "#libs/time/mod.ts";
import {
  clientIdOf,
  type Doubt,
  idOf,
  isExecutionId,
  isInt32,
  isPrice,
  isSize,
  isTime,
  lineOf,
  moneyOf,
  priceOf,
  sharesOf,
} from "./fields.ts";
import type { BrokerExecution, BrokerOrder, WhatIfFigures } from "./reports.ts";

/**
 * The library's objects, where every field may be absent, as our reports; undefined for what makes no sense. A field that
 * cannot be and that the rest can be understood without is left out, and doubted.
 */

/**
 * The symbol of a US stock or ETF, which is all this platform deals in; undefined for anything else. An option on SPY
 * bears the symbol SPY, and must not be taken for its shares; nor must a listing in another currency.
 */
export function stockSymbol({ symbol, secType, currency }: Contract): string | undefined {
  if (secType !== undefined && secType !== SecType.STK) return undefined;
  if (currency !== undefined && currency !== "USD" && String(currency) !== "") return undefined;
  const parsed = symbolSchema.safeParse(symbol);
  return parsed.success ? parsed.data : undefined;
}

export const nameOf = ({ symbol, localSymbol, secType, currency }: Contract): string =>
  lineOf(
    [localSymbol || symbol || "?", secType ?? "", currency ?? ""].filter((part) => part !== "").join(" "),
    NAME_CHARACTERS_MAX,
  );

const NAME_CHARACTERS_MAX = 100;
/** Of the platform's own there are 60 at most; others write what they like. */
const REFERENCE_CHARACTERS_MAX = 200;
const STATUS_CHARACTERS_MAX = 40;
const TIME_CHARACTERS_MAX = 60;

export function brokerOrder(
  orderId: number,
  contract: Contract,
  order: Order,
  state: OrderState,
  doubt: Doubt = noDoubt,
): BrokerOrder | undefined {
  const symbol = stockSymbol(contract);
  if (symbol === undefined || (order.action !== "BUY" && order.action !== "SELL")) return undefined;
  return {
    orderId: orderIdOf(orderId, doubt),
    permId: idOf(order.permId, "permId", doubt),
    clientId: clientIdOf(order.clientId, doubt),
    orderRef: lineOf(order.orderRef, REFERENCE_CHARACTERS_MAX),
    symbol,
    side: order.action === "BUY" ? "buy" : "sell",
    quantity: sharesOf(order.totalQuantity, "quantity", doubt),
    status: lineOf(state.status, STATUS_CHARACTERS_MAX),
    filledQuantity: sharesOf(order.filledQuantity, "filled quantity", doubt),
    price: priceOf(order.lmtPrice, "limit", doubt) ?? priceOf(order.auxPrice, "stop", doubt),
    text: lineOf([state.completedStatus, state.warningText].filter((text) => text).join("; ")),
  };
}

const noDoubt: Doubt = () => undefined;

/** 0 is no order's: completed orders, and those of TWS, have none. */
function orderIdOf(orderId: number | undefined, doubt: Doubt): number {
  if (orderId === undefined || isInt32(orderId)) return orderId ?? 0;
  doubt("order id", orderId);
  return 0;
}

export function whatIfFigures(state: OrderState, doubt: Doubt = noDoubt): WhatIfFigures {
  const money = (value: number | undefined) => moneyOf(value, "figure", doubt);
  return {
    initialMarginChange: money(state.initMarginChange),
    maintenanceMarginChange: money(state.maintMarginChange),
    initialMarginAfter: money(state.initMarginAfter),
    maintenanceMarginAfter: money(state.maintMarginAfter),
    equityWithLoanAfter: money(state.equityWithLoanAfter),
    // For an order whose commission depends on its route the broker gives the least and the most.
    commission: money(state.commission) ?? money(state.maxCommission),
    warning: state.warningText ? lineOf(state.warningText) : null,
  };
}

export function brokerExecution(
  contract: Contract,
  execution: Execution,
  doubt: Doubt = noDoubt,
): BrokerExecution | undefined {
  const { execId, shares, price, side } = execution;
  const symbol = stockSymbol(contract);
  if (symbol === undefined || !isExecutionId(execId) || !isPrice(price)) return undefined;
  if (!isSize(shares) || shares === 0 || (side !== "BOT" && side !== "SLD")) return undefined;
  return {
    executionId: execId,
    orderId: orderIdOf(execution.orderId, doubt),
    permId: idOf(execution.permId, "permId", doubt),
    clientId: clientIdOf(execution.clientId, doubt),
    orderRef: lineOf(execution.orderRef, REFERENCE_CHARACTERS_MAX),
    account: lineOf(execution.acctNumber, NAME_CHARACTERS_MAX),
    symbol,
    side: side === "BOT" ? "buy" : "sell",
    quantity: shares,
    price,
    executedAt: brokerTime(execution.time ?? ""),
    timeText: lineOf(execution.time, TIME_CHARACTERS_MAX),
  };
}

export function commission(
  report: CommissionReport,
  doubt: Doubt = noDoubt,
): { executionId: string; commission: number } | undefined {
  const { execId } = report;
  // A report without a figure is one that comes again with it.
  const money = moneyOf(report.commission, "commission", doubt);
  if (money === null) return undefined;
  if (isExecutionId(execId)) return { executionId: execId, commission: money };
  doubt("id", lineOf(execId, NAME_CHARACTERS_MAX));
  return undefined;
}

/**
 * Reads the broker's times: `20261122 09:31:05 US/Eastern` (the gateway's own zone is named; only New York is
 * understood), `20261122-14:31:05` in UTC. Null for anything else, also for a date or a time that does not exist.
 */
export function brokerTime(text: string): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})(-|\s+)(\d{2}:\d{2}:\d{2})(?:\s+(\S+))?$/.exec(text.trim());
  if (!match) return null;
  const [, year, month, day, separator, time = "", zone] = match;
  const date = `${year}-${month}-${day}`;
  if (zone !== undefined && !NEW_YORK_ZONES.has(zone)) return null;
  try {
    const atMs =
      separator === "-" ? Temporal.Instant.from(`${date}T${time}Z`).epochMilliseconds : epochMsOf(date, time);
    return isTime(atMs / 1000) ? atMs : null;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TimeError) return null;
    throw error;
  }
}

const NEW_YORK_ZONES: ReadonlySet<string> = new Set(["US/Eastern", "America/New_York", "EST", "EDT", "EST5EDT"]);
