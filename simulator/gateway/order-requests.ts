import type { Execution } from "../broker/execution.ts";
import {
  noPermission,
  noSecurityDefinition,
  type Refusal,
  refusalOfCoinSize,
  refusalOfPermission,
  refusalOfRouting,
} from "../broker/refusal.ts";
import { marketDayAt, marketTimeText, parseEndDateTime } from "../market/new-york.ts";
import { isCombo } from "../protocol/contract.ts";
import { completedOrder } from "../protocol/open-order.ts";
import type { RequestOf } from "../protocol/requests.ts";
import { completedOrdersEnd, errorMessage, executionDataEnd, openOrderEnd } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { resolve } from "./find-instrument.ts";
import { bindManualOrders } from "./manual-orders.ts";
import { dropAfterOrder, stopCancel, stopOrder, toldOfPlacing } from "./order-faults.ts";
import { sendCommission, sendExecution, sendOpenOrder, sendOrderStatus, wireOrder } from "./publisher.ts";
import { refuse } from "./refuse.ts";
import type { Session } from "./session.ts";

export function placeOrder(
  context: GatewayContext,
  session: Session,
  clientId: number,
  request: RequestOf<"PLACE_ORDER">,
): void {
  const { orderId, contract, terms } = request;
  if (stopOrder(context, session, orderId)) return;
  if (isCombo(contract)) {
    refuse(session, orderId, refusalOfCombination(context, request.legConIds));
    return;
  }
  const resolution = resolve(context, contract);
  if (resolution.kind !== "one") {
    refuse(session, orderId, resolution.refusal);
    return;
  }
  const { instrument } = resolution;
  const refusal =
    refusalOfRouting(contract) ??
    refusalOfCoinSize(instrument.secType, terms) ??
    refusalOfPermission(instrument, context.faults());
  if (refusal !== undefined) {
    refuse(session, orderId, refusal);
    return;
  }
  context.refreshQuote(instrument.symbol);
  const order = { clientId, orderId, instrument, exchange: contract.exchange, terms };
  const effects = context.broker.place(order, context.clock.nowS());
  if (dropAfterOrder(context, session)) return;
  const faults = context.faults();
  const told = toldOfPlacing(effects, faults);
  if (faults.orderAcks.kind !== "delay") {
    context.publish(told);
    return;
  }
  const acknowledge = context.broker.holdAcknowledgement(clientId, orderId);
  context.later(faults.orderAcks.delayMs, () => {
    acknowledge();
    context.publish(told);
  });
}

/** Combinations are not traded here: the account has no permission for one whose legs are all listed. */
function refusalOfCombination({ market }: GatewayContext, legConIds: readonly number[]): Refusal {
  const { catalogue } = market;
  const isListed = (conId: number): boolean =>
    catalogue.withoutOptions().some((it) => it.conId === conId) || catalogue.options().some((it) => it.conId === conId);
  return legConIds.length > 0 && legConIds.every(isListed) ? noPermission : noSecurityDefinition;
}

export function cancelOrder(context: GatewayContext, session: Session, clientId: number, orderId: number): void {
  if (stopCancel(context, session, orderId)) return;
  const { cancels } = context.faults();
  if (cancels.kind === "fill-first") cancelAfterFill(context, clientId, orderId, cancels);
  else context.publish(context.broker.cancel(clientId, orderId, context.clock.nowS()));
}

/** The exchange fills an order while its cancel is under way (tws.md 5.6); what is left is cancelled then. */
function cancelAfterFill(
  context: GatewayContext,
  clientId: number,
  orderId: number,
  { share, delayMs }: { readonly share: number; readonly delayMs: number },
): void {
  context.publish(context.broker.announceCancel(clientId, orderId));
  context.later(delayMs, () => {
    const nowS = context.clock.nowS();
    context.publish(context.broker.fillByHand(clientId, orderId, share, nowS));
    context.publish(context.broker.finishCancel(clientId, orderId, nowS));
  });
}

export function cancelAllOrders(context: GatewayContext, session: Session): void {
  if (stopCancel(context, session, -1)) return;
  context.publish(context.broker.cancelAll(context.clock.nowS()));
}

/** REQ_OPEN_ORDERS: the asking client's, which for client 0 are those placed by hand too; REQ_ALL_OPEN_ORDERS: everybody's. */
export function sendOpenOrders(context: GatewayContext, session: Session, clientId: number | "all"): void {
  if (clientId === 0) bindManualOrders(context, session);
  for (const order of context.broker.liveOrders) {
    if (clientId !== "all" && order.clientId !== clientId) continue;
    sendOpenOrder(session, order);
    sendOrderStatus(session, order);
  }
  session.send(openOrderEnd());
}

/** From now on orders placed by hand are bound to client 0 as they come. */
export function requestAutoOpenOrders(session: Session, clientId: number, bind: boolean): void {
  if (clientId === 0) session.bindsManualOrders = bind;
  else session.send(errorMessage(-1, 327, "Only API connections with clientId set to 0 can set this"));
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
    sendExecution(context, session, execution, request.reqId);
    sendCommission(session, execution);
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
