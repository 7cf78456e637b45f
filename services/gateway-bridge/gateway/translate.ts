import { type CommissionReport, type Contract, type Execution, type Order, type OrderState, SecType } from "@stoqey/ib";
import { symbolSchema } from "#libs/contracts/mod.ts";
import { epochMsOf, TimeError } from "#libs/time/mod.ts";
import type { BrokerExecution, BrokerOrder, WhatIfFigures } from "./reports.ts";

/** The library's objects, where every field may be absent, as our reports; undefined for what makes no sense. */

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
  [localSymbol || symbol || "?", secType ?? "", currency ?? ""].filter((part) => part !== "").join(" ");

export function brokerOrder(
  orderId: number,
  contract: Contract,
  order: Order,
  state: OrderState,
): BrokerOrder | undefined {
  const symbol = stockSymbol(contract);
  if (symbol === undefined || (order.action !== "BUY" && order.action !== "SELL")) return undefined;
  return {
    orderId,
    permId: order.permId ? order.permId : null,
    clientId: order.clientId ?? null,
    orderRef: order.orderRef ?? "",
    symbol,
    side: order.action === "BUY" ? "buy" : "sell",
    quantity: order.totalQuantity ?? 0,
    status: String(state.status),
    filledQuantity: order.filledQuantity ?? null,
    price: priceOf(order.lmtPrice) ?? priceOf(order.auxPrice),
    text: [state.completedStatus, state.warningText].filter((text) => text).join("; "),
  };
}

export function whatIfFigures(state: OrderState): WhatIfFigures {
  return {
    initialMarginChange: figure(state.initMarginChange),
    maintenanceMarginChange: figure(state.maintMarginChange),
    initialMarginAfter: figure(state.initMarginAfter),
    maintenanceMarginAfter: figure(state.maintMarginAfter),
    equityWithLoanAfter: figure(state.equityWithLoanAfter),
    // For an order whose commission depends on its route the broker gives the least and the most.
    commission: figure(state.commission) ?? figure(state.maxCommission),
    warning: state.warningText ? state.warningText : null,
  };
}

/** Absent, or written as the largest double: the broker's way to say that there is none. */
const figure = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) || Math.abs(value) >= Number.MAX_VALUE ? null : value;

/** Unset prices come as nothing, 0 or the largest number (tws.md 5). */
const priceOf = (price: number | undefined): number | null => (isFigure(price) ? price : null);

/** A number of shares or a price that can be: above zero, and no "unset". */
const isFigure = (value: number | undefined): value is number => value !== undefined && value > 0 && value < 1e300;

export function brokerExecution(contract: Contract, execution: Execution): BrokerExecution | undefined {
  const { execId, shares, price, side } = execution;
  const symbol = stockSymbol(contract);
  if (symbol === undefined || !execId || !isFigure(shares) || !isFigure(price)) return undefined;
  if (side !== "BOT" && side !== "SLD") return undefined;
  return {
    executionId: execId,
    orderId: execution.orderId ?? 0,
    permId: execution.permId ? execution.permId : null,
    clientId: execution.clientId ?? null,
    orderRef: execution.orderRef ?? "",
    account: execution.acctNumber ?? "",
    symbol,
    side: side === "BOT" ? "buy" : "sell",
    quantity: shares,
    price,
    executedAt: brokerTime(execution.time ?? ""),
    timeText: execution.time ?? "",
  };
}

export function commission(report: CommissionReport): { executionId: string; commission: number } | undefined {
  if (!report.execId || report.commission === undefined || !Number.isFinite(report.commission)) return undefined;
  return { executionId: report.execId, commission: report.commission };
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
    if (separator === "-") return Temporal.Instant.from(`${date}T${time}Z`).epochMilliseconds;
    return epochMsOf(date, time);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TimeError) return null;
    throw error;
  }
}

const NEW_YORK_ZONES: ReadonlySet<string> = new Set(["US/Eastern", "America/New_York", "EST", "EDT", "EST5EDT"]);
