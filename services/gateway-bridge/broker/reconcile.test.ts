import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClientOrderId,
  clientOrderIdSchema,
  fillSchema,
  type OrderStatus,
  orderIntentSchema,
} from "#libs/contracts/mod.ts";
import type { BrokerExecution, BrokerOrder } from "../gateway/reports.ts";
import { applyApproval, applyFill, applyOrderEvent, type Book, emptyBook } from "../orders/book.ts";
import { type Fact, fillProgress, firstEvent, orderFact } from "../orders/facts.ts";
import { legsOf } from "../orders/legs.ts";
import { fillOf } from "./executions.ts";
import { errorNews, orderNews, type SaidOver } from "./order-news.ts";
import { reconcile, SETTLE_MS, VANISHED_AFTER_MS } from "./reconcile.ts";

const OWN = 1;
const id = (text: string): ClientOrderId => clientOrderIdSchema.parse(text);

/** Books an order as submitted under an order id. */
function submit(
  book: Book,
  name: string,
  orderId: number,
  quantity = 100,
  { timeInForce = "day", submittedAt = 0 }: { timeInForce?: "day" | "gtc"; submittedAt?: number } = {},
): ClientOrderId {
  const intent = orderIntentSchema.parse({
    clientOrderId: name,
    strategy: "test",
    symbol: "SPY",
    side: "buy",
    quantity,
    order: { type: "market" },
    timeInForce,
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
  applyOrderEvent(book, firstEvent(legsOf(intent)[0], "submitted", orderId, null), submittedAt);
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
  price: null,
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
  timeText: "",
  ...change,
});
const run = (
  book: Book,
  picture: {
    open?: BrokerOrder[];
    completed?: BrokerOrder[];
    executions?: BrokerExecution[];
    said?: ReadonlyMap<ClientOrderId, SaidOver>;
  },
  missing: ReadonlyMap<ClientOrderId, number> = new Map(),
  nowMs = 0,
  marketMs: number | null = null,
) =>
  reconcile(
    book,
    {
      openOrders: picture.open ?? [],
      completedOrders: picture.completed ?? [],
      executions: picture.executions ?? [],
      positions: null,
    },
    {
      ownClientId: OWN,
      considered: new Set(book.open.keys()),
      saidOver: picture.said ?? new Map(),
      missingSinceMs: missing,
      nowMs,
      marketMs,
    },
  );
const statuses = (facts: readonly Fact[]) =>
  facts.flatMap((fact) => (fact.kind === "order" ? [fact.event.status] : []));

describe("reconciliation", () => {
  it("adopts an unknown order found open by its reference, whatever number it has there", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "unknown");
    const { facts, foreign } = run(book, { open: [listed({ orderId: 0 })] });
    expect(statuses(facts)).toEqual(["accepted"]);
    expect(foreign).toEqual([]);
  });

  it("finds an order again by its permId when its reference is gone", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const { facts, foreign } = run(book, { open: [listed({ orderRef: "", orderId: 0 })] });
    expect([facts, foreign]).toEqual([[], []]);
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
    expect(unexplainedFills).toEqual(status === "Filled" ? [{ clientOrderId: "a", filledQuantity: 100 }] : []);
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

  it("does not believe lists without an acknowledged order before a minute: it is canceled then, and the operator told", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const first = run(book, {}, new Map(), 0);
    apply(book, first.facts);
    const soon = run(book, {}, first.missingSinceMs, VANISHED_AFTER_MS - 1);
    expect(soon.facts).toEqual([]);
    const late = run(book, {}, soon.missingSinceMs, VANISHED_AFTER_MS);
    expect(statuses(late.facts)).toEqual(["canceled"]);
    expect(late.vanished).toEqual(["a"]);
  });

  it("leaves orders alone that were sent while the lists were read", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const nothing = { openOrders: [], completedOrders: [], executions: [], positions: null };
    const considered = new Set<ClientOrderId>();
    const maps = { saidOver: new Map(), missingSinceMs: new Map() };
    const context = { ownClientId: OWN, considered, ...maps, nowMs: 0, marketMs: null };
    expect(reconcile(book, nothing, context).facts).toEqual([]);
  });

  it("names orders that are not ours, also one that bears a used order id of ours", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const foreign = listed({ orderRef: "", clientId: 5, permId: 1 });
    expect(run(book, { open: [foreign, listed()] }).foreign).toEqual([foreign]);
  });

  it("does not take an order for ours that bears our client id and a rolled-back order id of ours", () => {
    const book = emptyBook();
    submit(book, "a", 7);
    const { facts, foreign } = run(book, { open: [listed({ orderRef: "of-another-ledger", permId: 1 })] });
    expect(statuses(facts)).toEqual(["unknown"]);
    expect(foreign.map(({ permId }) => permId)).toEqual([1]);
  });

  it("does not take the copy of an order for the order: it bears the reference, and another permId", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const copy = listed({ permId: 950, clientId: 0, orderId: 0 });
    expect(run(book, { open: [copy, listed()] })).toMatchObject({ facts: [], foreign: [copy] });
    // Nor does its end end ours.
    expect(run(book, { open: [listed()], completed: [{ ...copy, status: "Cancelled" }] }).facts).toEqual([]);
  });

  it("tells an order that works at the broker and was over here", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "not-sent");
    expect(run(book, { open: [listed()] })).toMatchObject({ cameBack: ["a"], foreign: [{ permId: 900 }] });
  });

  it("takes executions that came while we were away, and what they make of their orders", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "unknown");
    const part = execution({ quantity: 40 });
    const { facts } = run(book, { open: [listed()], executions: [part, part] });
    expect(facts.map(({ kind }) => kind)).toEqual(["fill", "order"]);
    expect(statuses(facts)).toEqual(["partially-filled"]);
    apply(book, facts);
    const rest = execution({ executionId: "00f.2.01.01", quantity: 60 });
    expect(statuses(run(book, { executions: [rest, part] }).facts)).toEqual(["filled"]);
  });

  it("ends an order whose execution was recorded, and what it makes of it was not: the process died in between", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const fill = fillOf(book, execution(), OWN, 0);
    if (fill !== undefined) applyFill(book, fill);
    const done = { completed: [listed({ status: "Filled", orderId: 0 })], executions: [execution()] };
    expect(run(book, done)).toMatchObject({ facts: [{ event: { status: "filled" } }], unexplainedFills: [] });
  });

  it.each([
    ["counts", { filledQuantity: 60, quantity: 0 }],
    ["says the size of", { filledQuantity: null, quantity: 60 }],
  ])("is filled at the size to which its group reduced it: the broker %s it", (_, done) => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const picture = { completed: [listed({ status: "Filled", ...done })], executions: [execution({ quantity: 60 })] };
    const { facts, unexplainedFills } = run(book, picture);
    expect(facts.at(-1)).toMatchObject({ event: { status: "filled", filledQuantity: 60, leavesQuantity: 0 } });
    expect(unexplainedFills).toEqual([]);
    apply(book, facts);
    expect(run(book, picture).facts).toEqual([]);
  });

  it("counts what the broker canceled as filled in part though its executions are not listed any more", () => {
    const book = emptyBook();
    set(book, submit(book, "a", 7), "accepted", 900);
    const { facts, unexplainedFills } = run(book, { completed: [listed({ status: "Cancelled", filledQuantity: 30 })] });
    expect(facts).toMatchObject([{ event: { status: "canceled", filledQuantity: 30, leavesQuantity: 70 } }]);
    expect(unexplainedFills).toEqual([{ clientOrderId: "a", filledQuantity: 30 }]);
  });

  it.each([
    ["day", "expired"],
    ["gtc", "canceled"],
  ] as const)(
    "of a %s order of an earlier day that is listed nowhere says %s, and that nobody can tell more",
    (timeInForce, becomes) => {
      const book = emptyBook();
      const yesterday = Date.UTC(2026, 2, 9, 15);
      submit(book, "a", 7, 100, { timeInForce, submittedAt: yesterday });
      const today = yesterday + 86_400_000;
      const first = run(book, {}, new Map(), 0, today);
      apply(book, first.facts);
      const later = run(book, {}, first.missingSinceMs, SETTLE_MS, today);
      expect(statuses(later.facts)).toEqual([becomes]);
      expect(later.untraced).toEqual(["a"]);
    },
  );
});

it("an order good till canceled of an earlier day, which the broker had acknowledged, may work: it is given a minute", () => {
  const book = emptyBook();
  const yesterday = Date.UTC(2026, 2, 9, 15);
  set(book, submit(book, "a", 7, 100, { timeInForce: "gtc", submittedAt: yesterday }), "accepted", 900);
  const today = yesterday + 86_400_000;
  const first = run(book, {}, new Map(), 0, today);
  apply(book, first.facts);
  const soon = run(book, {}, first.missingSinceMs, VANISHED_AFTER_MS - 1, today);
  expect(soon.facts).toEqual([]);
  const late = run(book, {}, soon.missingSinceMs, VANISHED_AFTER_MS, today);
  expect(statuses(late.facts)).toEqual(["canceled"]);
  expect(late.untraced).toEqual(["a"]);
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

  it("whose own time cannot be read have the market's, in whole milliseconds as the ledger wants them", () => {
    const fill = fillOf(emptyBook(), execution({ executedAt: null }), OWN, 1000.25);
    expect(fillSchema.safeParse(fill).success).toBe(true);
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

  it("ends no order for the error that calls it canceled: only its status says how much had filled by then", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    set(book, a, "accepted", 900);
    const canceledBecause = "202: Order Canceled - reason:";
    const { saidOver, facts } = errorNews(book, a, 202, "Order Canceled - reason:");
    expect([facts, saidOver]).toEqual([[], { status: "canceled", reason: canceledBecause }]);
    const ended = orderNews(book, a, report("Cancelled"), saidOver);
    expect(ended.facts).toMatchObject([{ event: { status: "canceled", reason: canceledBecause } }]);
  });

  it.each([201, 203])(
    "ends no order that worked for a refusal (%i): a fill that nobody told of yet may have come before",
    (code) => {
      const book = emptyBook();
      const a = submit(book, "a", 7);
      set(book, a, "accepted", 900);
      const reason = `${code}: no`;
      const { saidOver, facts } = errorNews(book, a, code, "no");
      expect([facts, saidOver]).toEqual([[], { status: "rejected", reason }]);
      expect(orderNews(book, a, report("Inactive", 40), saidOver)).toEqual({ facts: [], executionsMissing: true });
      const said = new Map(saidOver === undefined ? [] : [[a, saidOver]]);
      const late = execution({ quantity: 40 });
      const { facts: read } = run(book, { completed: [listed({ status: "Inactive" })], executions: [late], said });
      expect(statuses(read)).toEqual(["partially-filled", "rejected"]);
      expect(read.at(-1)).toMatchObject({ event: { filledQuantity: 40, leavesQuantity: 60, reason } });
    },
  );

  it("ends an order that was refused and is listed nowhere by what was said, once two readings agree", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    set(book, a, "accepted", 900);
    const said = new Map([[a, { status: "rejected", reason: "201: no" } as const]]);
    const first = run(book, { said });
    expect(first.facts).toEqual([]);
    const { facts } = run(book, { said }, first.missingSinceMs, SETTLE_MS);
    expect(facts).toMatchObject([{ event: { status: "rejected", reason: "201: no" } }]);
  });

  it("ends an order whose message the gateway could not take at once: the broker never worked it", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    expect(statuses(errorNews(book, a, 320, "cannot be read").facts)).toEqual(["rejected"]);
  });

  it.each([201, 203])(
    "asks the lists at once when the first word on an order is %i: a fill of it may not be told yet",
    (code) => {
      const book = emptyBook();
      const a = submit(book, "a", 7);
      const saidOver = { status: "rejected", reason: `${code}: no` } as const;
      expect(errorNews(book, a, code, "no")).toEqual({ facts: [], saidOver, reconcile: "now" });
      const { facts } = run(book, { said: new Map([[a, saidOver]]) });
      expect(facts, "one reading that has nothing of it is enough").toMatchObject([
        { event: { status: "rejected", reason: saidOver.reason, filledQuantity: 0 } },
      ]);
    },
  );

  it("ends an order by its refusal when it was held inactive before: that told what had filled", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    expect(errorNews(book, a, 201, "no", { permId: 900 }).facts).toMatchObject([
      { event: { status: "rejected", reason: "201: no", permId: 900 } },
    ]);
  });

  it("does not end an order that is held inactive before its fills are counted", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    expect(orderNews(book, a, report("Inactive", 40))).toEqual({ facts: [], executionsMissing: true });
    expect(orderNews(book, a, report("Inactive"))).toEqual({ facts: [], inactive: true });
  });

  it("does not take a cancel for settled while it is not known whether the broker has the order", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    const unsettled = { facts: [], cancelUnsettled: true, reconcile: "soon" };
    expect(errorNews(book, a, 10147, "not found")).toEqual(unsettled);
    set(book, a, "unknown", null);
    expect(errorNews(book, a, 10147, "not found")).toEqual(unsettled);
  });

  it("does not end a working order for an error it does not know, nor for a refused cancel", () => {
    const book = emptyBook();
    const a = submit(book, "a", 7);
    set(book, a, "accepted", 900);
    const text = "cannot be cancelled";
    expect(errorNews(book, a, 10148, text)).toEqual({ facts: [], cancelRefused: `10148: ${text}`, reconcile: "soon" });
    const readOnly = "The API interface is currently in Read-Only mode.";
    expect(errorNews(book, a, 321, readOnly)).toEqual({ facts: [], cancelRefused: `321: ${readOnly}`, readOnly: true });
    expect(errorNews(book, a, 110, "modification refused")).toMatchObject({ facts: [], reconcile: "soon" });
    expect(statuses(errorNews(book, a, 31337, "?").facts)).toEqual(["unknown"]);
    expect(errorNews(book, a, 399, "warning")).toEqual({ facts: [] });
  });
});
