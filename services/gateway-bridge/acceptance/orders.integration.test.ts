import { afterEach, describe, expect, it } from "vitest";
import { type ClientOrderId, cancelMessage, controlMessage, type OrderType } from "#libs/contracts/mod.ts";
import { TestClient } from "../../../simulator/testing/client.ts";
import { ANSWERED_MS, within } from "../../../tests/harness/answers.ts";
import { eventually, startBus } from "../../../tests/harness/bus.ts";
import { startLivedTime } from "../../../tests/harness/lived-time.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { MESSAGES_PER_SECOND } from "../gateway/send-queue.ts";
import { PaperBench } from "../testing/paper-bench.ts";

/** The bridge's, as configured by default. */
const CLIENT_ID = 1;

/** Rows of risk-rules.md section 4 that concern orders, each looked at from both sides: the ledger and the socket. */

let bench: PaperBench;
const open = async (options?: Parameters<typeof PaperBench.open>[1]) => {
  bench = await PaperBench.open({ startBus, claimPort, eventually }, options);
  return bench;
};

afterEach(() => bench.close());

const limit = (limitPrice: number) => ({ order: { type: "limit", limitPrice } }) as const;
const resting = limit(90);

describe("rejection not seen", () => {
  const SECOND = 1000;
  /** Approves an order and tells what became of it, and after how many milliseconds that was in the ledger. */
  async function refused(status: "rejected" | "expired", change = {}) {
    const { bridge } = bench;
    const livedMs = startLivedTime();
    const id = await bridge.approve(bridge.intent(change));
    await bench.reaches(id, status);
    const took = livedMs();
    return { id, took, statuses: await bridge.statuses(id), reason: (await bench.last(id))?.reason };
  }

  // A switch at the gateway where this bridge cannot be the cause: it uses no id twice, writes no field that cannot be
  // read, and buys no coins. Each has a cause of its own in the simulated gateway's tests.
  const answeredWith = (code: number, text: string) => ({ rejectOrders: { code, text } });

  it.each([
    [103, "Duplicate order id", answeredWith],
    [201, "Order rejected - reason:The exchange is closed.", answeredWith],
    [203, "The security is not available or allowed for this account.", () => ({ restrictedSymbols: ["SPY"] })],
    [320, "Error reading request. Unable to parse field 'lmtPrice' for input string 'ninety'", answeredWith],
    [
      321,
      "Error validating request.-'bO' : cause - The API interface is currently in Read-Only mode.",
      () => ({ readOnlyApi: true }),
    ],
    [460, "No trading permissions.", () => ({ stockPermission: false })],
    [10289, "You must set Cash Quantity for this order", answeredWith],
    [10293, "Cryptocurrency Cash Quantity order cannot specify size", answeredWith],
  ])("%i is a terminal event with its reason in under a second", async (code, text, cause) => {
    await (await open()).start();
    await bench.gateway.setFaults(cause(code, text));
    const { id, took, statuses, reason } = await refused("rejected");
    expect([statuses, reason]).toEqual([["submitted", "rejected"], `${code}: ${text}`]);
    expect(took).toBeLessThan(SECOND);
    // The gateway's side: sent once, answered with that code, and nothing works there.
    const [placed] = bench.placed();
    expect([bench.placed().length, placed?.orderRef]).toEqual([1, id]);
    const answers = bench.gateway.frames.sent("ERR_MSG").filter(({ fields }) => fields[2] === placed?.orderId);
    expect(answers.map(({ fields }) => fields[3])).toEqual([code]);
    expect(bench.gateway.liveOrders).toEqual([]);
  });

  it("200, for a symbol nobody lists, is a terminal event with its reason in under a second", async () => {
    await (await open()).start();
    const { took, statuses, reason } = await refused("rejected", { symbol: "NOPE" });
    expect([statuses, reason]).toEqual([
      ["submitted", "rejected"],
      "200: No security definition has been found for the request",
    ]);
    expect(took).toBeLessThan(SECOND);
    expect(bench.gateway.liveOrders).toEqual([]);
  });

  it("201, for lack of funds, is a terminal event with the broker's words in under a second", async () => {
    await (await open()).start();
    const { took, reason } = await refused("rejected", { quantity: 1_000_000 });
    expect(reason).toContain("201: Order rejected - reason:YOUR ORDER IS NOT ACCEPTED.");
    expect(took).toBeLessThan(SECOND);
    expect(bench.gateway.executions).toEqual([]);
  });

  it("201, for an order that works: its last figure waits for the fill that is told after it", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent({ ...limit(99), quantity: 100 }));
    await bench.reaches(id, "accepted");
    await gateway.setFaults({ reports: "withheld" });
    bench.trade(98.5, 40);
    await gateway.perform({ action: "refuse-order", orderRef: id, text: "Order rejected - reason:no" });
    await gateway.setFaults({ reports: "at-once" });
    await bench.reaches(id, "rejected");
    expect(await bridge.statuses(id)).toEqual(["submitted", "accepted", "partially-filled", "rejected"]);
    const reason = "201: Order rejected - reason:no";
    expect(await bench.last(id)).toMatchObject({ filledQuantity: 40, leavesQuantity: 60, reason });
    const told = gateway.frames.sent().map(({ name }) => name);
    expect(told.indexOf("ERR_MSG", told.indexOf("OPEN_ORDER"))).toBeLessThan(told.indexOf("EXECUTION_DATA"));
    expect((await bridge.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
    expect(bench.placed()).toHaveLength(1);
    expect(gateway.liveOrders).toEqual([]);
  });

  it("201, as the first word on an order that had filled in part: it ends with that part", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    await gateway.setFaults({ reports: "withheld" });
    const id = await bridge.approve(bridge.intent({ ...limit(99), quantity: 100 }));
    await eventually("works at the broker", () => gateway.liveOrders.length === 1);
    bench.trade(98.5, 40);
    await eventually("filled in part", () => gateway.executions.length === 1);
    await gateway.perform({ action: "refuse-order", orderRef: id, text: "Order rejected - reason:no" });
    await eventually("refused", () => gateway.frames.sent("ERR_MSG").some(({ fields }) => fields[3] === 201));
    await gateway.setFaults({ reports: "at-once" });
    await bench.reaches(id, "rejected");
    const reason = "201: Order rejected - reason:no";
    expect(await bench.last(id)).toMatchObject({ status: "rejected", filledQuantity: 40, leavesQuantity: 60, reason });
    expect((await bridge.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
    // The gateway's side: it said 201 before anything else of this order.
    const told = gateway.frames.sent().filter(({ name, fields }) => name === "OPEN_ORDER" || fields[3] === 201);
    expect(told[0]?.name).toBe("ERR_MSG");
  });

  it("326: while another program holds the client id, an order expires with that reason in under a second", async () => {
    await open();
    const other = new TestClient(bench.gateway, CLIENT_ID);
    try {
      await other.ready();
      await bench.bridge.start();
      await eventually("refused the id", () => bench.bridge.service.health().detail.includes("client id"));
      const { took, statuses, reason } = await refused("expired");
      expect(statuses).toEqual(["expired"]);
      expect(reason).toContain("client id");
      expect(took).toBeLessThan(SECOND);
      expect(bench.placed()).toEqual([]);
    } finally {
      other.close();
    }
  });

  it("a read-only gateway: the order is rejected, and the session is halted instead of trying on", async () => {
    await (await open()).start();
    await bench.gateway.setFaults({ readOnlyApi: true });
    const { reason } = await refused("rejected");
    expect(reason).toContain(
      "321: Error validating request.-'bO' : cause - The API interface is currently in Read-Only",
    );
    await eventually("halted", () => bench.bridge.service.health().detail.startsWith("halted"));
    expect((await refused("expired")).reason).toContain("halted");
    expect(bench.placed()).toHaveLength(1);
  });
});

describe("order ids reused after a restart", () => {
  it("does not happen: not after a roll-back at the gateway, and not after a restart of the bridge on top of it", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const placeOne = async () => {
      const id = await bridge.approve(bridge.intent(resting));
      await bench.reaches(id, "accepted");
      return id;
    };
    const ids = [await placeOne(), await placeOne(), await placeOne()];
    await gateway.restart({ downtimeMs: 200, rollbackIds: 3 });
    await bench.ready();
    ids.push(await placeOne());
    await bridge.stop();
    await gateway.restart({ downtimeMs: 100, rollbackIds: 10 });
    await bench.start();
    ids.push(await placeOne());
    const used = bench.placed();
    expect(used.map(({ orderRef }) => orderRef)).toEqual(ids);
    const orderIds = used.map(({ orderId }) => orderId);
    expect(orderIds).toEqual(orderIds.toSorted((a, b) => a - b));
    expect(new Set(orderIds).size).toBe(5);
    // Nothing was modified by mistake: five orders live.
    expect(gateway.liveOrders.map(({ terms }) => terms.orderRef)).toEqual(ids);
  });

  it("nor when another program drove the ids up among those of requests: a refusal is told, and a cancel carried out", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    await gateway.perform({ action: "send", fields: [9, 1, 1_500_000_000] });
    const works = await bridge.approve(bridge.intent(resting));
    await bench.reaches(works, "accepted");
    expect(
      await bridge.operator.request(
        cancelMessage,
        [],
        { clientOrderId: works, reason: "not any more" },
        { timeoutMs: 2000 },
      ),
    ).toMatchObject({ ok: true });
    await bench.reaches(works, "canceled");
    await gateway.perform({ action: "send", fields: [9, 1, 1_790_000_000] });
    await gateway.setFaults({ readOnlyApi: true });
    const refused = await bridge.approve(bridge.intent(resting));
    await bench.reaches(refused, "rejected");
    await eventually("halted", () => bridge.service.health().detail.startsWith("halted"));
    expect((await bridge.alertCodes()).filter((code) => code === "GATEWAY_SESSION_HALTED")).toHaveLength(1);
    expect(bench.placed().map(({ orderId }) => orderId)).toEqual([1_600_000_000, 1_790_000_000]);
  });

  it("nor does an order go out with an id beyond the protocol's: it expires, with one alert, until the ids begin anew", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    await gateway.perform({ action: "send", fields: [9, 1, 2_147_483_647] });
    await gateway.perform({ action: "send", fields: [9, 1, 2_147_483_647] });
    await eventually("told", async () => (await bridge.alertCodes()).includes("ORDER_IDS_USED_UP"));
    const id = await bridge.approve(bridge.intent(resting));
    await bench.reaches(id, "expired");
    expect((await bench.last(id))?.reason).toContain("its next order id is 2147483647");
    expect(bench.placed()).toEqual([]);
    await gateway.perform({ action: "send", fields: [9, 1, 1] });
    const next = await bridge.approve(bridge.intent(resting));
    await bench.reaches(next, "accepted");
    expect((await bridge.alertCodes()).filter((code) => code === "ORDER_IDS_USED_UP")).toHaveLength(1);
  });
});

describe("order in the restart window", () => {
  it("is refused from the freeze on, told with its reason, and not sent when the gateway is back", async () => {
    const gateway = { startTime: "16:29:40", restartAt: "16:30", restartDowntimeS: 5, speed: 5, hold: true };
    const env = {
      GATEWAY_RESTART_AT: "16:30",
      GATEWAY_FREEZE_SECONDS: "15",
      MARKET_CLOCK_SPEED: "5",
      CLOCK_DRIFT_ALERT_MS: "0",
    };
    await (await open({ gateway, env })).start();
    const { bridge } = bench;
    await eventually("frozen", async () => (await bridge.sessions()).some(({ frozen }) => frozen));
    // It stays away for as long as this test needs, whatever the speed of the machine.
    await bench.gateway.setFaults({ connection: "refuse" });
    const frozen = await bridge.approve(bridge.intent(resting));
    await bench.reaches(frozen, "expired");
    expect((await bench.last(frozen))?.reason).toMatch(/not sent: .*restart/);
    await eventually("away", async () => (await bridge.sessions()).some(({ state }) => state === "planned-restart"));
    const away = await bridge.approve(bridge.intent(resting));
    await bench.reaches(away, "expired");
    await bench.gateway.setFaults({ connection: "none" });
    await bench.ready();
    const after = await bridge.approve(bridge.intent(resting));
    await bench.reaches(after, "accepted");
    expect(bench.placed().map(({ orderRef }) => orderRef)).toEqual([after]);
    expect(bench.gateway.liveOrders).toHaveLength(1);
  });
});

describe("fills lost or doubled", () => {
  it("executions that arrive during 1100 are counted, once, however often they are repeated", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent({ ...limit(99), quantity: 100 }));
    await bench.reaches(id, "accepted");
    await gateway.setFaults({ repeatExecutions: 2 });
    gateway.injectError(1100, "Connectivity between IBKR and Trader Workstation has been lost.");
    await eventually("degraded", () => bridge.service.health().detail.startsWith("degraded"));
    bench.trade(98.5, 40);
    await bench.reaches(id, "partially-filled");
    gateway.resendExecutions();
    gateway.injectError(1102, "Connectivity between IBKR and Trader Workstation has been restored - data maintained.");
    await bench.ready();
    bench.trade(98.4);
    await bench.reaches(id, "filled");
    const executions = (await bridge.fills()).filter((fill) => fill.kind === "execution");
    expect(executions.map(({ executionId }) => executionId)).toEqual(gateway.executions.map(({ execId }) => execId));
    expect(executions.map(({ quantity }) => quantity)).toEqual([40, 60]);
    expect(bench.placed()).toHaveLength(1);
  });

  it.each(["20260231 10:30:00 US/Eastern", "99991231 10:30:00 US/Eastern", "soon"])(
    "an execution whose time is %j counts, at the time it came, with an alert, and costs no session",
    async (text) => {
      await (await open()).start();
      const { bridge, gateway } = bench;
      await gateway.setFaults({ executionTime: text });
      const id = await bridge.approve(bridge.intent());
      await bench.reaches(id, "filled");
      await eventually("told", async () => (await bridge.alertCodes()).includes("EXECUTION_TIME_UNREADABLE"));
      gateway.resendExecutions();
      const later = await bridge.approve(bridge.intent(resting));
      await bench.reaches(later, "accepted");
      const told = (await bridge.alerts()).filter(({ code }) => code === "EXECUTION_TIME_UNREADABLE");
      expect(told).toHaveLength(1);
      expect(told[0]?.text).toContain(text);
      const executions = (await bridge.fills()).filter((fill) => fill.kind === "execution");
      expect(executions).toMatchObject([{ clientOrderId: id, quantity: 10, price: 100.01 }]);
      expect(Math.abs((executions[0]?.executedAt ?? 0) - gateway.marketTimeMs)).toBeLessThan(30_000);
      expect(await bridge.alertCodes()).not.toContain("BRIDGE_DEFECT");
      expect(gateway.frames.receivedCount("START_API")).toBe(1);
      expect(gateway.frames.sent("EXECUTION_DATA").every(({ fields }) => fields.includes(text))).toBe(true);
    },
  );

  it("a socket that dies between order and acknowledgement makes it unknown, then what it was: one order, one fill", async () => {
    await open();
    await bench.gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    await bench.start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent());
    await bench.reaches(id, "filled");
    expect(await bridge.statuses(id)).toEqual(["submitted", "unknown", "filled"]);
    expect(bench.placed().map(({ orderRef }) => orderRef)).toEqual([id]);
    expect(gateway.executions).toHaveLength(1);
    expect((await bridge.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
    await eventually("position", async () => (await bridge.positions()).at(-1)?.quantity === 10);
  });
});

describe("a cancel that is not answered", () => {
  const cancel = (id: ClientOrderId) =>
    within(ANSWERED_MS.cancel, () =>
      bench.bridge.operator.request(cancelMessage, [], { clientOrderId: id, reason: "test" }, { timeoutMs: 15_000 }),
    );
  const cancels = () => bench.gateway.frames.receivedCount("CANCEL_ORDER");

  it("is written once however often it is asked, and once again in the next session, until the order is over", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent(resting));
    await bench.reaches(id, "accepted");
    await gateway.setFaults({ cancels: { kind: "ignore" } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(id)));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true]);
    await eventually("written", () => cancels() === 1);
    gateway.dropConnections();
    await eventually("away", () => bridge.service.health().status !== "ok");
    expect(await cancel(id)).toMatchObject({ ok: false, message: expect.stringContaining("not connected") });
    await gateway.setFaults({ cancels: { kind: "normal" } });
    await bench.ready();
    await bench.reaches(id, "canceled");
    expect(cancels()).toBe(2);
    expect(await bridge.statuses(id)).toEqual(["submitted", "accepted", "canceled"]);
    expect(gateway.liveOrders).toEqual([]);
    // Nothing of it is left for a third session.
    gateway.dropConnections();
    await eventually("away", () => bridge.service.health().status !== "ok");
    await bench.ready();
    expect(cancels()).toBe(2);
  });

  it("of everything, which a session did not live to answer, is asked again order by order", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const ids = [await bridge.approve(bridge.intent(resting)), await bridge.approve(bridge.intent(resting))];
    for (const id of ids) await bench.reaches(id, "accepted");
    await gateway.setFaults({ cancels: { kind: "ignore" } });
    const about = { reason: "test" };
    await within(ANSWERED_MS.control, () =>
      bridge.operator.request(controlMessage, ["gateway-bridge", "global-cancel"], about, { timeoutMs: 15_000 }),
    );
    await eventually("written", () => gateway.frames.receivedCount("REQ_GLOBAL_CANCEL") === 1);
    gateway.dropConnections();
    await gateway.setFaults({ cancels: { kind: "normal" } });
    for (const id of ids) await bench.reaches(id, "canceled");
    expect(cancels()).toBe(2);
    expect(gateway.frames.receivedCount("REQ_GLOBAL_CANCEL")).toBe(1);
    expect(gateway.liveOrders).toEqual([]);
  });

  it("is not lost in an outage of the broker behind the gateway", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent(resting));
    await bench.reaches(id, "accepted");
    gateway.injectError(1100, "Connectivity between IBKR and Trader Workstation has been lost.");
    await eventually("degraded", () => bridge.service.health().detail.startsWith("degraded"));
    await gateway.setFaults({ cancels: { kind: "ignore" } });
    expect(await cancel(id)).toMatchObject({ ok: true });
    await eventually("written", () => cancels() === 1);
    await gateway.setFaults({ cancels: { kind: "normal" } });
    gateway.injectError(1102, "Connectivity between IBKR and Trader Workstation has been restored - data maintained.");
    await bench.reaches(id, "canceled");
    expect(cancels()).toBe(2);
  });
});

describe("every type of order", () => {
  const stop: OrderType = { type: "stop", stopPrice: 101 };
  const trail = (by: "amount" | "percent", initialStopPrice: number | null): OrderType => ({
    type: "trailing-stop",
    trail: by === "amount" ? { by, amount: 1 } : { by, percent: 2 },
    initialStopPrice,
  });

  it.each<[string, { order: OrderType } & Record<string, unknown>, Record<string, unknown>]>([
    ["limit", { ...limit(90), timeInForce: "gtc" }, { orderType: "LMT", limitPrice: 90, timeInForce: "GTC" }],
    ["limit outside hours", { ...limit(90), outsideRegularHours: true }, { orderType: "LMT", outsideRth: true }],
    ["stop", { order: stop }, { orderType: "STP", auxPrice: 101, timeInForce: "DAY" }],
    [
      "stop-limit",
      { order: { type: "stop-limit", stopPrice: 101, limitPrice: 102 } },
      { orderType: "STP LMT", auxPrice: 101, limitPrice: 102 },
    ],
    ["trail by amount", { order: trail("amount", null) }, { orderType: "TRAIL", auxPrice: 1, trailStopPrice: 101 }],
    [
      "trail by per cent, from a stop of its own",
      { order: trail("percent", 101.5) },
      { orderType: "TRAIL", trailingPercent: 2, trailStopPrice: 101.5 },
    ],
    ["on the close", { order: { type: "market-on-close" } }, { orderType: "MOC" }],
    ["limit on the close", { order: { type: "limit-on-close", limitPrice: 99 } }, { orderType: "LOC", limitPrice: 99 }],
  ])("%s: what was approved is what the broker has, and its cancel comes back", async (_name, change, terms) => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent(change));
    await bench.reaches(id, "accepted");
    expect(gateway.liveOrders).toMatchObject([{ terms: { ...terms, orderRef: id, action: "BUY", transmit: true } }]);
    const cancel = { clientOrderId: id, reason: "test" };
    expect(
      (
        await within(ANSWERED_MS.cancel, () =>
          bridge.operator.request(cancelMessage, [], cancel, { timeoutMs: 15_000 }),
        )
      ).ok,
    ).toBe(true);
    await bench.reaches(id, "canceled");
  });

  it("market and immediate-or-cancel: what is not had at once comes back as canceled, with what was had", async () => {
    await (await open()).start();
    bench.trade(100, 60);
    const { bridge } = bench;
    const id = await bridge.approve(bridge.intent({ order: { type: "market" }, quantity: 100, timeInForce: "ioc" }));
    await bench.reaches(id, "canceled");
    expect(await bench.last(id)).toMatchObject({ filledQuantity: 60, leavesQuantity: 40 });
  });

  it("a trailing stop follows the market at the broker, and its fill comes back", async () => {
    await (await open()).start();
    const { bridge } = bench;
    const entry = await bridge.approve(bridge.intent());
    await bench.reaches(entry, "filled");
    const id = await bridge.approve(bridge.intent({ side: "sell", order: trail("amount", null), timeInForce: "gtc" }));
    await bench.reaches(id, "accepted");
    bench.trade(103);
    bench.trade(101.9);
    await bench.reaches(id, "filled");
    expect((await bench.last(id))?.averagePrice).toBe(101.89);
  });

  it("a group goes out under one name of strategy and day, with block, and one fill cancels the rest", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const group = { oneCancelsAllGroup: "either" };
    const below = await bridge.approve(bridge.intent({ ...group, ...limit(99) }));
    const above = await bridge.approve(bridge.intent({ ...group, order: stop }));
    await bench.reaches(above, "accepted");
    const name = { ocaGroup: "2026-03-10:test:either", ocaType: 1 };
    expect(gateway.liveOrders).toMatchObject([{ terms: name }, { terms: name }]);
    bench.trade(98.5, 4);
    await bench.reaches(below, "partially-filled");
    await bench.reaches(above, "canceled");
    expect(gateway.liveOrders).toMatchObject([{ terms: { orderRef: below } }]);
  });

  it("a stop that its target's fill made smaller is filled at that size, and no execution is missing", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const bracket = {
      stopLoss: { clientOrderId: "entry-stop", stopPrice: 98 },
      takeProfit: { clientOrderId: "entry-target", limitPrice: 105 },
    };
    await bridge.approve(bridge.intent({ clientOrderId: "entry", quantity: 100, bracket }));
    await bench.reaches("entry-target", "accepted");
    bench.trade(105.5, 40);
    await bench.reaches("entry-target", "partially-filled");
    bench.trade(97);
    await bench.reaches("entry-stop", "filled");
    expect(await bench.last("entry-stop")).toMatchObject({ filledQuantity: 60, leavesQuantity: 0 });
    expect(await bridge.alertCodes()).not.toContain("FILLS_WITHOUT_EXECUTIONS");
    expect(gateway.executions.map(({ shares }) => shares)).toEqual([100, 40, 60]);
    expect(gateway.liveOrders).toEqual([]);
  });
});

describe("the pace, and what goes first", () => {
  const ORDERS = 100;

  it("sends 45 messages a second at most, and a global cancel overtakes what waits, which is never sent", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    const other = new TestClient(gateway, 77);
    try {
      const foreignId = await other.ready();
      other.api.placeOrder(
        foreignId,
        { symbol: "SPY", secType: "STK" as never, exchange: "SMART", currency: "USD" },
        {
          action: "BUY" as never,
          totalQuantity: 1,
          orderType: "LMT" as never,
          lmtPrice: 80,
          tif: "DAY",
          transmit: true,
        },
      );
      await eventually("the other program's order works", () => gateway.liveOrders.length === 1);
      let from = 0;
      // Together, or a slow machine approves no faster than the pace lets them go.
      await bench.heldUp(async () => {
        await Promise.all(Array.from({ length: ORDERS - 1 }, () => bridge.approve(bridge.intent(resting))));
        from = performance.now();
      });
      await bridge.approve(bridge.intent(resting));
      await eventually("the pace holds orders back", () => bench.placed().length > MESSAGES_PER_SECOND);
      const answer = await within(ANSWERED_MS.control, () =>
        bridge.operator.request(
          controlMessage,
          ["gateway-bridge", "global-cancel"],
          { reason: "test" },
          { timeoutMs: 15_000 },
        ),
      );
      expect(answer.ok).toBe(true);
      await eventually("over", async () => {
        const over = (await bridge.allEvents()).filter(({ status }) => status === "canceled" || status === "expired");
        return new Set(over.map(({ clientOrderId }) => clientOrderId)).size === ORDERS;
      });
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const sent = bench.placed().filter(({ orderRef }) => orderRef !== "");
      const cancels = gateway.frames.received("REQ_GLOBAL_CANCEL");
      expect(cancels).toHaveLength(1);
      expect(sent.length).toBeLessThan(ORDERS);
      // Nothing was sent after it, and nothing works at the broker: neither ours nor the other program's.
      expect(sent.filter(({ machineMs }) => machineMs > (cancels[0]?.machineMs ?? 0))).toEqual([]);
      expect(gateway.liveOrders).toEqual([]);
      expect(await bridge.alertCodes()).toContain("GLOBAL_CANCEL");
      // Whatever was received had been sent by then: a second's worth in each second since the first approval.
      const received = gateway.frames
        .received()
        .filter(({ clientId, machineMs }) => clientId !== 77 && machineMs > from);
      for (const [at, { machineMs }] of received.entries()) {
        expect(machineMs).toBeGreaterThanOrEqual(from + Math.floor(at / MESSAGES_PER_SECOND) * 1000);
      }
    } finally {
      other.close();
    }
  });

  describe("a global cancel that has to wait for the pace", () => {
    const reason = "test";
    const asked = () => bench.gateway.frames.receivedCount("REQ_GLOBAL_CANCEL");

    /** @returns an order that works, and which nothing but the global cancel asks to cancel */
    async function waiting(): Promise<ClientOrderId> {
      await (await open()).start();
      const { bridge, gateway } = bench;
      const { operator } = bridge;
      const alone = await bridge.approve(bridge.intent(resting));
      // It waits behind the cancels before it, for seconds: so long a slow machine takes for what comes next.
      const others = await Promise.all(
        Array.from({ length: 5 * MESSAGES_PER_SECOND }, () => bridge.approve(bridge.intent(resting))),
      );
      await eventually("all work", () => gateway.liveOrders.length === 1 + others.length, 30_000);
      for (const id of [alone, ...others.slice(-1)]) await bench.reaches(id, "accepted");
      await gateway.setFaults({ cancels: { kind: "ignore" } });
      // All at once.
      const cancels = () =>
        others.map((clientOrderId) =>
          operator.request(cancelMessage, [], { clientOrderId, reason }, { timeoutMs: 15_000 }),
        );
      await within(ANSWERED_MS.control, () => Promise.all(cancels()));
      await within(ANSWERED_MS.control, () =>
        operator.request(controlMessage, ["gateway-bridge", "global-cancel"], { reason }, { timeoutMs: 15_000 }),
      );
      return alone;
    }

    /** The next session begins, whose gateway cancels what it is asked to. */
    async function nextSession(): Promise<void> {
      bench.gateway.dropConnections();
      await bench.gateway.setFaults({ cancels: { kind: "normal" } });
    }

    it("is none of an order that was sent after it, in the next session either", async () => {
      const before = await waiting();
      const { bridge } = bench;
      const later = await bridge.approve(bridge.intent(resting));
      await bench.reaches(later, "submitted");
      expect(asked(), "it waits").toBe(0);
      await bench.reaches(later, "accepted");
      expect(asked()).toBe(1);
      await nextSession();
      await bench.reaches(before, "canceled");
      // Whatever is due is written before an order is.
      await bench.reaches(await bridge.approve(bridge.intent(resting)), "accepted");
      expect(await bridge.statuses(later)).toEqual(["submitted", "accepted"]);
    });

    it("is not lost with a session that ends before it is written", async () => {
      const before = await waiting();
      await nextSession();
      await bench.reaches(before, "canceled");
      expect(asked()).toBe(0);
    });
  });

  it("a global cancel without a session cancels what waits, and says that it reached nothing at the broker", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    await gateway.setFaults({ connection: "refuse" });
    gateway.dropConnections();
    await eventually("away", () => bridge.service.health().detail.startsWith("disconnected"));
    const about = { reason: "test" };
    const ask = () =>
      within(ANSWERED_MS.control, () =>
        bridge.operator.request(controlMessage, ["gateway-bridge", "global-cancel"], about, { timeoutMs: 15_000 }),
      );
    const notConnected = { ok: false, message: expect.stringContaining("not connected") };
    expect(await ask()).toMatchObject(notConnected);
    // An attempt that failed has opened a channel, and nothing that is written to it ever arrives.
    await eventually("tried", async () => (await bridge.alertCodes()).includes("GATEWAY_UNREACHABLE"));
    expect(await ask()).toMatchObject(notConnected);
    const told = (await bridge.alerts()).filter(({ code }) => code === "GLOBAL_CANCEL");
    expect(told.map(({ severity }) => severity)).toEqual(["critical", "critical"]);
    expect(gateway.frames.receivedCount("REQ_GLOBAL_CANCEL")).toBe(0);
  });

  it("in dry-run cancels the dry-run orders, and writes nothing to the socket (law 5)", async () => {
    await (await open({ mode: "dry-run" })).start();
    const { bridge, gateway } = bench;
    const id = await bridge.approve(bridge.intent(resting));
    await bench.reaches(id, "accepted");
    const answer = await within(ANSWERED_MS.control, () =>
      bridge.operator.request(
        controlMessage,
        ["gateway-bridge", "global-cancel"],
        { reason: "test" },
        { timeoutMs: 15_000 },
      ),
    );
    expect(answer).toMatchObject({ ok: true, message: "1 dry-run order is canceled" });
    await bench.reaches(id, "canceled");
    expect(gateway.frames.receivedCount("REQ_GLOBAL_CANCEL")).toBe(0);
    expect(gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
  });
});
