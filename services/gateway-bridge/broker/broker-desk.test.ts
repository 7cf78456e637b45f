import { expect, it } from "vitest";
import { type Alert, orderIntentSchema } from "#libs/contracts/mod.ts";
import type { RequestIds } from "../desk/request-ids.ts";
import type { Connection } from "../gateway/connection.ts";
import { applyApproval, applyOrderEvent, emptyBook } from "../orders/book.ts";
import { type Fact, firstEvent, orderFact } from "../orders/facts.ts";
import { legsOf } from "../orders/legs.ts";
import type { OrderIds } from "../orders/order-ids.ts";
import type { Recorder } from "../orders/recorder.ts";
import { BrokerDesk } from "./broker-desk.ts";
import { VANISHED_AFTER_MS } from "./reconcile.ts";

/** A desk with one order that the broker has acknowledged, and a gateway whose lists hold nothing. */
function open() {
  const book = emptyBook();
  const intent = orderIntentSchema.parse({
    clientOrderId: "a",
    strategy: "test",
    symbol: "SPY",
    side: "buy",
    quantity: 100,
    order: { type: "market" },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: "",
  });
  const reserved = { notional: 0, dayTrade: false };
  const approval = {
    intent,
    approvedAtMonotonicMs: 0,
    expiresAtMonotonicMs: 1,
    expiresAt: 1,
    reducesRisk: false,
    reserved,
  };
  applyApproval(book, approval, "m");
  applyOrderEvent(book, firstEvent(legsOf(intent)[0], "submitted", 7, null), 0);
  const take = (facts: readonly Fact[]) => {
    for (const fact of facts) if (fact.kind === "order") applyOrderEvent(book, fact.event, 0);
  };
  const order = book.open.get(intent.clientOrderId);
  if (order !== undefined) take([orderFact(order, "accepted", null, { permId: 900 })]);

  const clock = { nowMs: 0 };
  const told: Alert[] = [];
  let requestId = 0;
  const desk = new BrokerDesk({
    book,
    recorder: { take, takeForeign: () => undefined } as unknown as Recorder,
    orderIds: { whyNone: null } as OrderIds,
    requestIds: { next: () => ++requestId } as RequestIds,
    clientId: 1,
    nowMs: () => clock.nowMs,
    wallMs: () => clock.nowMs,
    marketNowMs: () => 0,
    account: () => "DU1",
    whyNot: () => null,
    isReady: () => true,
    isSubmitting: () => false,
    alert: (alert) => told.push(alert),
    onRefused: () => undefined,
    onReadOnly: () => undefined,
    onAccountChanged: () => undefined,
  });
  const connection = new Proxy({} as Connection, { get: () => () => undefined });
  const listsEnd = () => {
    for (const list of [
      "open-orders",
      "open-orders",
      "completed-orders",
      "positions",
      "account-summary",
      "executions",
    ] as const)
      desk.listener.listEnd(list);
  };
  return {
    status: () => book.open.get(intent.clientOrderId)?.status ?? book.closed.get(intent.clientOrderId)?.status,
    codes: () => told.map(({ code }) => code),
    /** A session begins, and its lists are read. */
    sync() {
      desk.beginSync(connection, true, () => undefined);
      listsEnd();
    },
    lose: () => desk.onSessionLost("the socket died"),
    pass(ms: number) {
      for (let left = ms; left > 0; left -= 1000) {
        clock.nowMs += Math.min(left, 1000);
        desk.onTime();
        listsEnd();
      }
    },
    /** Nobody can look. */
    away(ms: number) {
      clock.nowMs += ms;
    },
  };
}

it("an acknowledged order that no list holds is given its minute", () => {
  const bridge = open();
  bridge.sync();
  bridge.pass(VANISHED_AFTER_MS - 1000);
  expect(bridge.status()).toBe("unknown");
  bridge.pass(10_000);
  expect(bridge.status()).toBe("canceled");
  expect(bridge.codes()).toContain("ORDERS_VANISHED");
});

it("time in which nobody could look is none of that minute: the first lists of a new session may not be whole either", () => {
  const bridge = open();
  bridge.sync();
  bridge.pass(2000);
  bridge.lose();
  bridge.away(2 * VANISHED_AFTER_MS);
  bridge.sync();
  bridge.pass(VANISHED_AFTER_MS - 1000);
  expect(bridge.status()).toBe("unknown");
  bridge.pass(10_000);
  expect(bridge.status()).toBe("canceled");
});
