import type { Effect } from "../broker/effects.ts";
import type { Execution } from "../broker/execution.ts";
import { averageFillPrice, type BrokerOrder, leavesQuantity, statusText, whyHeldText } from "../broker/order.ts";
import { marketTimeText } from "../market/new-york.ts";
import { openOrder, type WireMargins, type WireOrder } from "../protocol/open-order.ts";
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
      toOwner(context, effect.order.clientId, (session) =>
        sendOpenOrder(session, effect.order, effect.status, effect.margins),
      );
      return;
    case "order-status":
      toOwner(context, effect.order.clientId, (session) => sendOrderStatus(session, effect.order, effect.status));
      return;
    case "execution":
      toOwner(context, effect.execution.clientId, (session) =>
        repeat(context, () => sendExecution(session, effect.execution)),
      );
      return;
    case "commission":
      toOwner(context, effect.execution.clientId, (session) =>
        repeat(context, () => sendCommission(session, effect.execution)),
      );
      return;
    case "error":
      toOwner(context, effect.clientId, (session) =>
        session.send(errorMessage(effect.orderId, effect.code, effect.text)),
      );
      return;
    case "position": {
      const { symbol, quantity, averageCost } = effect.position;
      const instrument = context.market.instrument(symbol);
      if (instrument === undefined) return;
      for (const session of context.readySessions()) {
        if (!session.wantsPositions) continue;
        session.send(positionMessage(context.account().account, instrument, quantity, averageCost));
      }
      return;
    }
  }
}

function toOwner(context: GatewayContext, clientId: number, tell: (session: Session) => void): void {
  const session = context.readySessions().find((candidate) => candidate.clientId === clientId);
  if (session !== undefined) tell(session);
}

function repeat(context: GatewayContext, action: () => void): void {
  for (let times = 0; times <= context.faults().repeatExecutions; times += 1) action();
}

export function sendExecution(session: Session, execution: Execution): void {
  const time = marketTimeText(execution.atEpochS);
  session.send(executionData(-1, execution.instrument, execution, time, session.serverVersion));
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
