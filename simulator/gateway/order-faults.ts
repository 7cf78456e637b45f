import type { Effect } from "../broker/effects.ts";
import type { Refusal } from "../broker/refusal.ts";
import { errorMessage } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import type { Faults } from "./faults.ts";
import { publishEffects } from "./publisher.ts";
import type { Session } from "./session.ts";

const readOnly: Refusal = {
  code: 321,
  text: "Error validating request.-'bO' : cause - The API interface is currently in Read-Only mode.",
};

/** What a fault does to an order before the broker sees it. @returns true when the broker is not to see it. */
export function stopOrder(context: GatewayContext, session: Session, orderId: number): boolean {
  const { rejectOrders, dropOnPlaceOrder, readOnlyApi, vanishOrders } = context.faults();
  if (dropOnPlaceOrder === "before-accept") {
    context.setFaults({ dropOnPlaceOrder: "none" });
    session.drop();
    return true;
  }
  if (vanishOrders) return true;
  if (rejectOrders !== null) {
    const { code, text, times, advancedOrderRejectJson } = rejectOrders;
    if (times !== undefined)
      context.setFaults({ rejectOrders: times > 1 ? { ...rejectOrders, times: times - 1 } : null });
    session.send(errorMessage(orderId, code, text, advancedOrderRejectJson));
    return true;
  }
  return readOnlyApi && refuseReadOnly(session, orderId);
}

/** Cuts the connection of an order the broker has just taken: its client learns of it only by asking. */
export function dropAfterOrder(context: GatewayContext, session: Session): boolean {
  if (context.faults().dropOnPlaceOrder !== "after-accept") return false;
  context.setFaults({ dropOnPlaceOrder: "none" });
  session.drop();
  return true;
}

/** What a fault does to a cancel, one order's or all (-1). @returns true when it is not to be carried out now. */
export function stopCancel(context: GatewayContext, session: Session, orderId: number): boolean {
  const { cancels, readOnlyApi } = context.faults();
  if (readOnlyApi) return refuseReadOnly(session, orderId);
  return cancels.kind === "ignore";
}

function refuseReadOnly(session: Session, orderId: number): true {
  session.send(errorMessage(orderId, readOnly.code, readOnly.text));
  return true;
}

/** An order that works is refused. The error never waits: it may come before fills that are told late. */
export function refuseOrder(context: GatewayContext, orderRef: string, code: number, text: string): void {
  const effects = context.broker.refuse(orderRef, { code, text }, context.clock.nowS());
  publishEffects(
    context,
    effects.filter(({ kind }) => kind === "error"),
  );
  context.publish(effects.filter(({ kind }) => kind !== "error"));
}

/**
 * What is told when an order is placed, in the order in which it is told. A pure function of what happened and of the
 * faults: the real gateway neither promises an ORDER_STATUS for every change nor an order between it and the
 * executions (tws.md 5.6).
 */
export function toldOfPlacing(effects: readonly Effect[], faults: Faults): readonly Effect[] {
  const hasFilled = effects.some((effect) => effect.kind === "execution");
  let told = effects;
  if (faults.orderAcks.kind === "swallow") told = told.filter((effect) => !isAcknowledgement(effect));
  if (faults.omitStatusOfFastFills && hasFilled) told = told.filter((effect) => effect.kind !== "order-status");
  if (faults.executionsFirst) told = executionsFirst(told);
  return told;
}

/** Executions and their commissions before everything else, otherwise in the same order. */
export function executionsFirst(effects: readonly Effect[]): readonly Effect[] {
  const isOfExecution = (effect: Effect) => effect.kind === "execution" || effect.kind === "commission";
  return [...effects.filter(isOfExecution), ...effects.filter((effect) => !isOfExecution(effect))];
}

function isAcknowledgement(effect: Effect): boolean {
  return effect.kind === "open-order" || effect.kind === "order-status";
}
