import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { approvalSchema, clientOrderIdSchema, orderIntentSchema } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { whyExpired } from "./approval-expiry.ts";
import {
  applyAccepted,
  applyApproval,
  applyCancelStanding,
  applyFill,
  applyForeignOrder,
  applyOrderEvent,
  emptyBook,
} from "./book.ts";
import { firstEvent } from "./facts.ts";
import { loadBook, saveBook } from "./fold.ts";
import { addExecution, type Holding, removeExecution } from "./holdings.ts";
import { legsOf } from "./legs.ts";

const intent = (name: string) =>
  orderIntentSchema.parse({
    clientOrderId: name,
    strategy: "test",
    symbol: "SPY",
    side: "buy",
    quantity: 10,
    order: { type: "limit", limitPrice: 100 },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: {
      stopLoss: { clientOrderId: `${name}-s`, stopPrice: 99 },
      takeProfit: { clientOrderId: `${name}-t`, limitPrice: 101 },
    },
    reason: "",
  });
const approval = approvalSchema.parse({
  intent: intent("a"),
  approvedAtMonotonicMs: 1000,
  expiresAtMonotonicMs: 3000,
  expiresAt: 50_000,
  reducesRisk: false,
  reserved: { notional: 0, dayTrade: false },
});

describe("an approval", () => {
  it.each([
    [999, 0, "last boot"],
    [1000, 0, null],
    [2999, 0, null],
    [3000, 0, "2000 ms old"],
    [1500, 50_000, "machine's clock"],
  ])("at %i ms of the monotonic clock and %i of the wall clock: %s", (monotonicMs, wallMs, expected) => {
    const why = whyExpired(approval, { monotonicMs, wallMs });
    if (expected === null) expect(why).toBeNull();
    else expect(why).toContain(expected);
  });
});

describe("the book", () => {
  const day = epochMsOf("2026-03-10", "10:00");

  it("comes back from its snapshot as it was", () => {
    const book = emptyBook();
    applyApproval(book, approval, "message");
    for (const [at, leg] of legsOf(approval.intent).entries()) {
      applyOrderEvent(book, firstEvent(leg, "submitted", at + 1, null), day);
    }
    applyFill(book, {
      kind: "execution",
      executionId: "x.1.01",
      corrects: null,
      clientOrderId: approval.intent.clientOrderId,
      permId: null,
      account: "DU1",
      symbol: "SPY",
      side: "buy",
      quantity: 4,
      price: 100,
      executedAt: day,
    });
    applyAccepted(
      book,
      { account: "DU1", symbol: "SPY", difference: 5, quantity: 5, averageCost: 90, reason: "transferred in" },
      "accepted-1",
    );
    applyForeignOrder(book, {
      permId: 77,
      clientId: 0,
      orderRef: "",
      symbol: "SPY",
      side: "buy",
      leavesQuantity: 60,
      price: null,
      status: "working",
    });
    expect(loadBook(saveBook(book))).toEqual(book);
    expect(book.highestOrderId).toBe(3);
    expect(book.open.get(approval.intent.clientOrderId)).toMatchObject({ filledQuantity: 4, averagePrice: 100 });
  });

  it("knows the protective orders of a bracket from the entry's approval", () => {
    const book = emptyBook();
    applyApproval(book, approval, "message");
    const [entry, target] = legsOf(approval.intent);
    if (target === undefined) throw new Error("no bracket");
    applyOrderEvent(book, firstEvent(entry, "submitted", 1, null), day);
    applyOrderEvent(book, firstEvent(target, "submitted", 2, null), day);
    expect(book.open.get(clientOrderIdSchema.parse("a-t"))).toMatchObject({
      parentClientOrderId: "a",
      side: "sell",
      order: { type: "limit", limitPrice: 101 },
    });
  });

  it("keeps an accepted cancel, over a snapshot, until its order is over or the broker refused it", () => {
    const book = emptyBook();
    const [a, b, never] = ["a", "a-t", "never"].map((id) => clientOrderIdSchema.parse(id)) as [never, never, never];
    applyApproval(book, approval, "message");
    const accept = (id: typeof a) =>
      applyCancelStanding(book, { outcome: "accepted", clientOrderIds: [id], reason: "stop" });
    const standing = () => [...loadBook(saveBook(book)).canceling];
    for (const id of [a, never]) accept(id);
    expect(standing(), "of an approval, and of an order that is known").toEqual([["a", "stop"]]);
    const [entry, target] = legsOf(approval.intent);
    if (target === undefined) throw new Error("no bracket");
    applyOrderEvent(book, firstEvent(entry, "submitted", 1, null), day);
    applyOrderEvent(book, firstEvent(target, "submitted", 2, null), day);
    accept(b);
    applyCancelStanding(book, { outcome: "refused", clientOrderId: b, reason: "161: no" });
    expect(standing()).toEqual([["a", "stop"]]);
    applyOrderEvent(book, firstEvent(entry, "canceled", 1, null), day);
    accept(a);
    expect(standing()).toEqual([]);
  });

  it("names a group by day and strategy, for the entry alone, also after a restart", () => {
    const book = emptyBook();
    const grouped = { ...approval, intent: { ...approval.intent, oneCancelsAllGroup: "pair" } };
    applyApproval(book, grouped, "message");
    for (const [at, leg] of legsOf(grouped.intent).entries()) {
      applyOrderEvent(book, firstEvent(leg, "submitted", at + 1, null), day);
    }
    const groups = [...loadBook(saveBook(book)).open.values()].map(({ oneCancelsAllGroup }) => oneCancelsAllGroup);
    expect(groups).toEqual(["2026-03-10:test:pair", null, null]);
  });

  it("forgets no execution of the day in a snapshot, however many: the broker repeats them (law 4)", () => {
    const book = busy(12_000, (at) => (at < 6000 ? day - 86_400_000 : day) + at);
    const kept = loadBook(saveBook(book));
    expect(saveBook(book).length).toBeLessThan(1_000_000);
    const today = [...book.executions].filter(([, { executedAt }]) => executedAt >= day);
    expect(today).toHaveLength(6000);
    for (const [id, execution] of today) expect(kept.executions.get(id)).toEqual(execution);
  });

  it("keeps what an order at work and its entry filled for as long as it works", () => {
    const book = emptyBook();
    applyApproval(book, approval, "message");
    for (const [at, leg] of legsOf(approval.intent).entries()) {
      applyOrderEvent(book, firstEvent(leg, "submitted", at + 1, null), day);
    }
    const fill = (name: string, clientOrderId: string, executedAt: number) =>
      applyFill(book, {
        kind: "execution",
        executionId: name,
        corrects: null,
        clientOrderId: clientOrderIdSchema.parse(clientOrderId),
        permId: null,
        account: "DU1",
        symbol: "SPY",
        side: "buy",
        quantity: 10,
        price: 100,
        executedAt,
      });
    fill("dry-a-1", "a", day);
    applyOrderEvent(book, { ...firstEvent(legsOf(approval.intent)[0], "filled", 1, null), filledQuantity: 10 }, day);
    fill("later", "other", day + 30 * 86_400_000);
    expect(book.closed.get(approval.intent.clientOrderId)?.filledQuantity).toBe(10);
    expect(book.executions.has("dry-a-1")).toBe(true);
  });

  it("waits for no protective order of an entry that is over", () => {
    const book = emptyBook();
    applyApproval(book, approval, "message");
    applyOrderEvent(book, firstEvent(legsOf(approval.intent)[0], "expired", null, "late"), day);
    expect(book.awaited.size).toBe(0);
  });

  function busy(orders: number, executedAt: (at: number) => number) {
    const book = emptyBook();
    for (let at = 0; at < orders; at += 1) {
      const name = clientOrderIdSchema.parse(`strategy-SPY-20260310-${at}`);
      applyFill(book, {
        kind: "execution",
        executionId: `0000e0d5.${((at * 2654435761) >>> 0).toString(16)}.01.01`,
        corrects: null,
        clientOrderId: name,
        permId: 1_900_000_000 + at * 7,
        account: "DU1",
        symbol: "SPY",
        side: at % 2 === 0 ? "buy" : "sell",
        quantity: 100,
        price: 100 + at / 100,
        executedAt: executedAt(at),
      });
      book.closed.set(name, {
        status: "filled",
        orderId: at + 1,
        quantity: 100,
        filledQuantity: 100,
        toldQuantity: 100,
        unseenQuantity: 0,
        permId: 1_900_000_000 + at * 7,
        day: "2026-03-10",
        parentClientOrderId: null,
        oneCancelsAllGroup: null,
      });
    }
    return book;
  }
});

describe("a holding", () => {
  const trade = fc.record({
    side: fc.constantFrom("buy" as const, "sell" as const),
    quantity: fc.integer({ min: 1, max: 100 }),
    price: fc.integer({ min: 1, max: 200 }),
  });

  it("is the sum of its trades, and a trade taken back leaves the shares as they were", () => {
    fc.assert(
      fc.property(fc.array(trade), trade, (trades, extra) => {
        const fold = (all: typeof trades) => all.reduce<Holding | undefined>(addExecution, undefined);
        const before = fold(trades);
        const sum = trades.reduce((total, { side, quantity }) => total + (side === "buy" ? quantity : -quantity), 0);
        expect(before?.quantity ?? 0).toBe(sum);
        expect(removeExecution(addExecution(before, extra), extra)?.quantity ?? 0).toBe(sum);
      }),
    );
  });

  it("averages what is added, keeps its cost when reduced, and starts anew across zero", () => {
    const long = addExecution(addExecution(undefined, { side: "buy", quantity: 10, price: 100 }), {
      side: "buy",
      quantity: 10,
      price: 110,
    });
    expect(long).toEqual({ quantity: 20, averageCost: 105 });
    expect(addExecution(long, { side: "sell", quantity: 5, price: 200 })).toEqual({ quantity: 15, averageCost: 105 });
    expect(addExecution(long, { side: "sell", quantity: 30, price: 120 })).toEqual({ quantity: -10, averageCost: 120 });
    expect(addExecution(long, { side: "sell", quantity: 20, price: 120 })).toBeUndefined();
  });
});

describe("a position that the operator accepted", () => {
  const accepted = { account: "DU1", symbol: "SPY", difference: 30, quantity: 40, averageCost: 90, reason: "split" };

  it("is explained from then on, once, however often it is read, and goes with what is sold", () => {
    const book = emptyBook();
    book.holdings.set("SPY", { quantity: 10, averageCost: 100 });
    applyAccepted(book, accepted, "m1");
    applyAccepted(book, accepted, "m1");
    expect(book.holdings.get("SPY")).toEqual({ quantity: 40, averageCost: 90 });
    applyAccepted(book, { ...accepted, difference: -40, quantity: 0 }, "m2");
    expect(book.holdings.has("SPY")).toBe(false);
  });
});
