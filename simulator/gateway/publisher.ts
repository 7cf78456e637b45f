import type { Effect } from "../broker/effects.ts";
import type { Execution } from "../broker/execution.ts";
import { averageFillPrice, type BrokerOrder, leavesQuantity, statusText, whyHeldText } from "../broker/order.ts";
import { marketTimeText } from "../market/new-york.ts";
import { openOrder, type WireMargins, type WireOrder } from "../protocol/open-order.ts";
import { positionMulti } from "../protocol/other-messages.ts";
import {
  commissionReport,
  errorMessage,
  executionData,
  orderStatus,
  position as positionMessage,
} from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import type { Session } from "./session.ts";

/** Turns what the broker did into messages to the connections concerned. Who is not connected is not told. */
export function publishEffects(context: GatewayContext, effects: readonly Effect[]): void {
  for (const effect of effects) publishEffect(context, effect);
}

function publishEffect(context: GatewayContext, effect: Effect): void {
  switch (effect.kind) {
    case "open-order":
      toOwnerAndMasters(context, effect.order.clientId, (session) =>
        repeat(context.faults().repeatOrderReports, () =>
          sendOpenOrder(session, effect.order, effect.status, effect.margins),
        ),
      );
      return;
    case "order-status":
      toOwnerAndMasters(context, effect.order.clientId, (session) =>
        repeat(context.faults().repeatOrderReports, () => sendOrderStatus(session, effect.order, effect.status)),
      );
      return;
    case "execution":
      toOwnerAndMasters(context, effect.execution.clientId, (session) =>
        repeat(context.faults().repeatExecutions, () => sendExecution(context, session, effect.execution)),
      );
      return;
    case "commission":
      publishCommission(context, effect.execution);
      return;
    case "error":
      toOwner(context, effect.clientId, (session) =>
        session.send(errorMessage(effect.orderId, effect.code, effect.text)),
      );
      return;
    case "position": {
      const { positionDelayMs } = context.faults();
      const tell = () => publishPosition(context, effect.position);
      if (positionDelayMs === 0) tell();
      else context.later(positionDelayMs, tell);
      return;
    }
  }
}

function publishPosition(context: GatewayContext, position: Extract<Effect, { kind: "position" }>["position"]): void {
  const { symbol, quantity, averageCost } = position;
  const instrument = context.market.instrument(symbol);
  if (instrument === undefined) return;
  const { account } = context.account();
  for (const session of context.readySessions()) {
    if (session.wantsPositions) session.send(positionMessage(account, instrument, quantity, averageCost));
    for (const [reqId, modelCode] of session.positionsMulti) {
      if (modelCode === "") session.send(positionMulti(reqId, account, "", instrument, position));
    }
  }
}

function toOwner(context: GatewayContext, clientId: number, tell: (session: Session) => void): void {
  for (const session of context.readySessions()) if (session.clientId === clientId) tell(session);
}

/**
 * Client 0 and the master client hear of everybody's orders and executions as they happen (tws.md 5.6), of their
 * errors they do not. What REQ_OPEN_ORDERS lists stays each client's own.
 */
function toOwnerAndMasters(context: GatewayContext, clientId: number, tell: (session: Session) => void): void {
  const { masterClientId } = context.faults();
  for (const session of context.readySessions()) {
    const hearsAll = session.clientId === 0 || session.clientId === masterClientId;
    if (session.clientId === clientId || hearsAll) tell(session);
  }
}

function publishCommission(context: GatewayContext, execution: Execution): void {
  const { repeatExecutions, commissionDelayMs } = context.faults();
  const tell = () =>
    toOwnerAndMasters(context, execution.clientId, (session) =>
      repeat(repeatExecutions, () => sendCommission(session, execution)),
    );
  if (commissionDelayMs === 0) tell();
  else context.later(commissionDelayMs, tell);
}

/** Once, and as often again as asked. */
function repeat(more: number, action: () => void): void {
  for (let times = 0; times <= more; times += 1) action();
}

/** @param reqId of the question it answers; -1 when nobody asked */
export function sendExecution(context: GatewayContext, session: Session, execution: Execution, reqId = -1): void {
  const time = context.faults().executionTime ?? marketTimeText(execution.atEpochS);
  session.send(executionData(reqId, execution.instrument, execution, time, session.serverVersion));
}

export function sendCommission(session: Session, execution: Execution): void {
  session.send(commissionReport(execution.execId, execution.commission, execution.realizedProfit));
}

export function sendOpenOrder(session: Session, order: BrokerOrder, status?: string, margins?: WireMargins): void {
  session.send(openOrder(wireOrder(order, status), session.serverVersion, margins));
}

export function sendOrderStatus(session: Session, order: BrokerOrder, status?: string): void {
  session.send(
    orderStatus({
      orderId: order.orderId,
      status: status ?? statusText(order),
      filled: order.filled,
      remaining: leavesQuantity(order),
      averagePrice: averageFillPrice(order),
      permId: order.permId,
      parentId: order.terms.parentId,
      lastFillPrice: order.lastFillPrice,
      clientId: order.clientId,
      whyHeld: whyHeldText(order),
    }),
  );
}

export function wireOrder(order: BrokerOrder, status?: string): WireOrder {
  return {
    orderId: order.orderId,
    clientId: order.clientId,
    permId: order.permId,
    parentPermId: order.parentPermId,
    instrument: order.instrument,
    exchange: order.exchange,
    account: order.account,
    terms: order.terms,
    status: status ?? statusText(order),
    filled: order.filled,
    commission: order.commission === 0 ? undefined : order.commission,
  };
}
