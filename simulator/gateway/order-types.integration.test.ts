import { ConjunctionConnection, EventName, OrderType, PriceCondition, TimeCondition } from "@stoqey/ib";
import { afterEach, describe, expect, it } from "vitest";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, stock, TestClient } from "../testing/client.ts";

const open: { close(): unknown }[] = [];
const spy = stock("SPY");

async function start(options: SimulatedGatewayOptions = {}) {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", prices: "manual", ...options });
  open.push(gateway);
  trade(gateway, 100);
  return { gateway, ...(await connectTo(gateway, 1)) };
}

async function connectTo(gateway: SimulatedGateway, clientId: number) {
  const client = new TestClient(gateway, clientId);
  open.push(client);
  return { client, orderId: await client.ready() };
}

const trade = (gateway: SimulatedGateway, last: number) =>
  gateway.setQuote("SPY", { bid: last - 0.01, ask: last + 0.01, last, bidSize: 1000, askSize: 1000 });

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) {
    if (thing instanceof TestClient) expect(thing.decodeErrors()).toEqual([]);
    await thing.close();
  }
});

const openOrderOf = (client: TestClient, condition: (order: Record<string, unknown>) => boolean) =>
  client.next(EventName.openOrder, (args) => condition(args[2] as Record<string, unknown>));

describe.each([193, 177])("at version %i", (serverVersionMax) => {
  it("an order is refused for what would change how it trades and is not simulated", async () => {
    const { gateway, client, orderId } = await start({ serverVersionMax });
    const refused: [string, object][] = [
      ["allOrNone", { allOrNone: true }],
      ["hidden", { hidden: true }],
      ["minQty", { minQty: 5 }],
      ["displaySize", { displaySize: 1 }],
      ["algoStrategy", { algoStrategy: "Twap", algoParams: [{ tag: "allowPastEndTime", value: "1" }] }],
      ["scalePriceIncrement", { scaleInitLevelSize: 1, scalePriceIncrement: 0.1 }],
      ["hedgeType", { hedgeType: "D" }],
      ["adjustedOrderType", { adjustedOrderType: OrderType.STP, triggerPrice: 99 }],
      ["duration", { duration: 60 }],
      ["autoCancelParent", { autoCancelParent: true }],
    ];
    for (const [index, [name, change]] of refused.entries()) {
      client.api.placeOrder(orderId + index, spy, { ...limitOrder("BUY", 10, 90), ...change });
      expect(await client.error(321, orderId + index)).toContain(`Order attribute not supported: ${name}`);
    }
    expect(gateway.liveOrders).toEqual([]);
  });

  it("a trailing stop tells where its stop stands, is elected by a trade, and is listed when it is done", async () => {
    const { gateway, client, orderId } = await start({ serverVersionMax });
    const trail = { ...marketOrder("SELL", 10), orderType: OrderType.TRAIL, auxPrice: 1, orderRef: "trail" };
    client.api.placeOrder(orderId, spy, trail);
    await openOrderOf(client, ({ orderType, auxPrice }) => orderType === "TRAIL" && auxPrice === 1);
    trade(gateway, 102);
    client.api.reqOpenOrders();
    await openOrderOf(client, ({ trailStopPrice }) => trailStopPrice === 101);
    trade(gateway, 100.9);
    await client.next(EventName.orderStatus, (args) => args[0] === orderId && args[1] === "Filled");
    client.api.reqCompletedOrders(true);
    const [, order, state] = await client.next(EventName.completedOrder);
    expect(order).toMatchObject({ orderType: "TRAIL", trailStopPrice: 101, orderRef: "trail", filledQuantity: 10 });
    expect(state).toMatchObject({ status: "Filled" });
  });

  it("a trail in per cent, with a limit that goes along, comes through", async () => {
    const { client, orderId } = await start({ serverVersionMax });
    const trail = {
      ...marketOrder("BUY", 10),
      orderType: OrderType.TRAIL_LIMIT,
      trailingPercent: 2,
      lmtPriceOffset: 0.5,
    };
    client.api.placeOrder(orderId, spy, trail);
    const [, , order] = await openOrderOf(client, ({ trailStopPrice }) => trailStopPrice === 102);
    expect(order).toMatchObject({ trailingPercent: 2, lmtPriceOffset: 0.5, lmtPrice: 102.5 });
  });

  it("conditions come back as they were sent", async () => {
    const { client, orderId } = await start({ serverVersionMax });
    const conditions = [
      new PriceCondition(99.5, 0, 756733, "SMART", true, ConjunctionConnection.AND),
      new TimeCondition("20251007 15:00:00 US/Eastern", true, ConjunctionConnection.OR),
    ];
    const order = { ...limitOrder("BUY", 1, 99), conditions, conditionsIgnoreRth: true, conditionsCancelOrder: false };
    client.api.placeOrder(orderId, spy, order);
    const [, , echoed] = await client.next(EventName.openOrder);
    expect(echoed).toMatchObject({
      conditions: [
        { type: 1, price: 99.5, conId: 756733, exchange: "SMART", isMore: true, conjunctionConnection: "a" },
        { type: 3, time: "20251007 15:00:00 US/Eastern", isMore: true, conjunctionConnection: "o" },
      ],
      conditionsIgnoreRth: true,
    });
  });
});

describe("an order that is on its way", () => {
  it("cannot be modified until it is acknowledged: 2102, and it stays as it was", async () => {
    const { gateway, client, orderId } = await start();
    gateway.setFaults({ orderAcks: { kind: "delay", delayMs: 3000 } });
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99));
    await expect.poll(() => gateway.liveOrders).toHaveLength(1);
    gateway.setFaults({ orderAcks: { kind: "normal" } });
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99.5));
    await client.error(2102, orderId);
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
    expect(gateway.liveOrders[0]?.terms.limitPrice).toBe(99);
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99.5));
    await openOrderOf(client, ({ lmtPrice }) => lmtPrice === 99.5);
  });
});

describe("an order of another client", () => {
  it("is seen with REQ_ALL_OPEN_ORDERS, and can be neither cancelled nor modified", async () => {
    const { gateway, client, orderId } = await start();
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99, { orderRef: "mine" }));
    await client.next(EventName.orderStatus);
    const other = await connectTo(gateway, 2);
    other.client.api.reqAllOpenOrders();
    await openOrderOf(other.client, ({ orderRef, clientId }) => orderRef === "mine" && clientId === 1);
    other.client.api.cancelOrder(orderId);
    await other.client.error(10147, orderId);
    other.client.api.placeOrder(orderId, spy, limitOrder("BUY", 7, 98));
    await other.client.next(EventName.orderStatus, (args) => args[1] === "Submitted" && args[8] === 2);
    expect(gateway.liveOrders.map(({ clientId, terms }) => [clientId, terms.totalQuantity])).toEqual([
      [1, 100],
      [2, 7],
    ]);
  });
});

describe("a global cancel", () => {
  it("takes the orders of every client, and tells each of its own", async () => {
    const { gateway, client, orderId } = await start();
    const other = await connectTo(gateway, 2);
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 1, 99));
    other.client.api.placeOrder(other.orderId, spy, { ...marketOrder("SELL", 1), orderType: OrderType.MOC });
    await expect.poll(() => gateway.liveOrders).toHaveLength(2);
    client.api.reqGlobalCancel();
    await client.error(202, orderId);
    await other.client.error(202, other.orderId);
    expect(gateway.liveOrders).toEqual([]);
  });
});

describe("an order with conditions, over the wire", () => {
  it("is PreSubmitted until another symbol trades where it was told, and then fills", async () => {
    const { gateway, client, orderId } = await start();
    gateway.setQuote("QQQ", { bid: 399, ask: 401, last: 400 });
    const conditions = [new PriceCondition(405, 0, 320227571, "SMART", true, ConjunctionConnection.AND)];
    client.api.placeOrder(orderId, spy, { ...marketOrder("BUY", 10), conditions });
    await client.next(EventName.orderStatus, (args) => args[0] === orderId && args[1] === "PreSubmitted");
    trade(gateway, 101);
    expect(gateway.executions).toEqual([]);
    gateway.setQuote("QQQ", { last: 405 });
    await client.next(EventName.orderStatus, (args) => args[0] === orderId && args[1] === "Filled");
  });

  it("is cancelled at its time, if that is what the condition is for", async () => {
    const { gateway, client, orderId } = await start({ speed: 20, hold: true });
    const conditions = [new TimeCondition("20251007 10:00:20 US/Eastern", true, ConjunctionConnection.AND)];
    client.api.placeOrder(orderId, spy, { ...limitOrder("BUY", 10, 50), conditions, conditionsCancelOrder: true });
    await client.next(EventName.orderStatus, (args) => args[0] === orderId && args[1] === "Submitted");
    gateway.releaseClock();
    await client.error(202, orderId);
  });
});
