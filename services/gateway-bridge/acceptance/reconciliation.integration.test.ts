import { OrderAction, OrderType, SecType } from "@stoqey/ib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBatch } from "#libs/bus/mod.ts";
import {
  acceptedPositionMessage,
  clientOrderIdSchema,
  controlMessage,
  fillMessage,
  foreignOrderMessage,
  matches,
  type Outcome,
  orderEventMessage,
  positionMessage,
} from "#libs/contracts/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../../simulator/mod.ts";
import { TestClient } from "../../../simulator/testing/client.ts";
import { ANSWERED_MS, within } from "../../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { firstEvent } from "../orders/facts.ts";
import { legsOf } from "../orders/legs.ts";
import { BridgeBench } from "../testing/bench.ts";

/*
 * "Fills lost or doubled": what the bridge published on the one side, what reached the simulated gateway and what it
 * holds on the other.
 */

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;

beforeEach(async () => {
  bus = await startBus("paper");
  gateway = await startSimulatedGateway({
    port: await claimPort(),
    prices: "manual",
    date: "2026-03-10",
    startTime: "10:30:00",
  });
  quote(100);
  bench = await BridgeBench.open({ mode: "paper", connect: bus.connect, gatewayPort: gateway.port });
  await bench.want(["SPY"]);
});

afterEach(async () => {
  await bench.stop();
  await gateway.close();
  await bus.stop();
});

const quote = (price: number) =>
  gateway.setQuote("SPY", {
    bid: price,
    ask: price + 0.02,
    bidSize: 300,
    askSize: 300,
    last: price + 0.01,
    lastSize: 10,
  });
const ready = () => eventually("ready", () => bench.service.health().status === "ok");
const start = async () => {
  await bench.start();
  await ready();
};
const reaches = (id: string, status: string) =>
  eventually(`${id} ${status}`, async () => (await bench.statuses(id)).includes(status), 20_000);
const resting = { order: { type: "limit", limitPrice: 90 } } as const;
const placed = () => gateway.frames.received("PLACE_ORDER");
const executionIds = async () =>
  (await bench.fills()).flatMap((fill) => (fill.kind === "execution" ? [fill.executionId] : []));
const lastPosition = async (symbol = "SPY") =>
  (await bench.positions()).filter((position) => position.symbol === symbol).at(-1);

/** Nothing was sent that should not have been, and both sides tell one story. */
async function bothSidesAgree(): Promise<void> {
  const refs = placed().map(({ fields }) => String(fields[26]));
  expect(new Set(refs).size, "each order was written once").toBe(refs.length);
  expect((await executionIds()).sort()).toEqual(gateway.executions.map(({ execId }) => execId).sort());
  const held = gateway.positions.find(({ symbol }) => symbol === "SPY")?.quantity ?? 0;
  await eventually("the position is the broker's, and explained", async () => {
    const position = await lastPosition();
    return (position?.quantity ?? 0) === held && position?.explained !== false;
  });
}

describe("the socket dies between an order and its acknowledgement", () => {
  it("with the order resting: unknown, then found by its reference; it is not sent again (law 2)", async () => {
    await gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    expect(await bench.statuses(id)).toEqual(["submitted", "unknown", "accepted"]);
    expect(placed()).toHaveLength(1);
    expect(gateway.liveOrders.map(({ terms }) => terms.orderRef)).toEqual([id]);
    expect((await bench.events(id)).at(-1)?.permId).toBe(gateway.liveOrders[0]?.permId);
    await bothSidesAgree();
  });

  it("with the order executed: unknown, then filled by its execution, which counts once", async () => {
    await gateway.setFaults({ dropOnPlaceOrder: "after-accept", repeatExecutions: 2 });
    await start();
    const id = await bench.approve(bench.intent());
    await reaches(id, "filled");
    expect(await bench.statuses(id)).toEqual(["submitted", "unknown", "filled"]);
    gateway.resendExecutions();
    await bothSidesAgree();
    expect(await executionIds()).toHaveLength(1);
  });

  it("with the order lost: unknown, then not sent after two readings, and it is not sent again", async () => {
    await gateway.setFaults({ dropOnPlaceOrder: "before-accept" });
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "not-sent");
    expect(await bench.statuses(id)).toEqual(["submitted", "unknown", "not-sent"]);
    expect(placed()).toHaveLength(1);
    expect(gateway.liveOrders).toHaveLength(0);
    expect(await bench.alertCodes()).toEqual(expect.arrayContaining(["ORDERS_UNKNOWN", "ORDERS_NOT_SENT"]));
    await bothSidesAgree();
  });

  it("in the middle of a bracket: the entry that waits without its stop is canceled, and nothing is sent again", async () => {
    await gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    await start();
    const intent = bench.intent({ ...resting });
    const bracket = {
      stopLoss: { clientOrderId: clientOrderIdSchema.parse(`${intent.clientOrderId}-stop`), stopPrice: 80 },
      takeProfit: { clientOrderId: clientOrderIdSchema.parse(`${intent.clientOrderId}-target`), limitPrice: 120 },
    };
    const id = await bench.approve({ ...intent, bracket });
    await reaches(`${id}-stop`, "not-sent");
    await reaches(id, "canceled");
    expect(await bench.statuses(`${id}-target`)).toContain("not-sent");
    expect(placed().map(({ fields }) => fields[26])).toEqual([id]);
    expect(gateway.frames.received("CANCEL_ORDER")).toHaveLength(1);
    expect(gateway.liveOrders).toHaveLength(0);
    await bothSidesAgree();
  });

  it("in the middle of a bracket, and the cancel of the entry is refused: told once, and not asked over and over", async () => {
    await gateway.setFaults({ dropOnPlaceOrder: "after-accept", cancels: { kind: "ignore" } });
    await start();
    const intent = bench.intent({ ...resting });
    const bracket = {
      stopLoss: { clientOrderId: clientOrderIdSchema.parse(`${intent.clientOrderId}-stop`), stopPrice: 80 },
      takeProfit: { clientOrderId: clientOrderIdSchema.parse(`${intent.clientOrderId}-target`), limitPrice: 120 },
    };
    const id = await bench.approve({ ...intent, bracket });
    await reaches(`${id}-stop`, "not-sent");
    const orderId = (await bench.events(id))[0]?.orderId ?? 0;
    const asked = () => gateway.frames.receivedCount("CANCEL_ORDER");
    const passes = () => gateway.frames.receivedCount("REQ_EXECUTIONS");
    await eventually("asked", () => asked() === 1);
    for (let refused = 0; refused < 3; refused += 1) {
      const before = passes();
      gateway.injectError(161, "Cancel attempted when order is not in a cancellable state.", orderId);
      await eventually("the lists were read for it", () => passes() > before);
      await eventually("told", async () => (await bench.alertCodes()).includes("CANCEL_REFUSED"));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(asked()).toBe(1);
    }
    expect((await bench.alertCodes()).filter((code) => code === "CANCEL_REFUSED")).toHaveLength(1);
  });

  it("with the order canceled by the exchange while nobody listened: canceled", async () => {
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    await bench.stop();
    const other = new TestClient(gateway, 9);
    await other.ready();
    other.api.reqGlobalCancel();
    await eventually("gone at the broker", () => gateway.liveOrders.length === 0);
    other.close();
    await start();
    await reaches(id, "canceled");
    await bothSidesAgree();
  });
});

describe("the bridge dies", () => {
  it("and finds its open orders, and the fill it missed, when it comes back", async () => {
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    await bench.stop();
    quote(89);
    await eventually("executed", () => gateway.executions.length > 0);
    await start();
    await reaches(id, "filled");
    expect(placed()).toHaveLength(1);
    await bothSidesAgree();
  });

  it("with a bracket whose entry fills meanwhile: the exits work on, and each is known", async () => {
    await start();
    const bracket = {
      stopLoss: { clientOrderId: "b-stop", stopPrice: 80 },
      takeProfit: { clientOrderId: "b-target", limitPrice: 120 },
    };
    const id = await bench.approve(bench.intent({ ...resting, clientOrderId: "b", bracket }));
    await reaches(id, "accepted");
    await bench.stop();
    quote(89);
    await eventually("executed", () => gateway.executions.length > 0);
    await start();
    await reaches("b", "filled");
    await reaches("b-stop", "accepted");
    await reaches("b-target", "accepted");
    expect(gateway.liveOrders.map(({ terms }) => terms.orderRef).sort()).toEqual(["b-stop", "b-target"]);
    expect(placed()).toHaveLength(3);
    await bothSidesAgree();
  });

  it("between recording and writing: the order is looked for, called not sent, and its order id is used up (law 2)", async () => {
    const intent = bench.intent(resting);
    await bench.approve(intent);
    const before = await bus.connect("gateway-bridge");
    const submitted = firstEvent(legsOf(intent)[0], "submitted", 41, null);
    await before.record(orderEventMessage, [intent.clientOrderId], submitted, { onlyFirst: true });
    await before.close();
    await start();
    await reaches(intent.clientOrderId, "not-sent");
    expect(await bench.statuses(intent.clientOrderId)).toEqual(["submitted", "unknown", "not-sent"]);
    expect(placed()).toHaveLength(0);
    const next = await bench.approve(bench.intent(resting));
    await reaches(next, "accepted");
    expect((await bench.events(next))[0]?.orderId).toBe(42);
  });
});

describe("executions", () => {
  it("that arrive during 1100 are kept, and cancel nothing of the order", async () => {
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    gateway.injectError(1100, "Connectivity between IB and Trader Workstation has been lost.");
    await eventually("degraded", async () => (await bench.sessions()).at(-1)?.state === "degraded");
    quote(89);
    await reaches(id, "filled");
    expect((await bench.sessions()).at(-1)?.state, "it came while the broker was lost").toBe("degraded");
    expect(await executionIds()).toHaveLength(1);
    gateway.injectError(1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.");
    await ready();
    expect(placed()).toHaveLength(1);
    await bothSidesAgree();
  });

  it("are replaced by their corrections, one after the other, in price and in quantity", async () => {
    await start();
    const id = await bench.approve(bench.intent());
    await reaches(id, "filled");
    const [first] = gateway.executions;
    if (first === undefined) throw new Error("nothing was executed");
    gateway.correctExecution(first.execId, { price: 99.5 });
    await eventually("corrected", async () => (await executionIds()).length === 2);
    const second = gateway.executions.at(-1)?.execId ?? "";
    gateway.correctExecution(second, { shares: 8 });
    await eventually("corrected again", async () => (await executionIds()).length === 3);
    const corrections = (await bench.fills()).flatMap((fill) => (fill.kind === "execution" ? [fill.corrects] : []));
    expect(corrections).toEqual([null, first.execId, second]);
    await eventually("the position follows", async () => (await lastPosition())?.quantity === 8);
    // What the broker repeats from before a correction changes nothing any more.
    gateway.resendExecutions();
    gateway.dropConnections();
    await eventually("it was gone", async () => (await bench.sessions()).at(-1)?.state !== "ready");
    await ready();
    expect(await executionIds()).toHaveLength(3);
    await bothSidesAgree();
  });

  it("are corrected while nobody listens, and taken at their newest", async () => {
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    await bench.stop();
    quote(89);
    await eventually("executed", () => gateway.executions.length === 1);
    gateway.correctExecution(gateway.executions[0]?.execId ?? "", { price: 88.5 });
    await start();
    await reaches(id, "filled");
    await eventually("the position is told", async () => (await lastPosition())?.quantity === 10);
    expect(await lastPosition()).toMatchObject({ explained: true });
    const prices = (await bench.fills()).flatMap((fill) => (fill.kind === "execution" ? [fill.price] : []));
    expect(prices.at(-1)).toBe(88.5);
  });
});

describe("positions that the broker tells late", () => {
  it("say what executions did not add up to at that place of the ledger, and in the end nothing", async () => {
    await start();
    await gateway.setFaults({ positionDelayMs: 600 });
    for (const [side, quantity] of [
      ["buy", 6],
      ["sell", 6],
      ["buy", 20],
    ] as const) {
      await reaches(await bench.approve(bench.intent({ side, quantity })), "filled");
      // Longer than the changes are gathered that are told together.
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    await eventually("all of it told", async () => (await lastPosition())?.quantity === 20);
    await bothSidesAgree();
    let executed = 0;
    const told: number[] = [];
    for (const message of await readBatch(bench.operator, "LEDGER", 1)) {
      if (matches(fillMessage.wildcard, message.subject)) {
        const fill = fillMessage.envelope.parse(message.json()).data;
        if (fill.kind === "execution") executed += fill.side === "buy" ? fill.quantity : -fill.quantity;
      }
      if (!matches(positionMessage.wildcard, message.subject)) continue;
      const { quantity, difference, explained } = positionMessage.envelope.parse(message.json()).data;
      expect({ quantity, difference, explained }).toEqual({
        quantity,
        difference: quantity - executed,
        explained: true,
      });
      told.push(quantity - executed);
    }
    expect(told.some((difference) => difference !== 0)).toBe(true);
    expect(told.at(-1)).toBe(0);
  });
});

describe("what others do in the account", () => {
  const foreignOrders = () => bench.stored(foreignOrderMessage);
  const accept = (symbol: string | undefined, reason = "traded by hand"): Promise<Outcome> =>
    within(ANSWERED_MS.control, () =>
      bench.operator.request(
        controlMessage,
        ["gateway-bridge", "accept-position"],
        { reason, ...(symbol === undefined ? {} : { symbol }) },
        { timeoutMs: 15_000 },
      ),
    );
  const byHand = async (order: { action: OrderAction; quantity: number; limit?: number }) => {
    const client = new TestClient(gateway, 9);
    const orderId = await client.ready();
    client.api.placeOrder(
      orderId,
      { symbol: "SPY", secType: SecType.STK, exchange: "SMART", currency: "USD" },
      {
        action: order.action,
        totalQuantity: order.quantity,
        orderType: order.limit === undefined ? OrderType.MKT : OrderType.LMT,
        ...(order.limit === undefined ? {} : { lmtPrice: order.limit }),
        transmit: true,
      },
    );
    return { client, orderId };
  };

  it("their orders are told once, with the same order id as one of ours, and are never touched", async () => {
    const { client, orderId } = await byHand({ action: OrderAction.BUY, quantity: 7, limit: 91 });
    await eventually("working", () => gateway.liveOrders.length === 1);
    await bench.want([]);
    await start();
    await eventually("its symbol has prices, which risk counts it at", () =>
      gateway.frames.received("REQ_MKT_DATA").some(({ fields }) => fields.includes("SPY")),
    );
    await eventually("told", async () => (await foreignOrders()).length === 1);
    expect(await foreignOrders()).toMatchObject([
      { clientId: 9, symbol: "SPY", side: "buy", leavesQuantity: 7, price: 91, status: "working" },
    ]);
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    // Our numbers begin where theirs did: the broker counts for each client by itself.
    expect((await bench.events(id))[0]?.orderId).toBe(orderId);
    gateway.dropConnections();
    await eventually("it was gone", async () => (await bench.sessions()).at(-1)?.state !== "ready");
    await ready();
    expect((await bench.statuses(id)).at(-1)).toBe("accepted");
    expect(await foreignOrders()).toHaveLength(1);
    expect((await bench.alertCodes()).filter((code) => code === "FOREIGN_ORDERS")).toHaveLength(1);
    expect(gateway.frames.received("CANCEL_ORDER")).toHaveLength(0);
    expect(gateway.liveOrders).toHaveLength(2);
    client.api.disconnect();
    const again = new TestClient(gateway, 9);
    await again.ready();
    again.api.cancelOrder(orderId);
    await eventually("canceled by hand", () => gateway.liveOrders.length === 1);
    again.close();
    gateway.dropConnections();
    await eventually("told as over", async () => (await foreignOrders()).at(-1)?.status === "over", 10_000);
    expect((await bench.statuses(id)).at(-1)).toBe("accepted");
  });

  it("a trade of theirs while the session works is asked for, and its execution explains the position", async () => {
    await start();
    const { client } = await byHand({ action: OrderAction.BUY, quantity: 5 });
    await eventually("held", () => gateway.positions.some(({ quantity }) => quantity === 5));
    await eventually("its execution is recorded", async () => (await executionIds()).length === 1);
    client.close();
    await bothSidesAgree();
    // Longer than a difference may last before it counts as one.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await bench.positions()).every(({ explained }) => explained)).toBe(true);
    const codes = await bench.alertCodes();
    expect(codes.filter((code) => code === "FOREIGN_EXECUTION")).toHaveLength(1);
    expect(codes).not.toContain("POSITION_UNEXPLAINED");
    expect(gateway.frames.received("REQ_EXECUTIONS"), "asked for once, at the start, and once more").toHaveLength(2);
  });

  it("a position that does not match is unexplained until the operator accepts it, also over a restart", async () => {
    const { client } = await byHand({ action: OrderAction.BUY, quantity: 5 });
    await eventually("held", () => gateway.positions.some(({ quantity }) => quantity === 5));
    client.close();
    // The ledger counts a sale that the broker knows nothing of: the two cannot be made to match.
    const before = await bus.connect("gateway-bridge");
    await before.record(fillMessage, ["SPY"], {
      kind: "execution",
      executionId: "gone.1.01",
      corrects: null,
      clientOrderId: null,
      permId: null,
      account: "DU1234567",
      symbol: "SPY",
      side: "sell",
      quantity: 3,
      price: 100,
      executedAt: Math.round(gateway.marketTimeMs),
    });
    await before.close();
    await start();
    await eventually("unexplained", async () => (await lastPosition())?.explained === false);
    expect(await bench.alertCodes()).toEqual(expect.arrayContaining(["FOREIGN_EXECUTION", "POSITION_UNEXPLAINED"]));
    expect(await accept("SPY")).toEqual({ ok: true, message: "5 SPY accepted: 3 more than our executions explain" });
    await eventually("explained", async () => (await lastPosition())?.explained === true);
    expect(await bench.stored(acceptedPositionMessage)).toMatchObject([
      { symbol: "SPY", difference: 3, quantity: 5, reason: "traded by hand" },
    ]);
    expect(await bench.alertCodes()).toContain("POSITION_ACCEPTED");
    expect(await accept("SPY")).toMatchObject({ ok: false, message: expect.stringContaining("nothing to accept") });
    await bench.stop();
    await start();
    // Longer than a difference may last before it counts as one.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await lastPosition()).toMatchObject({ quantity: 5, explained: true });
    expect((await bench.alertCodes()).filter((code) => code === "POSITION_UNEXPLAINED")).toHaveLength(1);
    expect(placed().filter(({ fields }) => String(fields[26]) !== "")).toHaveLength(0);
  });

  it("a holding of ours that the broker's list does not name is unexplained as well", async () => {
    const before = await bus.connect("gateway-bridge");
    const execution = { kind: "execution", executionId: "gone.1.01", corrects: null, clientOrderId: null } as const;
    const trade = {
      symbol: "SPY",
      side: "buy",
      quantity: 3,
      price: 100,
      executedAt: Math.round(gateway.marketTimeMs),
    } as const;
    await before.record(fillMessage, ["SPY"], { ...execution, ...trade, permId: null, account: "DU1234567" });
    await before.close();
    await start();
    await eventually("unexplained", async () => (await lastPosition())?.explained === false);
    expect(await lastPosition()).toMatchObject({ quantity: 0 });
    expect(await accept("SPY")).toEqual({ ok: true, message: "0 SPY accepted: 3 fewer than our executions explain" });
    await eventually("explained", async () => (await lastPosition())?.explained === true);
  });

  it("refuses to accept what needs no word, and says why", async () => {
    await start();
    expect(await accept(undefined)).toMatchObject({ ok: false, message: expect.stringContaining("symbol is missing") });
    expect(await accept("SPY", "  ")).toMatchObject({ ok: false, message: expect.stringContaining("reason is empty") });
    expect(await accept("SPY")).toMatchObject({ ok: false, message: expect.stringContaining("nothing to accept") });
    gateway.injectError(1100, "Connectivity between IB and Trader Workstation has been lost.");
    await eventually("degraded", async () => (await bench.sessions()).at(-1)?.state === "degraded");
    expect(await accept("SPY")).toMatchObject({ ok: false, message: expect.stringContaining("session is degraded") });
    expect(await bench.stored(acceptedPositionMessage)).toEqual([]);
  });
});
