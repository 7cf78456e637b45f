import { EventName, type Order } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import type { SimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, stock } from "../testing/client.ts";
import { openStage } from "../testing/stage.ts";

const { startGateway, connectTo } = openStage({ prices: "manual" });

async function start(): Promise<SimulatedGateway> {
  const gateway = await startGateway();
  gateway.setQuote("SPY", { bid: 99.99, ask: 100.01, last: 100, bidSize: 1000, askSize: 1000 });
  return gateway;
}

const byHand = { action: "manual-order", symbol: "SPY", side: "BUY", quantity: 5 } as const;

describe("orders placed by hand", () => {
  it("are nobody's: other clients see them in all open orders, with ids of 0, and cannot cancel them", async () => {
    const gateway = await start();
    const { client } = await connectTo(gateway, 3);
    await gateway.perform({ ...byHand, orderType: "LMT", limitPrice: 1 });
    await gateway.perform({ ...byHand, orderType: "LMT", limitPrice: 2 });
    client.api.reqOpenOrders();
    await client.next(EventName.openOrderEnd);
    expect(client.all(EventName.openOrder)).toEqual([]);
    client.api.reqAllOpenOrders();
    await client.next(EventName.openOrder, (args) => (args[2] as Order).lmtPrice === 2);
    const seen = client.all(EventName.openOrder).map((args) => [args[0], (args[2] as Order).clientId]);
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
    ]);
    client.api.cancelOrder(0);
    await client.error(10147, 0);
    client.api.placeOrder(0, stock("SPY"), limitOrder("BUY", 1, 1));
    await client.error(103, 0);
    expect(gateway.liveOrders).toHaveLength(2);
  });

  it("are bound by client 0: those there are by its open orders, later ones as they come; then it cancels them", async () => {
    const gateway = await start();
    await gateway.perform({ ...byHand, orderType: "LMT", limitPrice: 1 });
    const { client: zero } = await connectTo(gateway, 0);
    zero.api.reqOpenOrders();
    const bound = await zero.next(EventName.orderBound);
    expect(bound).toEqual([gateway.liveOrders[0]?.permId, 0, -1]);
    zero.api.reqAutoOpenOrders(true);
    zero.api.reqCurrentTime();
    await zero.next(EventName.currentTime);
    await gateway.perform({ ...byHand, orderType: "STP", stopPrice: 9000 });
    await zero.next(EventName.orderBound, (args) => args[2] === -2);
    zero.api.cancelOrder(-1);
    await zero.next(EventName.orderStatus, (args) => args[0] === -1 && args[1] === "Cancelled");
    expect(gateway.liveOrders.map(({ orderId }) => orderId)).toEqual([-2]);
  });

  it("that are filled count in the account, and have executions without a reference", async () => {
    const gateway = await start();
    const { client } = await connectTo(gateway, 3);
    await gateway.perform(byHand);
    expect(gateway.positions).toMatchObject([{ symbol: "SPY", quantity: 5 }]);
    client.api.reqExecutions(1, {});
    const [, , execution] = await client.next(EventName.execDetails);
    expect(execution).toMatchObject({ orderId: 0, clientId: 0, shares: 5 });
    await expect(gateway.perform({ ...byHand, symbol: "NOPE" })).rejects.toThrow("does not list NOPE");
  });
});

describe("client 0", () => {
  it("hears of everybody's orders and executions as they happen, others of their own alone", async () => {
    const gateway = await start();
    const { client, orderId } = await connectTo(gateway, 3);
    const { client: zero } = await connectTo(gateway, 0);
    const { client: other } = await connectTo(gateway, 7);
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 1));
    await client.next(EventName.commissionReport);
    await zero.next(EventName.commissionReport);
    expect(zero.all(EventName.execDetails)).toHaveLength(1);
    expect(zero.all(EventName.orderStatus)).toEqual(client.all(EventName.orderStatus));
    expect([...other.all(EventName.openOrder), ...other.all(EventName.execDetails)]).toEqual([]);
  });
});

describe("the master client", () => {
  it("hears of everybody's orders and executions as they happen, not of their errors, and cannot change them", async () => {
    const gateway = await start();
    await gateway.setFaults({ masterClientId: 7 });
    const { client: master } = await connectTo(gateway, 7);
    const { client: other } = await connectTo(gateway, 8);
    const { client, orderId } = await connectTo(gateway, 3);
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 5, 1));
    await master.next(EventName.openOrder, (args) => (args[2] as Order).clientId === 3);
    client.api.placeOrder(orderId + 1, stock("SPY"), marketOrder("BUY", 5));
    await master.next(EventName.orderStatus, (args) => args[0] === orderId + 1 && args[1] === "Filled");
    await master.next(EventName.execDetails, (args) => (args[2] as { clientId?: number }).clientId === 3);
    await master.next(EventName.commissionReport);
    client.api.placeOrder(orderId + 2, stock("NOPE"), marketOrder("BUY", 5));
    await client.error(200, orderId + 2);
    master.api.cancelOrder(orderId);
    await master.error(10147, orderId);
    master.api.reqOpenOrders();
    await master.next(EventName.openOrderEnd);
    expect(master.all(EventName.error).map((args) => args[1])).toEqual([10147]);
    expect(other.all(EventName.openOrder)).toEqual([]);
    expect(gateway.liveOrders).toHaveLength(1);
  });
});
