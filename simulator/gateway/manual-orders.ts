import { plainTerms } from "../broker/plain-terms.ts";
import { orderBound } from "../protocol/responses.ts";
import type { ActionOf } from "../scenario/actions.ts";
import type { GatewayContext } from "./context.ts";
import { sendOpenOrder, sendOrderStatus } from "./publisher.ts";
import type { Session } from "./session.ts";

/**
 * Orders that somebody places by hand in TWS. They have the client id 0 and the order id 0, until client 0 binds them:
 * then they have a negative id, by which it can change and cancel them (tws.md 5.6).
 */

/** @throws RangeError for an unlisted symbol. */
export function placeByHand(context: GatewayContext, order: ActionOf<"manual-order">): void {
  const instrument = context.market.instrument(order.symbol);
  if (instrument === undefined) throw new RangeError(`The simulated gateway does not list ${order.symbol}.`);
  context.refreshQuote(instrument.symbol);
  const { side, quantity, orderType, limitPrice, stopPrice, timeInForce } = order;
  const terms = {
    ...plainTerms,
    action: side,
    totalQuantity: quantity,
    orderType,
    limitPrice,
    auxPrice: stopPrice,
    timeInForce,
  };
  const binder = context.readySessions().find((session) => session.bindsManualOrders);
  const request = { clientId: 0, orderId: 0, instrument, exchange: "SMART", terms, isByHand: true };
  context.publish(context.broker.place(request, context.clock.nowS()));
  if (binder !== undefined) bindManualOrders(context, binder);
}

/** Gives each manual order that has none an id of client 0, and tells it. */
export function bindManualOrders(context: GatewayContext, session: Session): void {
  for (const order of context.broker.bindManualOrders()) {
    session.send(orderBound(order.permId, order.clientId, order.orderId));
    sendOpenOrder(session, order);
    sendOrderStatus(session, order);
  }
}
