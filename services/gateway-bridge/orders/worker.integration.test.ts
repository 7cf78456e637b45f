import { afterEach, beforeEach, expect, it } from "vitest";
import {
  approvalSchema,
  cancelStandingMessage,
  type OrderEvent,
  orderEventMessage,
  orderIntentSchema,
} from "#libs/contracts/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { applyCancelStanding, emptyBook } from "./book.ts";
import { cancel } from "./cancel.ts";
import { Recorder } from "./recorder.ts";
import type { Venue } from "./venue.ts";
import { OrderWorker } from "./worker.ts";

let bus: TestBus;

beforeEach(async () => {
  bus = await startBus("paper");
});

afterEach(() => bus.stop());

const intent = orderIntentSchema.parse({
  clientOrderId: "late",
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

/** A worker whose venue takes its time to name an order id: between the first look at the clock and the write. */
async function open(namingLastsUntilMs = 0) {
  const connection = await bus.connect("gateway-bridge");
  const book = emptyBook();
  const written: string[] = [];
  const canceled: string[] = [];
  const refused: unknown[] = [];
  const onRefused = (error: unknown) => void refused.push(error);
  const recorder = new Recorder({ bus: connection, book, marketNowMs: () => null, onRefused });
  const venue: Venue = {
    whyNot: () => null,
    nextOrderId: () => {
      while (monotonicNowMs() < namingLastsUntilMs);
      return 1;
    },
    place: (group, guard) => {
      if (guard.mayStillSend()) written.push(...group.map(({ clientOrderId }) => clientOrderId));
      else guard.onDropped();
    },
    cancel: ({ clientOrderId }) => {
      canceled.push(clientOrderId);
      return { ok: true, message: "sent" };
    },
  };
  const options = { bus: connection, book, recorder, venue, marketNowMs: () => null, onRefused, entriesStopped: null };
  const stored: OrderEvent[] = [];
  const operator = await bus.connect("operator");
  operator.subscribe(orderEventMessage, ({ data }) => stored.push(data));
  await operator.connection.flush();
  /** What the ledger says of an order, also to one whose connection was away when it was recorded. */
  const recorded = async (id: string) =>
    operator.up ? (await operator.lastValue(orderEventMessage, [id]))?.data.status : undefined;
  return { worker: new OrderWorker(options), options, written, canceled, refused, stored, recorded };
}

/** Valid for longer than any machine stands still, where the test is not about the expiry. */
const approvalFor = (validMs = 120_000) => {
  const now = monotonicNowMs();
  return approvalSchema.parse({
    intent,
    approvedAtMonotonicMs: now,
    expiresAtMonotonicMs: now + validMs,
    expiresAt: wallNowMs() + validMs,
    reducesRisk: false,
    reserved: { notional: 0, dayTrade: false },
  });
};

it("looks at the clock again after the order is on the disk, and does not send what went stale meanwhile (law 3)", async () => {
  const approval = approvalFor(3000);
  const { worker, written, stored, refused } = await open(approval.expiresAtMonotonicMs);
  worker.take(approval, "m");
  await eventually("over", () => stored.some(({ status }) => status === "expired"));
  expect(stored.map(({ status }) => status)).toEqual(["submitted", "expired"]);
  expect(stored.at(-1)?.reason).toContain("recorded but not sent");
  expect(written).toEqual([]);
  expect(refused).toEqual([]);
});

it("does not send what another process recorded as submitted before it (law 2)", async () => {
  const first = await open();
  first.worker.take(approvalFor(), "m");
  await eventually("written", () => first.written.length === 1);
  const second = await open();
  second.worker.take(approvalFor(), "m");
  // It deals with one after the other.
  second.worker.take({ ...approvalFor(), intent: { ...intent, clientOrderId: "next" as never } }, "m");
  await eventually("the next is written", () => second.written.length > 0);
  expect(second.written).toEqual(["next"]);
});

it("sends nothing while the bus is away, and what waited for it is stale when it is back (laws 2 and 3)", async () => {
  const { worker, written, recorded } = await open();
  await bus.server().kill();
  worker.take(approvalFor(500), "m");
  await new Promise((resolve) => setTimeout(resolve, 700));
  await bus.crash();
  await eventually("over", async () => (await recorded("late")) === "expired", 20_000);
  expect(written).toEqual([]);
});

it("withdraws what waits and what is just being recorded, and tells of each group once", async () => {
  const { worker, written, stored } = await open();
  const bracket = {
    stopLoss: { clientOrderId: "now-stop", stopPrice: 90 },
    takeProfit: { clientOrderId: "now-target", limitPrice: 110 },
  };
  const now = orderIntentSchema.parse({ ...intent, clientOrderId: "now", bracket });
  const next = orderIntentSchema.parse({ ...intent, clientOrderId: "next" });
  worker.take({ ...approvalFor(), intent: now }, "m1");
  worker.take({ ...approvalFor(), intent: next }, "m2");
  expect(worker.isSubmitting(now.clientOrderId)).toBe(true);
  expect(await worker.withdrawAll("global cancel")).toBe(2);
  await eventually("all over", () => ["now", "now-stop", "now-target", "next"].every((id) => ended(id) !== undefined));
  expect(ended("now")).toMatchObject({ status: "expired", reason: "recorded but not sent: global cancel" });
  expect(ended("next")).toMatchObject({ status: "canceled", reason: "global cancel" });
  expect(written).toEqual([]);
  // What is approved after it is sent: it withdrew what was there, and halts nothing.
  worker.take({ ...approvalFor(), intent: { ...intent, clientOrderId: "after" as never } }, "m3");
  await eventually("written", () => written.length === 1);

  function ended(id: string) {
    return stored.find(({ clientOrderId, status }) => clientOrderId === id && status !== "submitted");
  }
});

it("says that an approval was withdrawn when that is on the disk, and not before: a crash in between could still send it", async () => {
  const { worker, recorded, written } = await open();
  await bus.server().kill();
  worker.take(approvalFor(), "m1");
  const next = orderIntentSchema.parse({ ...intent, clientOrderId: "next" });
  worker.take({ ...approvalFor(), intent: next }, "m2");
  let told = false;
  const withdrawn = worker.withdraw(next.clientOrderId, "not any more").finally(() => {
    told = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(told).toBe(false);
  await bus.crash();
  expect(await withdrawn).toMatchObject({ ok: true });
  await eventually("in the ledger", async () => (await recorded("next")) === "canceled");
  expect(written).not.toContain("next");
});

it("writes a cancel whatever the ledger does, and calls it accepted when that is on the disk, and not before", async () => {
  const { worker, options, canceled, written } = await open(0);
  worker.take(approvalFor(2000), "m");
  await eventually("written", () => written.length === 1);
  await bus.server().kill();
  let told = false;
  const answer = cancel(
    { clientOrderId: intent.clientOrderId, reason: "not any more" },
    { ...options, worker },
  ).finally(() => {
    told = true;
  });
  expect(canceled).toEqual(["late"]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(told).toBe(false);
  await bus.crash();
  expect(await answer).toEqual({ ok: true, message: "sent" });
  const operator = await bus.connect("operator");
  expect((await operator.lastValue(cancelStandingMessage, []))?.data).toEqual({
    outcome: "accepted",
    clientOrderIds: ["late"],
    reason: "not any more",
  });
});

it("does not send an approval whose cancel was accepted before this process began", async () => {
  const { worker, options, written, recorded } = await open(0);
  const before = approvalFor(2000);
  worker.take({ ...before, intent: { ...intent, clientOrderId: "busy" as never } }, "m1");
  worker.take(before, "m2");
  const clientOrderIds = [intent.clientOrderId];
  applyCancelStanding(options.book, { outcome: "accepted", clientOrderIds, reason: "stop" });
  await eventually("canceled", async () => (await recorded("late")) === "canceled");
  expect(written).toEqual(["busy"]);
});

it("stops entries and lets exits pass when the ledger went backwards", async () => {
  const { options, written, stored } = await open();
  const worker = new OrderWorker({ ...options, entriesStopped: "the ledger went backwards" });
  worker.take(approvalFor(), "m");
  await eventually("refused", () => stored.some(({ status }) => status === "expired"));
  const exit = { ...approvalFor(), reducesRisk: true, intent: { ...intent, clientOrderId: "exit" as never } };
  worker.take(exit, "m");
  await eventually("written", () => written.length === 1);
  expect(written).toEqual(["exit"]);
});

it("does not send an entry whose protective order's id stands for another order, and says so", async () => {
  const { worker, written, stored } = await open();
  const bracketOf = (name: string) => ({
    ...approvalFor(),
    intent: orderIntentSchema.parse({
      ...intent,
      clientOrderId: name,
      bracket: {
        stopLoss: { clientOrderId: "the-stop", stopPrice: 90 },
        takeProfit: { clientOrderId: `${name}-target`, limitPrice: 110 },
      },
    }),
  });
  worker.take(bracketOf("one"), "m");
  await eventually("written", () => written.length === 3);
  worker.take(bracketOf("two"), "m");
  await eventually("over", () =>
    stored.some(({ clientOrderId, status }) => clientOrderId === "two-target" && status === "expired"),
  );
  expect(written).toEqual(["one", "one-target", "the-stop"]);
  const of = (name: string) => stored.filter(({ clientOrderId }) => clientOrderId === name).map(({ status }) => status);
  expect(of("two")).toEqual(["submitted", "expired"]);
  expect(of("two-target")).toEqual(["submitted", "expired"]);
  expect(of("the-stop")).not.toContain("expired");
});
