import type { Effect } from "../broker/effects.ts";
import type { Execution } from "../broker/execution.ts";
import { noSecurityDefinition, refusalOfRouting } from "../broker/refusal.ts";
import { marketDayAt, marketTimeText, parseEndDateTime } from "../market/new-york.ts";
import { completedOrder } from "../protocol/open-order.ts";
import type { Request } from "../protocol/requests.ts";
import {
  commissionReport,
  completedOrdersEnd,
  errorMessage,
  executionData,
  executionDataEnd,
  openOrderEnd,
} from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { sendOpenOrder, sendOrderStatus, wireOrder } from "./publisher.ts";
import type { Session } from "./session.ts";

type RequestOf<Name extends Request["name"]> = Extract<Request, { name: Name }>;

export function placeOrder(
  context: GatewayContext,
  session: Session,
  clientId: number,
  request: RequestOf<"PLACE_ORDER">,
): void {
  const { orderId, contract, terms } = request;
  const { rejectOrders, dropOnPlaceOrder, orderAcks } = context.faults();
  if (dropOnPlaceOrder !== "none") context.setFaults({ dropOnPlaceOrder: "none" });
  if (dropOnPlaceOrder === "before-accept") {
    session.drop();
    return;
  }
  const instrument = context.market.find(contract);
  const refusal = rejectOrders ?? (instrument === undefined ? noSecurityDefinition : refusalOfRouting(contract));
  if (refusal !== undefined || instrument === undefined) {
    const { code, text } = refusal ?? noSecurityDefinition;
    session.send(errorMessage(orderId, code, text));
    return;
  }
  context.refreshQuote(instrument.symbol);
  const order = { clientId, orderId, instrument, exchange: contract.exchange, terms };
  const effects = context.broker.place(order, context.clock.nowS());
  if (dropOnPlaceOrder === "after-accept") {
    // The broker has the order; the client learns of it only by asking after its reconnect.
    session.drop();
    return;
  }
  switch (orderAcks.kind) {
    case "normal":
      context.publish(effects);
      return;
    case "swallow":
      context.publish(effects.filter((effect) => !isAcknowledgement(effect)));
      return;
    case "delay":
      context.later(orderAcks.delayMs, () => context.publish(effects));
      return;
  }
}

function isAcknowledgement(effect: Effect): boolean {
  return effect.kind === "open-order" || effect.kind === "order-status";
}

export function cancelOrder(context: GatewayContext, clientId: number, orderId: number): void {
  context.publish(context.broker.cancel(clientId, orderId, context.clock.nowS()));
}

export function cancelAllOrders(context: GatewayContext): void {
  context.publish(context.broker.cancelAll(context.clock.nowS()));
}

/** REQ_OPEN_ORDERS: the asking client's; REQ_ALL_OPEN_ORDERS: everybody's. */
export function sendOpenOrders(context: GatewayContext, session: Session, clientId: number | "all"): void {
  for (const order of context.broker.liveOrders) {
    if (clientId !== "all" && order.clientId !== clientId) continue;
    sendOpenOrder(session, order);
    sendOrderStatus(session, order);
  }
  session.send(openOrderEnd());
}

export function requestAutoOpenOrders(session: Session, clientId: number): void {
  // With client 0 there is nothing to bind: nobody trades by hand in a simulated gateway.
  if (clientId !== 0) session.send(errorMessage(-1, 327, "Only API connections with clientId set to 0 can set this"));
}

export function sendCompletedOrders(context: GatewayContext, session: Session): void {
  const midnight = marketDayAt(context.clock.nowS()).midnightEpochS;
  for (const order of context.broker.completedOrders) {
    const at = order.completedAtEpochS ?? 0;
    if (at < midnight) continue;
    const completed = { time: marketTimeText(at), status: order.completedReason };
    session.send(completedOrder(wireOrder(order), completed, session.serverVersion));
  }
  session.send(completedOrdersEnd());
}

/** A gateway knows the executions since midnight, of all clients unless the filter names one. */
export function sendExecutions(context: GatewayContext, session: Session, request: RequestOf<"REQ_EXECUTIONS">): void {
  const midnight = marketDayAt(context.clock.nowS()).midnightEpochS;
  const since = Math.max(midnight, parseEndDateTime(request.time) ?? midnight);
  for (const execution of context.broker.executions) {
    if (execution.atEpochS < since || !matches(execution, request)) continue;
    const time = marketTimeText(execution.atEpochS);
    session.send(executionData(request.reqId, execution.instrument, execution, time, session.serverVersion));
    session.send(commissionReport(execution.execId, execution.commission, execution.realizedProfit));
  }
  session.send(executionDataEnd(request.reqId));
}

function matches(execution: Execution, filter: RequestOf<"REQ_EXECUTIONS">): boolean {
  const side = execution.side === "BOT" ? "BUY" : "SELL";
  return (
    (filter.clientId === 0 || filter.clientId === execution.clientId) &&
    (filter.account === "" || filter.account === execution.account) &&
    (filter.symbol === "" || filter.symbol === execution.instrument.symbol) &&
    (filter.secType === "" || filter.secType === execution.instrument.secType) &&
    (filter.exchange === "" || filter.exchange === execution.exchange) &&
    (filter.side === "" || filter.side === side || filter.side === execution.side)
  );
}
