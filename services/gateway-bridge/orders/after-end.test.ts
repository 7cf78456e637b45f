import { describe, expect, it } from "vitest";
import {
  type Approval,
  clientOrderIdSchema,
  type Execution,
  type OrderEvent,
  type OrderStatus,
  orderIntentSchema,
} from "#libs/contracts/mod.ts";
import { surpriseIn, toldAnew } from "./after-end.ts";
import { applyApproval, applyFill, applyOrderEvent, type Book, emptyBook } from "./book.ts";
import { type Fact, fillProgress, firstEvent, orderFact } from "./facts.ts";
import { legsOf } from "./legs.ts";

const id = clientOrderIdSchema.parse("a");

/** An order for 10 that was submitted under the order id 7. */
function submitted(): Book {
  const book = emptyBook();
  const intent = orderIntentSchema.parse({
    clientOrderId: id,
    strategy: "test",
    symbol: "SPY",
    side: "buy",
    quantity: 10,
    order: { type: "market" },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: "",
  });
  applyApproval(book, { intent } as Approval, "m");
  applyOrderEvent(book, firstEvent(legsOf(intent)[0], "submitted", 7, null), 0);
  return book;
}

const apply = (book: Book, fact: Fact | undefined) => {
  if (fact?.kind === "order") applyOrderEvent(book, fact.event, 0);
};
const eventOf = (fact: Fact | undefined): OrderEvent | undefined => (fact?.kind === "order" ? fact.event : undefined);

function execute(book: Book, executionId: string, quantity: number, change: Partial<Execution> = {}): void {
  const execution = { kind: "execution", executionId, corrects: null, clientOrderId: id, permId: 900 } as const;
  const trade = { account: "DU1", symbol: "SPY", side: "buy", price: 100, executedAt: 0 } as const;
  applyFill(book, { ...execution, ...trade, quantity, ...change });
}

/** The order ends so; what had been executed before is counted. */
function ended(status: OrderStatus, executed = 0, told = executed): Book {
  const book = submitted();
  if (executed > 0) execute(book, "first.01", executed);
  const order = book.open.get(id);
  if (order !== undefined) apply(book, orderFact(order, status, null, { filledQuantity: told }));
  return book;
}

it("an order that fills in parts of shares is filled by their exact sum", () => {
  const book = submitted();
  for (let part = 0; part < 100; part += 1) execute(book, `part-${part}`, 0.1);
  expect(eventOf(fillProgress(book, id))).toMatchObject({ status: "filled", filledQuantity: 10, leavesQuantity: 0 });
});

describe("an order that is over", () => {
  it("and is filled once more is told again, with all that the broker filled", () => {
    const book = ended("filled", 10);
    execute(book, "second.01", 10, { price: 102 });
    const fact = toldAnew(book, id, 900);
    expect(eventOf(fact)).toMatchObject({
      status: "filled",
      orderId: 7,
      permId: 900,
      filledQuantity: 20,
      leavesQuantity: 0,
      averagePrice: 101,
      reason: "10 were approved, and the broker filled more",
    });
    expect(fact && surpriseIn(book, fact)).toBe("overfilled");
    apply(book, fact);
    expect(toldAnew(book, id), "told once").toBeUndefined();
    expect(book.closed.get(id)).toMatchObject({ status: "filled", filledQuantity: 20, quantity: 10 });
  });

  it.each<[OrderStatus, number, OrderStatus, number]>([
    ["canceled", 4, "canceled", 6],
    ["canceled", 10, "filled", 0],
    ["not-sent", 10, "filled", 0],
    ["expired", 1, "expired", 9],
  ])("as %s, and is filled with %i after all, is told as %s with %i left", (status, quantity, then, leaves) => {
    const book = ended(status);
    execute(book, "late.01", quantity);
    const fact = toldAnew(book, id);
    const told = { status: then, filledQuantity: quantity, leavesQuantity: leaves };
    expect(eventOf(fact)).toMatchObject({ ...told, reason: `filled after it was over as ${status}, with 0 filled` });
    expect(fact && surpriseIn(book, fact)).toBe("after-end");
  });

  it("and whose executions are corrected is told again, as what it ended", () => {
    const book = ended("filled", 10);
    execute(book, "first.02", 4, { corrects: "first.01", price: 98 });
    const fact = toldAnew(book, id);
    expect(eventOf(fact)).toMatchObject({ status: "filled", filledQuantity: 4, leavesQuantity: 0, averagePrice: 98 });
    expect(eventOf(fact)?.reason).toBe("the broker corrected its executions: 10 were told before");
    expect(fact && surpriseIn(book, fact)).toBe("corrected");
  });

  it("with shares that its end counted before their executions came is told no more when they come", () => {
    const book = ended("filled", 4, 10);
    execute(book, "late.01", 6);
    expect(toldAnew(book, id)).toBeUndefined();
    execute(book, "more.01", 1);
    expect(eventOf(toldAnew(book, id))).toMatchObject({ filledQuantity: 11 });
  });

  it("and corrected in its price alone is not told again: the execution says it", () => {
    const book = ended("filled", 10);
    execute(book, "first.02", 10, { corrects: "first.01", price: 98 });
    expect(toldAnew(book, id)).toBeUndefined();
  });

  it("keeps what it is, where the ledger is read from its beginning", () => {
    const book = ended("canceled");
    execute(book, "late.01", 10);
    const before = book.closed.get(id);
    apply(book, toldAnew(book, id, 900));
    expect(book.closed.get(id)).toEqual({ ...before, status: "filled", toldQuantity: 10, permId: 900 });
  });
});

describe("an order that works", () => {
  it("and is filled beyond its size at once is over, with all that the broker filled", () => {
    const book = submitted();
    execute(book, "first.01", 7);
    apply(book, fillProgress(book, id));
    execute(book, "second.01", 7);
    const fact = fillProgress(book, id);
    expect(eventOf(fact)).toMatchObject({ status: "filled", filledQuantity: 14, leavesQuantity: 0 });
    expect(eventOf(fact)?.reason).toBe("10 were approved, and the broker filled more");
    expect(fact && surpriseIn(book, fact)).toBe("overfilled");
  });

  it("and is filled as it should be surprises nobody, to the part of a share that binary numbers lose", () => {
    const book = submitted();
    execute(book, "first.01", 9.9);
    expect(surpriseIn(book, fillProgress(book, id) as Fact)).toBeNull();
    execute(book, "second.01", 0.1 + 1e-15);
    expect(surpriseIn(book, fillProgress(book, id) as Fact)).toBeNull();
    apply(book, fillProgress(book, id));
    expect(toldAnew(book, id)).toBeUndefined();
  });
});
