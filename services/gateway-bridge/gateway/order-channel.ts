// Loaded only in paper and live mode (law 5): in dry-run no code that can write a place-order message is in the
// process. Imported by broker/broker-desk.ts alone, which desk/open-desk.ts imports on demand.
import { type IBApi, type Order, OrderAction, OrderType, TimeInForce } from "@stoqey/ib";
import type { Leg } from "../orders/legs.ts";
import { contractOf } from "./contract.ts";
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
  cancel(orderId: number, onWritten?: () => void): void;
  /** Cancels every order of the account: ours, other clients', and what was entered by hand. */
  cancelAll(onWritten: () => void): void;
  /** Asks what the order would do to the account; it is never placed. The answer comes as `whatIf`. */
  whatIf(leg: Leg & { readonly orderId: number }, account: string, guard: Omit<PlaceGuard, "onWritten">): void;
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
    cancel: (orderId, onWritten) =>
      queue.push("cancel", {
        send: () => {
          onWritten?.();
          api.cancelOrder(orderId);
        },
      }),
    cancelAll: (onWritten) =>
      queue.push("cancel", {
        send: () => {
          onWritten();
          api.reqGlobalCancel();
        },
      }),
    whatIf: (leg, account, guard) =>
      queue.push("query", {
        ...guard,
        send: () => void api.placeOrder(leg.orderId, contractOf(leg.symbol), questionOf(leg, account)),
      }),
  };
}

/** What stands as `orderRef` of a question: no order of ours is ever matched with it. */
const QUESTION_REF = "what-if";

/** The same message as an order's, but for the flag that makes it a question. It is tied to no other order. */
function questionOf(leg: Leg & { readonly orderId: number }, account: string): Order & { readonly whatIf: true } {
  const alone = { ...leg, parentOrderId: null, oneCancelsAllGroup: null };
  return { ...brokerOrderOf(alone, account, true), orderRef: QUESTION_REF, whatIf: true };
}

/** `ocaType`: the rest of the group is canceled at the first fill, also a partial one. */
const CANCEL_WITH_BLOCK = 1;

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
    // With block: at most one order of the group is at the exchange at a time, so that no two of them fill at once.
    ...(leg.oneCancelsAllGroup === null ? {} : { ocaGroup: leg.oneCancelsAllGroup, ocaType: CANCEL_WITH_BLOCK }),
  };
}

function typeOf({
  order,
}: Leg): Pick<Order, "orderType" | "lmtPrice" | "auxPrice" | "trailStopPrice" | "trailingPercent"> {
  switch (order.type) {
    case "market":
      return { orderType: OrderType.MKT };
    case "limit":
      return { orderType: OrderType.LMT, lmtPrice: order.limitPrice };
    case "stop":
      return { orderType: OrderType.STP, auxPrice: order.stopPrice };
    case "stop-limit":
      return { orderType: OrderType.STP_LMT, lmtPrice: order.limitPrice, auxPrice: order.stopPrice };
    case "trailing-stop":
      return {
        orderType: OrderType.TRAIL,
        ...(order.initialStopPrice === null ? {} : { trailStopPrice: order.initialStopPrice }),
        ...(order.trail.by === "amount" ? { auxPrice: order.trail.amount } : { trailingPercent: order.trail.percent }),
      };
    case "market-on-close":
      return { orderType: OrderType.MOC };
    case "limit-on-close":
      return { orderType: OrderType.LOC, lmtPrice: order.limitPrice };
  }
}
