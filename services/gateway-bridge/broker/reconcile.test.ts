import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClientOrderId, clientOrderIdSchema, type OrderStatus, orderIntentSchema } from "#libs/contracts/mod.ts";
import type { BrokerExecution, BrokerOrder } from "../gateway/reports.ts";
import { applyApproval, applyFill, applyOrderEvent, type Book, emptyBook } from "../orders/book.ts";
import { type Fact, fillProgress, firstEvent, orderFact } from "../orders/facts.ts";
import { legsOf } from "../orders/legs.ts";
import { fillOf } from "./executions.ts";
import { errorNews, orderNews } from "./order-news.ts";
import { reconcile, SETTLE_MS } from "./reconcile.ts";

const OWN = 1;
const id = (text: string): ClientOrderId => clientOrderIdSchema.parse(text);

/** Books an order as submitted under an order id. */
function submit(book: Book, name: string, orderId: number, quantity = 100): ClientOrderId {
  const intent = orderIntentSchema.parse({
    clientOrderId: name,
    strategy: "test",
    symbol: "SPY",
    side: "buy",
    quantity,
    order: { type: "market" },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: "",
  });
  const reserved = { notional: 0, dayTrade: false };
  applyApproval(
    book,
    { intent, approvedAtMonotonicMs: 0, expiresAtMonotonicMs: 1, expiresAt: 1, reducesRisk: false, reserved },
    "m",
  );
  applyOrderEvent(book, firstEvent(legsOf(intent)[0], "submitted", orderId, null), 0);
  return intent.clientOrderId;
}

const apply = (book: Book, facts: readonly Fact[]) => {
  for (const fact of facts) {
    if (fact.kind === "order") applyOrderEvent(book, fact.event, 0);
    else applyFill(book, fact.fill);
  }
};
const set = (book: Book, who: ClientOrderId, status: OrderStatus, permId: number | null = null) => {
  const order = book.open.get(who);
  if (order !== undefined) apply(book, [orderFact(order, status, null, { permId })]);
};
const listed = (change: Partial<BrokerOrder> = {}): BrokerOrder => ({
  orderId: 7,
  permId: 900,
  clientId: OWN,
  orderRef: "a",
  symbol: "SPY",
  side: "buy",
  quantity: 100,
  status: "Submitted",
  filledQuantity: null,
  text: "",
  ...change,
});
const execution = (change: Partial<BrokerExecution> = {}): BrokerExecution => ({
  executionId: "00f.1.01.01",
  orderId: 7,
  permId: 900,
  clientId: OWN,
  orderRef: "a",
  account: "DU1",
  symbol: "SPY",
  side: "buy",
  quantity: 100,
  price: 100,
  executedAt: 1000,
  ...change,
});
const run = (
  book: Book,
  picture: { open?: BrokerOrder[]; completed?: BrokerOrder[] },
  missing: ReadonlyMap<ClientOrderId, number> = new Map(),
  nowMs = 0,
) =>
  reconcile(
    book,
    { openOrders: picture.open ?? [], completedOrders: picture.completed ?? [] },
    { ownClientId: OWN, considered: new Set(book.open.keys()), missingSinceMs: missing, nowMs },
  );
const statuses = (facts: readonly Fact[]) =>
  facts.flatMap((fact) => (fact.kind === "order" ? [fact.event.status] : []));

describe("reconciliation", () => {
  it.each([
    ["found open by its reference", listed({ orderId: 0 })],
    ["found open by its order id", listed({ orderRef: "" })],
  ])("adopts an unknown order %s", (_name, order) => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "unknown");
    const { facts, foreign } = run(book, { open: [order] });
    expect(statuses(facts)).toEqual(["accepted"]);
    expect(foreign).toEqual([]);
  });

  it.each([
    ["Cancelled", "canceled"],
    ["Inactive", "rejected"],
    ["Filled", "filled"],
  ])("ends an order that the broker completed as %s: %s", (status, becomes) => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "unknown");
    const { facts, unexplainedFills } = run(book, { completed: [listed({ status, orderId: 0, clientId: null })] });
    expect(statuses(facts)).toEqual([becomes]);
    expect(unexplainedFills).toEqual(status === "Filled" ? ["a"] : []);
  });

  it("declares an order not sent only after two passes at least 5 s apart", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const first = run(book, {}, new Map(), 1000);
    expect(statuses(first.facts)).toEqual(["unknown"]);
    apply(book, first.facts);
    const soon = run(book, {}, first.missingSinceMs, 1000 + SETTLE_MS - 1);
    expect(soon.facts).toEqual([]);
    const later = run(book, {}, soon.missingSinceMs, 1000 + SETTLE_MS);
    expect(statuses(later.facts)).toEqual(["not-sent"]);
  });

  it("starts to count anew when the order was seen in between", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const first = run(book, {}, new Map(), 0);
    apply(book, first.facts);
    const seen = run(book, { open: [listed()] }, first.missingSinceMs, SETTLE_MS);
    expect(seen.missingSinceMs.size).toBe(0);
  });

  it("does not call an acknowledged order not sent: it is canceled", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const first = run(book, {}, new Map(), 0);
    apply(book, first.facts);
    expect(statuses(run(book, {}, first.missingSinceMs, SETTLE_MS).facts)).toEqual(["canceled"]);
  });

  it("leaves orders alone that were sent while the lists were read", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const context = { ownClientId: OWN, considered: new Set<ClientOrderId>(), missingSinceMs: new Map(), nowMs: 0 };
    expect(reconcile(book, { openOrders: [], completedOrders: [] }, context).facts).toEqual([]);
  });

  it("names orders that are not ours, also one that bears a used order id of ours", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const foreign = listed({ orderRef: "", clientId: 5, permId: 1 });
    expect(run(book, { open: [foreign, listed()] }).foreign).toEqual([foreign]);
  });
});

describe("executions", () => {
  it("count once, however often they come, and complete their order", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const fill = fillOf(book, execution(), OWN, 0);
    if (fill === undefined) throw new Error("no fill");
    applyFill(book, fill);
    applyFill(book, fill);
    expect(fillOf(book, execution(), OWN, 0)).toBeUndefined();
    expect(fillProgress(book, id("a"))).toMatchObject({ event: { status: "filled", filledQuantity: 100 } });
    expect(book.holdings.get("SPY")).toEqual({ quantity: 100, averageCost: 100 });
  });

  it("are replaced by their corrections, and an old version changes nothing any more", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    for (const report of [execution(), execution({ executionId: "00f.1.01.02", price: 99, quantity: 90 })]) {
      const fill = fillOf(book, report, OWN, 0);
      if (fill === undefined) throw new Error("no fill");
      applyFill(book, fill);
    }
    expect(book.open.get(id("a"))).toMatchObject({ filledQuantity: 90, averagePrice: 99 });
    expect(book.holdings.get("SPY")).toEqual({ quantity: 90, averageCost: 99 });
    expect(book.cash).toBe(-8910);
    const fresh = emptyBook();
    const newer = fillOf(fresh, execution({ executionId: "00f.1.01.02" }), OWN, 0);
    if (newer !== undefined) applyFill(fresh, newer);
    expect(fillOf(fresh, execution(), OWN, 0)).toBeUndefined();
  });

  it("of orders that are not ours are told apart", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    expect(fillOf(book, execution({ orderRef: "", clientId: 3, permId: 5 }), OWN, 0)).toMatchObject({
      clientOrderId: null,
    });
  });

  it("sum to the same position and cash in whatever order and however often they come", () => {
    const report = fc.record({
      n: fc.integer({ min: 0, max: 6 }),
      side: fc.constantFrom("buy" as const, "sell" as const),
      quantity: fc.integer({ min: 1, max: 50 }),
      price: fc.integer({ min: 90, max: 110 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(report, { selector: ({ n }) => n }),
        fc.array(fc.nat({ max: 20 })),
        (reports, repeats) => {
          const book = emptyBook();
          const stream = [...reports, ...repeats.flatMap((at) => reports[at] ?? [])];
          for (const { n, side, quantity, price } of stream) {
            const fill = fillOf(
              book,
              execution({ executionId: `0.${n}.01.01`, orderRef: "", side, quantity, price }),
              OWN,
              0,
            );
            if (fill !== undefined) applyFill(book, fill);
          }
          const signed = reports.map(({ side, quantity, price }) => ({
            shares: side === "buy" ? quantity : -quantity,
            price,
          }));
          expect(book.holdings.get("SPY")?.quantity ?? 0).toBe(signed.reduce((sum, { shares }) => sum + shares, 0));
          expect(book.cash).toBeCloseTo(-signed.reduce((sum, { shares, price }) => sum + shares * price, 0), 6);
        },
      ),
    );
  });
});

describe("the broker's word on an order", () => {
  const report = (status: string, filledQuantity = 0) => listed({ status, filledQuantity });

  it("gives each status once", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    expect(orderNews(book, a, report("PendingSubmit")).facts).toEqual([]);
    const first = orderNews(book, a, report("PreSubmitted"));
    expect(statuses(first.facts)).toEqual(["accepted"]);
    apply(book, first.facts);
    expect(orderNews(book, a, report("Submitted")).facts).toEqual([]);
  });

  it("asks for executions that a status counts and that have not come, instead of believing it", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    expect(orderNews(book, a, report("Filled", 100))).toMatchObject({ facts: [], executionsMissing: true });
    expect(orderNews(book, a, report("Cancelled", 40))).toMatchObject({ facts: [], executionsMissing: true });
  });

  it("does not end a working order for an error it does not know, nor for a refused cancel", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    set(book, a, "accepted", 900);
    expect(errorNews(book, a, 10148, "cannot be cancelled")).toMatchObject({ facts: [], reconcile: true });
    expect(errorNews(book, a, 110, "modification refused")).toMatchObject({ facts: [], reconcile: true });
    expect(statuses(errorNews(book, a, 31337, "?").facts)).toEqual(["unknown"]);
    expect(errorNews(book, a, 399, "warning")).toEqual({ facts: [] });
    expect(statuses(errorNews(book, a, 201, "margin").facts)).toEqual(["rejected"]);
  });
});
