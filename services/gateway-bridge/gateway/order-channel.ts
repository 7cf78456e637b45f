// Loaded only in paper and live mode (law 5): in dry-run no code that can write a place-order message is in the
// process. Imported by broker/broker-desk.ts alone, which desk/open-desk.ts imports on demand.
import { type IBApi, type Order, OrderAction, OrderType, TimeInForce } from "@stoqey/ib";
import type { Leg } from "../orders/legs.ts";
import { contractOf } from "./connection.ts";
import type { SendQueue } from "./send-queue.ts";

export interface PlacedLeg extends Leg {
  readonly orderId: number;
  readonly parentOrderId: number | null;
}

export interface OrderChannel {
  /**
   * Writes one order, or the orders of a bracket as one group: only the last is transmitted, and takes the others
   * with it. `mayStillSend` is asked at the moment of writing.
   */
  place(group: readonly PlacedLeg[], account: string, guard: PlaceGuard): void;
  cancel(orderId: number): void;
}

export interface PlaceGuard {
  readonly mayStillSend: () => boolean;
  readonly onWritten: () => void;
  readonly onDropped: () => void;
}

/** The one place that writes orders to the gateway. */
export function attachOrderChannel(api: IBApi, queue: SendQueue): OrderChannel {
  return {
    place: (group, account, guard) =>
      queue.push("order", {
        messages: group.length,
        mayStillSend: guard.mayStillSend,
        onDropped: guard.onDropped,
        send: () => {
          // Before the first byte: if the write breaks half way, the order counts as written (law 2).
          guard.onWritten();
          for (const [index, leg] of group.entries()) {
            api.placeOrder(
              leg.orderId,
              contractOf(leg.symbol),
              brokerOrderOf(leg, account, index === group.length - 1),
            );
          }
        },
      }),
    cancel: (orderId) => queue.push("cancel", { send: () => api.cancelOrder(orderId) }),
  };
}

const TIME_IN_FORCE = { day: TimeInForce.DAY, gtc: TimeInForce.GTC, ioc: TimeInForce.IOC } as const;

function brokerOrderOf(leg: PlacedLeg, account: string, transmit: boolean): Order {
  return {
    ...typeOf(leg),
    orderId: leg.orderId,
    action: leg.side === "buy" ? OrderAction.BUY : OrderAction.SELL,
    totalQuantity: leg.quantity,
    tif: TIME_IN_FORCE[leg.timeInForce],
    outsideRth: leg.outsideRegularHours,
    // The platform's own id: the only one that survives everything (tws.md 0.6).
    orderRef: leg.clientOrderId,
    account,
    transmit,
    ...(leg.parentOrderId === null ? {} : { parentId: leg.parentOrderId }),
  };
}

function typeOf({ order }: Leg): Pick<Order, "orderType" | "lmtPrice" | "auxPrice"> {
  switch (order.type) {
    case "market":
      return { orderType: OrderType.MKT };
    case "limit":
      return { orderType: OrderType.LMT, lmtPrice: order.limitPrice };
    case "stop":
      return { orderType: OrderType.STP, auxPrice: order.stopPrice };
    case "stop-limit":
      return { orderType: OrderType.STP_LMT, lmtPrice: order.limitPrice, auxPrice: order.stopPrice };
  }
}
