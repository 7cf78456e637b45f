import type { CommissionReport, Contract, Execution, Order, OrderState } from "@stoqey/ib";
import { epochMsOf } from "#libs/time/mod.ts";
import type { BrokerExecution, BrokerOrder } from "./reports.ts";

/** The library's objects, where every field may be absent, as our reports; undefined for what makes no sense. */

export function brokerOrder(
  orderId: number,
  contract: Contract,
  order: Order,
  state: OrderState,
): BrokerOrder | undefined {
  const symbol = contract.symbol;
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
    text: [state.completedStatus, state.warningText].filter((text) => text).join("; "),
  };
}

export function brokerExecution(contract: Contract, execution: Execution): BrokerExecution | undefined {
  const { execId, shares, price, side } = execution;
  if (contract.symbol === undefined || !execId || !shares || !price) return undefined;
  if (side !== "BOT" && side !== "SLD") return undefined;
  return {
    executionId: execId,
    orderId: execution.orderId ?? 0,
    permId: execution.permId ? execution.permId : null,
    clientId: execution.clientId ?? null,
    orderRef: execution.orderRef ?? "",
    account: execution.acctNumber ?? "",
    symbol: contract.symbol,
    side: side === "BOT" ? "buy" : "sell",
    quantity: shares,
    price,
    executedAt: brokerTime(execution.time ?? ""),
  };
}

export function commission(report: CommissionReport): { executionId: string; commission: number } | undefined {
  if (!report.execId || report.commission === undefined || !Number.isFinite(report.commission)) return undefined;
  return { executionId: report.execId, commission: report.commission };
}

/**
 * Reads the broker's times: `20261122 09:31:05 US/Eastern` (the gateway's own zone is named; only New York is
 * understood), `20261122-14:31:05` in UTC. Null for anything else.
 */
export function brokerTime(text: string): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})(-|\s+)(\d{2}:\d{2}:\d{2})(?:\s+(\S+))?$/.exec(text.trim());
  if (!match) return null;
  const [, year, month, day, separator, time = "", zone] = match;
  const date = `${year}-${month}-${day}`;
  if (separator === "-") {
    const utc = Temporal.Instant.from(`${date}T${time}Z`);
    return utc.epochMilliseconds;
  }
  if (zone !== undefined && !["US/Eastern", "America/New_York", "EST", "EDT", "EST5EDT"].includes(zone)) return null;
  return epochMsOf(date, time);
}
