import { EventName, type ExecutionFilter } from "@stoqey/ib";
import { afterEach, describe, expect, it } from "vitest";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, stock, stopOrder, TestClient } from "../testing/client.ts";

const open: { close(): unknown }[] = [];
const spy = stock("SPY");

async function start(options: SimulatedGatewayOptions = {}) {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", prices: "manual", ...options });
  open.push(gateway);
  gateway.setQuote("SPY", { bid: 99.99, ask: 100.01, last: 100, bidSize: 1000, askSize: 1000 });
  return { gateway, ...(await connectTo(gateway, 1)) };
}

async function connectTo(gateway: SimulatedGateway, clientId: number) {
  const client = new TestClient(gateway, clientId);
  open.push(client);
  return { client, orderId: await client.ready() };
}

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) {
    if (thing instanceof TestClient) expect(thing.decodeErrors()).toEqual([]);
    await thing.close();
  }
});

function statuses(client: TestClient, orderId: number): unknown[] {
  return client.all(EventName.orderStatus).flatMap((args) => (args[0] === orderId ? [args[1]] : []));
}

describe("a market order", () => {
  it.each([193, 192, 190, 189, 187, 185, 178, 177])(
    "is filled, reported and paid for, at version %i",
    async (serverVersionMax) => {
      const { client, orderId } = await start({ serverVersionMax });
      client.api.placeOrder(orderId, spy, marketOrder("BUY", 100, { orderRef: "strategy-1" }));
      await client.next(EventName.commissionReport);
      const order = client.events
        .filter((event) => !["info", "connected", "server"].includes(event.name))
        .map((e) => e.name);
      expect(order.slice(2)).toEqual([
        "openOrder",
        "orderStatus",
        "execDetails",
        "openOrder",
        "orderStatus",
        "openOrder",
        "commissionReport",
      ]);
      expect(client.all(EventName.openOrder)[2]).toMatchObject([
        orderId,
        { symbol: "SPY", conId: 756733, secType: "STK", exchange: "SMART", currency: "USD" },
        {
          action: "BUY",
          totalQuantity: 100,
          orderType: "MKT",
          orderRef: "strategy-1",
          account: "DU1234567",
          tif: "DAY",
          clientId: 1,
        },
        { status: "Filled", commission: 1, commissionCurrency: "USD" },
      ]);
      const [, status, filled, remaining, averagePrice, permId, parentId, lastPrice, clientId] =
        client.all(EventName.orderStatus)[1] ?? [];
      expect([status, filled, remaining, averagePrice, parentId, lastPrice, clientId]).toEqual([
        "Filled",
        100,
        0,
        100.01,
        0,
        100.01,
        1,
      ]);
      const [reqId, , execution] = client.all(EventName.execDetails)[0] ?? [];
      expect(reqId).toBe(-1);
      expect(execution).toMatchObject({
        orderId,
        permId,
        side: "BOT",
        shares: 100,
        price: 100.01,
        cumQty: 100,
        orderRef: "strategy-1",
      });
      expect(execution).toMatchObject({ time: expect.stringMatching(/^20251007 10:00:\d\d US\/Eastern$/) });
      expect(client.all(EventName.commissionReport)[0]?.[0]).toMatchObject({
        commission: 1,
        currency: "USD",
        realizedPNL: undefined,
      });
    },
  );

  it("closing a position reports the profit", async () => {
    const { gateway, client, orderId } = await start();
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 100));
    gateway.setQuote("SPY", { bid: 102, ask: 102.02, last: 102 });
    await client.next(EventName.commissionReport);
    client.api.placeOrder(orderId + 1, spy, marketOrder("SELL", 100));
    await expect.poll(() => client.all(EventName.commissionReport)).toHaveLength(2);
    const [bought, sold] = gateway.executions;
    const profit = 100 * ((sold?.price ?? 0) - (bought?.price ?? 0)) - 2;
    expect(client.all(EventName.commissionReport)[1]?.[0]).toMatchObject({ realizedPNL: expect.closeTo(profit, 6) });
  });
});

describe("limit, stop and bracket orders", () => {
  it("work as asked, through the real client", async () => {
    const { gateway, client, orderId } = await start();
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99.5, { transmit: false, orderRef: "entry" }));
    client.api.placeOrder(
      orderId + 1,
      spy,
      limitOrder("SELL", 100, 101, { parentId: orderId, transmit: false, orderRef: "target" }),
    );
    client.api.placeOrder(orderId + 2, spy, stopOrder("SELL", 100, 99, { parentId: orderId, orderRef: "stop" }));
    await client.next(EventName.orderStatus, (args) => args[0] === orderId + 2);
    expect(statuses(client, orderId)).toEqual(["PreSubmitted", "Submitted"]);
    const [, , , , , , parentId, , , whyHeld] = await client.next(
      EventName.orderStatus,
      (args) => args[0] === orderId + 2,
    );
    expect([parentId, whyHeld]).toEqual([orderId, "child,trigger"]);
    gateway.setQuote("SPY", { bid: 99.48, ask: 99.5, last: 99.5 });
    await client.next(EventName.orderStatus, (args) => args[0] === orderId && args[1] === "Filled");
    await client.next(EventName.orderStatus, (args) => args[0] === orderId + 1 && args[1] === "Submitted");
    gateway.setQuote("SPY", { bid: 98.9, ask: 98.92, last: 98.95 });
    await client.next(EventName.orderStatus, (args) => args[0] === orderId + 2 && args[1] === "Filled");
    await client.next(EventName.orderStatus, (args) => args[0] === orderId + 1 && args[1] === "Cancelled");
    await client.error(202, orderId + 1);
    expect(gateway.positions[0]?.quantity).toBe(0);
  });

  it("are modified by the same id", async () => {
    const { gateway, client, orderId } = await start();
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99));
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 50, 99.2));
    await client.next(EventName.openOrder, (args) => (args[2] as { lmtPrice?: number }).lmtPrice === 99.2);
    expect(gateway.liveOrders).toHaveLength(1);
    expect(gateway.liveOrders[0]?.terms.totalQuantity).toBe(50);
  });

  it("are cancelled with 202, or refused with 10147 and 10148", async () => {
    const { client, orderId } = await start();
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 100, 99));
    client.api.cancelOrder(orderId);
    await client.error(202, orderId);
    expect(statuses(client, orderId)).toEqual(["PreSubmitted", "Submitted", "PendingCancel", "Cancelled"]);
    client.api.cancelOrder(orderId);
    await client.error(10148, orderId);
    client.api.cancelOrder(9999);
    expect(await client.error(10147, 9999)).toContain("OrderId 9999 that needs to be cancelled is not found.");
  });

  it("are all cancelled by a global cancel, at both layouts", async () => {
    for (const serverVersionMax of [178, 193]) {
      const { gateway, client, orderId } = await start({ serverVersionMax });
      for (let index = 0; index < 3; index += 1) client.api.placeOrder(orderId + index, spy, limitOrder("BUY", 1, 99));
      await expect.poll(() => gateway.liveOrders).toHaveLength(3);
      client.api.reqGlobalCancel();
      await client.error(202, orderId + 2);
      expect(gateway.liveOrders).toEqual([]);
    }
  });

  it("answer what-if with margins and leave nothing behind", async () => {
    const { gateway, client, orderId } = await start();
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 100, { whatIf: true }));
    const [, , order, state] = await client.next(EventName.openOrder);
    expect(order).toMatchObject({ whatIf: true });
    expect(state).toMatchObject({ status: "PreSubmitted", initMarginChange: 2500.25, commission: 1 });
    expect(gateway.liveOrders).toEqual([]);
  });
});

describe("order ids and contracts", () => {
  it("are refused: 103 for an id used before or below one, 200 for an unknown contract, 201 without buying power", async () => {
    const { client, orderId } = await start();
    client.api.placeOrder(orderId + 5, spy, marketOrder("BUY", 1));
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 1));
    await client.error(103, orderId);
    // The very id of an order that is over.
    client.api.placeOrder(orderId + 8, spy, limitOrder("BUY", 1, 1));
    client.api.cancelOrder(orderId + 8);
    await client.error(202, orderId + 8);
    client.api.placeOrder(orderId + 8, spy, marketOrder("BUY", 1));
    await client.error(103, orderId + 8);
    client.api.placeOrder(orderId + 9, stock("NOPE"), marketOrder("BUY", 1));
    await client.error(200, orderId + 9);
    client.api.placeOrder(orderId + 10, spy, marketOrder("BUY", 1_000_000));
    await client.error(201, orderId + 10);
    expect(statuses(client, orderId + 10)).toEqual(["Inactive"]);
  });

  it("propose the next free id", async () => {
    const { client, orderId } = await start();
    client.api.placeOrder(orderId + 5, spy, marketOrder("BUY", 1));
    client.api.reqIds();
    await client.next(EventName.nextValidId, ([id]) => id === orderId + 6);
  });
});

describe("asking for orders and executions", () => {
  it("shows open orders of this client, or of all", async () => {
    const { gateway, client, orderId } = await start();
    const other = await connectTo(gateway, 2);
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 1, 99, { orderRef: "mine" }));
    other.client.api.placeOrder(other.orderId, spy, limitOrder("BUY", 2, 98, { orderRef: "other" }));
    await other.client.next(EventName.orderStatus);
    const fresh = client.events.length;
    client.api.reqOpenOrders();
    await client.next(EventName.openOrderEnd);
    const refs = () =>
      client.events
        .slice(fresh)
        .flatMap((event) => (event.name === "openOrder" ? [(event.args[2] as { orderRef: string }).orderRef] : []));
    expect(refs()).toEqual(["mine"]);
    client.api.reqAllOpenOrders();
    await expect.poll(refs).toEqual(["mine", "mine", "other"]);
    // The other client's order came only now: its updates are not ours.
    expect(client.all(EventName.orderStatus).filter((args) => args[8] === 2)).toHaveLength(1);
    client.api.reqAutoOpenOrders(true);
    await client.error(327);
  });

  it.each([193, 177])("shows completed orders with ref and perm id, at version %i", async (serverVersionMax) => {
    const { gateway, client, orderId } = await start({ serverVersionMax });
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 10, { orderRef: "done" }));
    client.api.placeOrder(orderId + 1, spy, limitOrder("BUY", 10, 90, { orderRef: "gone" }));
    client.api.cancelOrder(orderId + 1);
    client.api.reqCompletedOrders(true);
    await client.next(EventName.completedOrdersEnd);
    const [filled, cancelled] = client.all(EventName.completedOrder);
    const permIds = gateway.completedOrders.map((order) => order.permId);
    expect(filled).toMatchObject([
      { symbol: "SPY" },
      { orderRef: "done", permId: permIds[0], filledQuantity: 10 },
      { status: "Filled" },
    ]);
    expect(cancelled).toMatchObject([
      {},
      { orderRef: "gone", permId: permIds[1] },
      { status: "Cancelled", completedStatus: "Cancelled by Trader" },
    ]);
  });

  it("shows executions by filter, of every client, also after a reconnect", async () => {
    const { gateway, client, orderId } = await start();
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 10, { orderRef: "a" }));
    await client.next(EventName.commissionReport);
    client.close();
    const { client: later } = await connectTo(gateway, 2);
    const ask = async (reqId: number, filter: ExecutionFilter) => {
      later.api.reqExecutions(reqId, filter);
      await later.next(EventName.execDetailsEnd, (args) => args[0] === reqId);
      return later.all(EventName.execDetails).filter((args) => args[0] === reqId);
    };
    expect((await ask(1, {}))[0]?.[2]).toMatchObject({ orderRef: "a", clientId: 1, shares: 10 });
    expect(await ask(2, { side: "SELL" })).toEqual([]);
    expect(await ask(3, { clientId: "2" })).toEqual([]);
    expect(await ask(4, { symbol: "SPY", side: "BUY" })).toHaveLength(1);
  });
});

describe("the account", () => {
  it("tells positions, and each change while they are subscribed to", async () => {
    const { gateway, client, orderId } = await start();
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    expect(client.all(EventName.position)).toEqual([]);
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 100));
    const [account, contract, quantity, averageCost] = await client.next(EventName.position);
    expect([account, quantity, averageCost]).toEqual(["DU1234567", 100, 100.02]);
    expect(contract).toMatchObject({ symbol: "SPY" });
    client.api.cancelPositions();
    client.api.placeOrder(orderId + 1, spy, marketOrder("BUY", 1));
    await expect.poll(() => gateway.executions).toHaveLength(2);
    expect(client.all(EventName.position)).toHaveLength(1);
  });

  it("summarizes cash and holdings by currency for the tag $LEDGER", async () => {
    const { client, orderId } = await start();
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 100));
    await client.next(EventName.commissionReport);
    client.api.reqAccountSummary(1, "All", "$LEDGER:ALL");
    await client.next(EventName.accountSummaryEnd);
    const values = client
      .all(EventName.accountSummary)
      .map(([, , tag, value, currency]) => `${tag} ${value} ${currency}`);
    expect(values).toContain("TotalCashBalance 89998.00 USD");
    expect(values).toContain("StockMarketValue 10000.00 BASE");
    expect(values).toContain("Currency USD USD");
    expect(values).not.toContain("NetLiquidation 99998.00 USD");
  });

  it("is not another's: its values are refused under a name that is not its own", async () => {
    const { client } = await start();
    client.api.reqAccountUpdates(true, "DU999");
    await client.next(EventName.info, (args) => String(args[0]).includes("Invalid account code"));
    expect(client.all(EventName.updateAccountValue)).toEqual([]);
  });

  it("summarizes itself by tags, day trades included, for two subscribers at most", async () => {
    const { gateway, client } = await start({ dayTradesRemaining: [0, 0, 1, 2, 3] });
    const tags =
      "NetLiquidation,BuyingPower,ExcessLiquidity,MaintMarginReq,LookAheadExcessLiquidity,TotalCashValue,PreviousDayEquityWithLoanValue,DayTradesRemaining,DayTradesRemainingT+1,DayTradesRemainingT+4";
    client.api.reqAccountSummary(1, "All", tags);
    await client.next(EventName.accountSummaryEnd);
    const values = Object.fromEntries(client.all(EventName.accountSummary).map((args) => [args[2], args[3]]));
    expect(Object.keys(values).sort()).toEqual(tags.split(",").sort());
    expect(values).toMatchObject({
      NetLiquidation: "100000.00",
      BuyingPower: "400000.00",
      DayTradesRemaining: "0",
      "DayTradesRemainingT+4": "3",
    });
    gateway.setDayTradesRemaining([2, 2, 2, 2, 2]);
    await client.next(EventName.accountSummary, (args) => args[2] === "DayTradesRemaining" && args[3] === "2");
    client.api.reqAccountSummary(2, "All", "NetLiquidation");
    client.api.reqAccountSummary(3, "All", "NetLiquidation");
    await client.error(322, 3);
  });

  it("streams account updates and profit and loss", async () => {
    const { gateway, client, orderId } = await start();
    client.api.reqAccountUpdates(true, "DU1234567");
    await client.next(EventName.accountDownloadEnd);
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 100));
    const [contract, quantity] = await client.next(EventName.updatePortfolio);
    expect([(contract as { symbol: string }).symbol, quantity]).toEqual(["SPY", 100]);
    client.api.reqPnL(5, "DU1234567", "");
    client.api.reqPnLSingle(6, "DU1234567", "", 756733);
    gateway.setQuote("SPY", { bid: 101, ask: 101.02, last: 101 });
    const [, daily, unrealized] = await client.next(EventName.pnl, ([, value]) => Number(value) > 0);
    expect([daily, unrealized]).toEqual([98, 98]);
    await client.next(EventName.pnlSingle, ([, held, , , , value]) => held === 100 && value === 10_100);
  });
});

describe("order faults", () => {
  it("reject with a code", async () => {
    const { gateway, client, orderId } = await start();
    await gateway.setFaults({ rejectOrders: { code: 321, text: "The API interface is currently in Read-Only mode." } });
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 1));
    expect(await client.error(321, orderId)).toContain("Read-Only");
    expect(gateway.executions).toEqual([]);
  });

  it("swallow or delay acknowledgements", async () => {
    const { gateway, client, orderId } = await start();
    await gateway.setFaults({ orderAcks: { kind: "swallow" } });
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 1, 99));
    await expect.poll(() => gateway.liveOrders).toHaveLength(1);
    await gateway.setFaults({ orderAcks: { kind: "delay", delayMs: 3000 } });
    client.api.placeOrder(orderId + 1, spy, limitOrder("BUY", 1, 99));
    await expect.poll(() => gateway.liveOrders).toHaveLength(2);
    await client.settled();
    expect(client.all(EventName.orderStatus)).toEqual([]);
    await client.next(EventName.orderStatus, ([id]) => id === orderId + 1);
    expect(statuses(client, orderId)).toEqual([]);
  });

  it("drop the socket before or after the broker has the order, once", async () => {
    const { gateway, client, orderId } = await start();
    await gateway.setFaults({ dropOnPlaceOrder: "before-accept" });
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 1, 99));
    await client.next(EventName.disconnected);
    expect(gateway.frames.receivedCount("PLACE_ORDER")).toBe(1);
    expect(gateway.liveOrders).toEqual([]);
    const { client: second } = await connectTo(gateway, 1);
    await gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    second.api.placeOrder(orderId, spy, limitOrder("BUY", 1, 99, { orderRef: "accepted" }));
    await second.next(EventName.disconnected);
    expect(second.all(EventName.openOrder)).toEqual([]);
    expect(gateway.liveOrders.map((order) => order.terms.orderRef)).toEqual(["accepted"]);
    const { client: third, orderId: next } = await connectTo(gateway, 1);
    expect(next).toBe(orderId + 1);
    third.api.placeOrder(next, spy, limitOrder("BUY", 1, 99));
    await third.next(EventName.orderStatus);
  });

  it("repeat executions, send them again, and correct them", async () => {
    const { gateway, client, orderId } = await start();
    await gateway.setFaults({ repeatExecutions: 2 });
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 10));
    await expect.poll(() => client.all(EventName.commissionReport)).toHaveLength(3);
    await gateway.setFaults({ repeatExecutions: 0 });
    gateway.resendExecutions();
    await expect.poll(() => client.all(EventName.execDetails)).toHaveLength(4);
    const ids = new Set(client.all(EventName.execDetails).map((args) => (args[2] as { execId: string }).execId));
    expect(ids.size).toBe(1);
    const [execId = ""] = ids;
    gateway.correctExecution(execId, { price: 99.5 });
    const corrected = execId.replace(/01$/, "02");
    await client.next(
      EventName.execDetails,
      (args) => (args[2] as { execId: string; price: number }).execId === corrected,
    );
    expect(gateway.positions[0]?.averageCost).toBeCloseTo(99.6, 6);
  });
});
