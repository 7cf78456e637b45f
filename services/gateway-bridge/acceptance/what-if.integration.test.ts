import { afterEach, describe, expect, it } from "vitest";
import { type OrderIntent, orderIdsMessage, type WhatIf, whatIfMessage } from "#libs/contracts/mod.ts";
import { ANSWERED_MS, within } from "../../../tests/harness/answers.ts";
import { eventually, startBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { WHAT_IF_TIMEOUT_MS } from "../broker/what-if.ts";
import { PaperBench } from "../testing/paper-bench.ts";

let bench: PaperBench;
const open = async (options?: Parameters<typeof PaperBench.open>[1]) => {
  bench = await PaperBench.open({ startBus, claimPort, eventually }, options);
  return bench;
};

afterEach(() => bench.close());

const ask = (intent: OrderIntent): Promise<WhatIf> =>
  within(ANSWERED_MS.whatIf, () => bench.bridge.operator.request(whatIfMessage, [], intent, { timeoutMs: 15_000 }));
/** Nothing but questions went to the gateway, and nothing of them is left: neither there nor in the ledger. */
async function onlyAsked(times: number): Promise<void> {
  expect(bench.placed()).toHaveLength(times);
  for (const frame of bench.placed()) expect(frame).toMatchObject({ isQuestion: true, orderRef: "what-if" });
  expect([bench.gateway.liveOrders, bench.gateway.completedOrders, bench.gateway.executions]).toEqual([[], [], []]);
  expect(await bench.bridge.allEvents()).toEqual([]);
}

describe("what an order would do", () => {
  it("is answered by the broker, and writes questions only, whatever the order is (law 1)", async () => {
    await (await open()).start();
    const { bridge } = bench;
    expect(await ask(bridge.intent({ quantity: 100 }))).toEqual({
      outcome: "answered",
      initialMarginChange: 2500.25,
      maintenanceMarginChange: 2500.25,
      initialMarginAfter: 2500.25,
      maintenanceMarginAfter: 2500.25,
      equityWithLoanAfter: 100_000,
      commission: 1,
      warning: null,
    });
    const trail = { type: "trailing-stop", trail: { by: "percent", percent: 2 }, initialStopPrice: null } as const;
    const bracket = {
      stopLoss: { clientOrderId: "s" as never, stopPrice: 95 },
      takeProfit: { clientOrderId: "t" as never, limitPrice: 105 },
    };
    for (const change of [
      { order: { type: "limit", limitPrice: 99 }, timeInForce: "gtc", bracket },
      { order: { type: "stop-limit", stopPrice: 101, limitPrice: 102 } },
      { order: trail, oneCancelsAllGroup: "either" },
      { order: { type: "market-on-close" } },
      { order: { type: "limit-on-close", limitPrice: 99 } },
      { timeInForce: "ioc" },
    ] as const) {
      expect((await ask(bridge.intent(change as never))).outcome).toBe("answered");
    }
    await onlyAsked(7);
    expect(new Set(bench.placed().map(({ orderId }) => orderId)).size).toBe(7);
  });

  it("never has an id that is given out again, not after a restart of the bridge and a roll-back at the gateway", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    expect((await ask(bridge.intent())).outcome).toBe("answered");
    await bridge.stop();
    await gateway.restart({ downtimeMs: 100, rollbackIds: 10 });
    await bench.start();
    const id = await bridge.approve(bridge.intent({ order: { type: "limit", limitPrice: 90 } }));
    await bench.reaches(id, "accepted");
    expect((await ask(bridge.intent())).outcome).toBe("answered");
    const placed = bench.placed();
    expect(placed.map(({ isQuestion }) => isQuestion)).toEqual([true, false, true]);
    const orderIds = placed.map(({ orderId }) => orderId);
    expect(new Set(orderIds).size).toBe(3);
    expect(orderIds).toEqual(orderIds.toSorted((a, b) => a - b));
    expect((await bridge.stored(orderIdsMessage)).at(-1)?.reservedUpTo).toBeGreaterThanOrEqual(orderIds[2] ?? 0);
  });

  it("takes no order's id, and an order asked about before is still sent once, as an order", async () => {
    await (await open()).start();
    const intent = bench.bridge.intent({ order: { type: "limit", limitPrice: 90 } });
    expect((await ask(intent)).outcome).toBe("answered");
    await bench.bridge.approve(intent);
    await bench.reaches(intent.clientOrderId, "accepted");
    const [question, order, ...more] = bench.placed();
    expect(more).toEqual([]);
    expect([question?.isQuestion, order?.isQuestion, order?.orderRef]).toEqual([true, false, intent.clientOrderId]);
    expect(order?.orderId).toBeGreaterThan(question?.orderId ?? Number.POSITIVE_INFINITY);
    expect(bench.gateway.liveOrders).toHaveLength(1);
  });

  it("says what would stand against it", async () => {
    await (await open()).start();
    const answer = await ask(bench.bridge.intent({ quantity: 1_000_000 }));
    expect(answer).toMatchObject({ outcome: "answered", warning: expect.stringContaining("AVAILABLE FUNDS") });
  });

  it("is refused with the broker's code and words", async () => {
    await (await open()).start();
    expect(await ask(bench.bridge.intent({ symbol: "NOPE" }))).toEqual({
      outcome: "refused",
      reason: "200: No security definition has been found for the request",
    });
    await bench.gateway.setFaults({ rejectOrders: { code: 201, text: "Order rejected - reason:no" } });
    const refused = { outcome: "refused", reason: "201: Order rejected - reason:no" };
    expect(await ask(bench.bridge.intent())).toEqual(refused);
    await onlyAsked(2);
  });

  it.each([
    [100, "Max rate of messages per second has been exceeded."],
    [103, "Duplicate order id"],
    [31337, "nobody knows"],
  ])("is unavailable when the error says nothing about the order: %i", async (code, text) => {
    await (await open()).start();
    await bench.gateway.setFaults({ rejectOrders: { code, text } });
    expect(await ask(bench.bridge.intent())).toEqual({ outcome: "unavailable", reason: `${code}: ${text}` });
    await onlyAsked(1);
  });

  it("is unavailable when no answer comes in time, and a late one does no harm", async () => {
    await (await open()).start();
    await bench.gateway.setFaults({ orderAcks: { kind: "delay", delayMs: WHAT_IF_TIMEOUT_MS + 500 } });
    const answer = await ask(bench.bridge.intent());
    expect(answer).toMatchObject({ outcome: "unavailable", reason: expect.stringContaining("did not answer") });
    await new Promise((resolve) => setTimeout(resolve, 800));
    await onlyAsked(1);
    expect((await bench.bridge.alertCodes()).filter((code) => /ORDER|EXECUTION/.test(code))).toEqual([]);
  });

  it("is unavailable when the session ends under the question, and while there is none", async () => {
    await (await open()).start();
    const { bridge, gateway } = bench;
    await gateway.setFaults({ orderAcks: { kind: "swallow" } });
    const asked = ask(bridge.intent());
    await eventually("asked", () => bench.placed().length === 1);
    await gateway.setFaults({ connection: "refuse" });
    gateway.dropConnections();
    expect(await asked).toMatchObject({ outcome: "unavailable", reason: expect.stringContaining("the session ended") });
    expect(await ask(bridge.intent())).toMatchObject({ outcome: "unavailable" });
    await onlyAsked(1);
  });

  it("is unavailable in dry-run, where nothing is written to ask with (law 5)", async () => {
    await (await open({ mode: "dry-run" })).start();
    expect(await ask(bench.bridge.intent())).toMatchObject({
      outcome: "unavailable",
      reason: expect.stringContaining("dry-run"),
    });
    await onlyAsked(0);
  });
});
