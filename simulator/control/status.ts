import { averageFillPrice, leavesQuantity, statusText } from "../broker/order.ts";
import type { SimulatedGateway } from "../gateway/simulated-gateway.ts";
import { marketTimeText } from "../market/new-york.ts";

/** What GET /status answers: the clock, the connections, the frame counts by message name, orders and executions. */
export function statusOf(gateway: SimulatedGateway) {
  return {
    port: gateway.port,
    isListening: gateway.isListening,
    clock: {
      marketTime: marketTimeText(Math.floor(gateway.marketTimeMs / 1000)),
      marketEpochMs: Math.round(gateway.marketTimeMs),
      speed: gateway.speed,
      isHeld: gateway.isClockHeld,
    },
    clientIds: gateway.clientIds,
    faults: gateway.faults,
    received: gateway.frames.receivedCounts(),
    sent: gateway.frames.sentCounts(),
    account: Object.fromEntries(gateway.accountTags.map(({ tag, value }) => [tag, value])),
    positions: gateway.positions,
    orders: [...gateway.liveOrders, ...gateway.completedOrders].map((order) => ({
      permId: order.permId,
      orderId: order.orderId,
      clientId: order.clientId,
      orderRef: order.terms.orderRef,
      symbol: order.instrument.symbol,
      action: order.terms.action,
      orderType: order.terms.orderType,
      quantity: order.terms.totalQuantity,
      status: statusText(order),
      filled: order.filled,
      leavesQuantity: leavesQuantity(order),
      averagePrice: averageFillPrice(order),
    })),
    executions: gateway.executions.map(({ instrument, ...execution }) => ({ ...execution, symbol: instrument.symbol })),
  };
}
