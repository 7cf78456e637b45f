import { EventName } from "@stoqey/ib";
import { afterEach, describe, expect, it } from "vitest";
import { type SimulatedGateway, startSimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, pause, stock, TestClient } from "../testing/client.ts";
import { RawClient } from "../testing/raw-client.ts";
import type { Faults } from "./faults.ts";

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** A gateway where SPY is 100.00 to 100.02, 300 shares each, and a client that is ready. */
async function readyWith(
  faults: Partial<Faults>,
): Promise<{ gateway: SimulatedGateway; client: TestClient; orderId: number }> {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", prices: "manual" });
  gateway.setQuote("SPY", { bid: 100, ask: 100.02, last: 100.01, bidSize: 300, askSize: 300 });
  await gateway.setFaults(faults);
  const client = new TestClient(gateway, 1);
  open.push(gateway, client);
  return { gateway, client, orderId: await client.ready() };
}

/** What was told of orders, in order: "openOrder Filled", "execDetails", ... */
function toldOf(client: TestClient): string[] {
  const words = { openOrder: 3, orderStatus: 1 } as const;
  return client.events.flatMap(({ name, args }) => {
    if (name === "execDetails" || name === "commissionReport") return [name];
    if (name !== "openOrder" && name !== "orderStatus") return [];
    const word = args[words[name]];
    return [`${name} ${typeof word === "object" ? (word as { status: string }).status : word}`];
  });
}

describe("order reports", () => {
  it("come in TWS's order, the filled order twice, when nothing is wrong", async () => {
    const { client, orderId } = await readyWith({});
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10));
    await client.next(EventName.commissionReport);
    expect(toldOf(client)).toEqual([
      "openOrder PreSubmitted",
      "orderStatus PreSubmitted",
      "execDetails",
      "openOrder Filled",
      "orderStatus Filled",
      "openOrder Filled",
      "commissionReport",
    ]);
  });

  it("are repeated", async () => {
    const { client, orderId } = await readyWith({ repeatOrderReports: 2 });
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 90));
    await expect.poll(() => toldOf(client).filter((told) => told === "orderStatus Submitted")).toHaveLength(3);
    expect(toldOf(client).filter((told) => told === "openOrder PreSubmitted")).toHaveLength(3);
  });

  it("lack every status of an order that fills at once: the execution alone tells", async () => {
    const { client, orderId } = await readyWith({ omitStatusOfFastFills: true });
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10));
    await client.next(EventName.commissionReport);
    expect(client.all(EventName.orderStatus)).toEqual([]);
    expect(client.all(EventName.execDetails)).toHaveLength(1);
    client.api.placeOrder(orderId + 1, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
  });

  it("come after the executions they are about", async () => {
    const { client, orderId } = await readyWith({ executionsFirst: true });
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10));
    await client.next(EventName.orderStatus, (args) => args[1] === "Filled");
    expect(toldOf(client).slice(0, 3)).toEqual(["execDetails", "commissionReport", "openOrder PreSubmitted"]);
  });

  it("have the commission late", async () => {
    const { client, orderId } = await readyWith({ commissionDelayMs: 3000 });
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10));
    await client.next(EventName.orderStatus, (args) => args[1] === "Filled");
    expect(client.all(EventName.commissionReport)).toEqual([]);
    await client.next(EventName.commissionReport);
  });

  it("are withheld while the link is lost, and come when it is back", async () => {
    const { gateway, client, orderId } = await readyWith({});
    const over = gateway.perform({ action: "connectivity-loss", restoredAfterMs: 3000, reports: "withheld" });
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10));
    await expect.poll(() => gateway.executions).toHaveLength(1);
    await pause(50);
    expect(toldOf(client)).toEqual([]);
    await over;
    await client.next(EventName.commissionReport);
    await client.error(1102);
  });
});

describe("a cancel", () => {
  it("is overtaken by a fill after PendingCancel: the order is filled, and no 202 comes", async () => {
    const { gateway, client, orderId } = await readyWith({ cancels: { kind: "fill-first", delayMs: 50, share: 1 } });
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
    client.api.cancelOrder(orderId);
    await client.next(EventName.orderStatus, (args) => args[1] === "PendingCancel");
    await client.next(EventName.orderStatus, (args) => args[1] === "Filled");
    expect(gateway.executions).toMatchObject([{ shares: 10, price: 90 }]);
    expect(client.all(EventName.error)).toEqual([]);
  });

  it("is overtaken by a fill of a part: the rest is cancelled", async () => {
    const { gateway, client, orderId } = await readyWith({ cancels: { kind: "fill-first", delayMs: 20, share: 0.4 } });
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
    client.api.cancelOrder(orderId);
    await client.next(EventName.orderStatus, (args) => args[1] === "Cancelled" && args[2] === 4);
    await client.error(202, orderId);
    expect(gateway.positions).toMatchObject([{ symbol: "SPY", quantity: 4 }]);
  });

  it("is never answered", async () => {
    const { gateway, client, orderId } = await readyWith({ cancels: { kind: "ignore" } });
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
    client.api.cancelOrder(orderId);
    await expect.poll(() => gateway.frames.receivedCount("CANCEL_ORDER")).toBe(1);
    await pause(50);
    expect(gateway.liveOrders).toHaveLength(1);
    expect(toldOf(client).at(-1)).toBe("orderStatus Submitted");
  });
});

describe("orders", () => {
  it("are rejected with any code, so many times", async () => {
    const { gateway, client, orderId } = await readyWith({
      rejectOrders: { code: 404, text: "Shares for this order are not immediately available", times: 2 },
    });
    for (const offset of [0, 1, 2]) {
      client.api.placeOrder(orderId + offset, stock("SPY"), limitOrder("BUY", 10, 90));
    }
    await client.error(404, orderId);
    await client.error(404, orderId + 1);
    await client.next(EventName.orderStatus, (args) => args[0] === orderId + 2);
    expect(gateway.faults.rejectOrders).toBeNull();
  });

  it("are rejected with an advanced rejection that is no JSON", async () => {
    const { gateway } = await readyWith({
      rejectOrders: { code: 201, text: "Order rejected", advancedOrderRejectJson: '{"rejects": [' },
    });
    const raw = new RawClient(gateway.port, { clientId: 2 });
    open.push({ close: () => raw.close() });
    await raw.frame(9);
    const sent = gateway.frames.sentCount("ERR_MSG");
    const client = new TestClient(gateway, 3);
    open.push(client);
    client.api.on(EventName.error, () => undefined);
    const place = [3, 1, 756733, "SPY", "STK", "", 0, "", "", "SMART", "", "USD", "", ""];
    raw.send(...place, ...Array.from({ length: 104 }, (_, index) => (index === 2 ? "BUY" : "")));
    await expect.poll(() => gateway.frames.sentCount("ERR_MSG")).toBeGreaterThan(sent);
    expect((await raw.frame(4, 201)).at(-1)).toBe('{"rejects": [');
  });

  it("and cancels meet a read-only API with 321, and reads are answered", async () => {
    const { gateway, client, orderId } = await readyWith({});
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
    await gateway.setFaults({ readOnlyApi: true });
    client.api.placeOrder(orderId + 1, stock("SPY"), limitOrder("BUY", 10, 90));
    client.api.cancelOrder(orderId);
    client.api.reqGlobalCancel();
    expect(await client.error(321, orderId + 1)).toContain("Read-Only mode");
    await client.error(321, orderId);
    client.api.reqOpenOrders();
    await client.next(EventName.openOrderEnd);
    expect(gateway.liveOrders.map((order) => order.orderId)).toEqual([orderId]);
  });

  it("meet what the account may not trade: 203 for a symbol that is closed to it, 460 without the permission", async () => {
    const { gateway, client, orderId } = await readyWith({ restrictedSymbols: ["QQQ"] });
    client.api.placeOrder(orderId, stock("QQQ"), limitOrder("BUY", 10, 90));
    expect(await client.error(203, orderId)).toContain("not available or allowed for this account");
    client.api.placeOrder(orderId + 1, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.next(EventName.orderStatus, (args) => args[0] === orderId + 1 && args[1] === "Submitted");
    await gateway.setFaults({ stockPermission: false });
    client.api.placeOrder(orderId + 2, stock("SPY"), limitOrder("BUY", 10, 90));
    await client.error(460, orderId + 2);
    expect(gateway.liveOrders).toHaveLength(1);
  });

  it("that cannot be read get 320 with their id and the field's name, and the session goes on", async () => {
    const { gateway } = await readyWith({});
    const raw = new RawClient(gateway.port, { clientId: 2 });
    open.push({ close: () => raw.close() });
    await raw.frame(9);
    const place = [3, 7, 756733, "SPY", "STK", "", 0, "", "", "SMART", "", "USD", "", "", "", "", "BUY", 10, "LMT"];
    raw.send(...place, "ninety", ...Array.from({ length: 98 }, () => ""));
    const [, , id, , text] = await raw.frame(4, 320);
    expect([id, text]).toEqual([
      "7",
      "Error reading request. Unable to parse field 'lmtPrice' for input string 'ninety'",
    ]);
    raw.send(8, 1, 1);
    await raw.frame(9);
    expect(raw.ending).toBe("open");
  });

  it("vanish without a word", async () => {
    const { gateway, client, orderId } = await readyWith({ vanishOrders: true });
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 90));
    await expect.poll(() => gateway.frames.receivedCount("PLACE_ORDER")).toBe(1);
    client.api.reqOpenOrders();
    await client.next(EventName.openOrderEnd);
    expect(toldOf(client)).toEqual([]);
    expect(gateway.liveOrders).toEqual([]);
  });
});

describe("the account", () => {
  it("that is not ready says so, and its amounts are 0", async () => {
    const { gateway, client } = await readyWith({ accountReady: false });
    client.api.reqAccountUpdates(true, "");
    await client.next(EventName.accountDownloadEnd);
    const accountValue = (key: string) =>
      client.all(EventName.updateAccountValue).findLast((args) => args[0] === key)?.[1];
    expect(accountValue("accountReady")).toBe("false");
    expect(accountValue("NetLiquidation")).toBe("0.00");
    await gateway.setFaults({ accountReady: true });
    gateway.setDayTradesRemaining([3, 3, 3, 3, 3]);
    await client.next(EventName.updateAccountValue, (args) => args[0] === "accountReady" && args[1] === "true");
    await expect.poll(() => accountValue("NetLiquidation")).toBe("100000.00");
  });
});
