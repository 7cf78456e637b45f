import { EventName } from "@stoqey/ib";
import type { SimulatedGateway } from "../../simulator/mod.ts";
import { limitOrder, stock, TestClient } from "../../simulator/testing/client.ts";

/** Nobody else's in a run: whose order it is shows in the simulated broker's books. */
const CLIENT_ID = 99;

/**
 * Another program of the same account connects, buys, and leaves; its order stays.
 *
 * @param orderRef "" for none
 * @throws Error when it was not told that the gateway has the order
 */
export async function buyByHand(
  gateway: SimulatedGateway,
  order: { readonly symbol: string; readonly quantity: number; readonly limitPrice: number; readonly orderRef: string },
): Promise<void> {
  const client = new TestClient(gateway, CLIENT_ID);
  try {
    const proposed = await client.ready();
    // A gateway that rolled its ids back proposes used ones, which would change an order instead of placing one.
    const used = [...gateway.liveOrders, ...gateway.completedOrders].filter(({ clientId }) => clientId === CLIENT_ID);
    const orderId = Math.max(proposed, ...used.map((own) => own.orderId + 1));
    const { symbol, quantity, limitPrice, orderRef } = order;
    client.api.placeOrder(orderId, stock(symbol), limitOrder("BUY", quantity, limitPrice, { orderRef }));
    await client.next(EventName.orderStatus, (args) => args[0] === orderId);
  } finally {
    client.close();
  }
}
