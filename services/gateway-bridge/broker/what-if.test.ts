import { expect, it } from "vitest";
import { orderIntentSchema } from "#libs/contracts/mod.ts";
import type { OrderChannel } from "../gateway/order-channel.ts";
import { OrderIds } from "../orders/order-ids.ts";
import { WHAT_IF_TIMEOUT_MS, WhatIfDesk } from "./what-if.ts";

const intent = orderIntentSchema.parse({
  clientOrderId: "asked",
  strategy: "test",
  symbol: "SPY",
  side: "buy",
  quantity: 1,
  order: { type: "market" },
  timeInForce: "day",
  outsideRegularHours: false,
  holdOvernight: false,
  bracket: null,
  reason: "",
});

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

function open() {
  const world = { submitting: false, nowMs: 0, disk: Promise.resolve() };
  const orderIds = new OrderIds({ highestInLedger: 10, reservedUpTo: 0, keep: () => world.disk });
  const asked: number[] = [];
  const desk = new WhatIfDesk({
    orderIds,
    nowMs: () => world.nowMs,
    account: () => "DU1",
    whyNot: () => null,
    isSubmitting: () => world.submitting,
    onReadOnly: () => undefined,
    onRefused: () => undefined,
  });
  const channel: Pick<OrderChannel, "whatIf"> = { whatIf: ({ orderId }) => void asked.push(orderId) };
  return { world, orderIds, asked, desk, ask: () => desk.ask(intent, channel) };
}

it("a question never overtakes an order that has its id and is not written yet: the gateway would refuse that as used (103)", async () => {
  const { world, orderIds, asked, desk, ask } = open();
  world.submitting = true;
  const ofOrder = orderIds.next();
  void ask();
  desk.onTime();
  expect(asked).toEqual([]);
  world.submitting = false;
  desk.onTime();
  await nextTurn();
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThan(ofOrder);
});

it("a question is written when its id is reserved on the disk, and not before", async () => {
  const { world, asked, desk, ask } = open();
  const writing = Promise.withResolvers<void>();
  world.disk = writing.promise;
  void ask();
  desk.onTime();
  await nextTurn();
  expect(asked).toEqual([]);
  writing.resolve();
  await nextTurn();
  expect(asked).toHaveLength(1);
});

it("a question that waits for orders is unavailable when its time is up, and when the session ends", async () => {
  const { world, asked, desk, ask } = open();
  world.submitting = true;
  const late = ask();
  world.nowMs = WHAT_IF_TIMEOUT_MS;
  desk.onTime();
  expect(await late).toMatchObject({ outcome: "unavailable" });
  const lost = ask();
  desk.onSessionLost("the gateway closed the connection");
  expect(await lost).toMatchObject({ outcome: "unavailable", reason: expect.stringContaining("closed") });
  world.submitting = false;
  desk.onTime();
  expect(asked).toEqual([]);
});
