import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClientOrderId, Execution, OrderEvent, OrderStatus } from "#libs/contracts/mod.ts";
import { applyFact, type Book, EMPTY_BOOK } from "./book.ts";

const id = (number: number, leg = "") => `s-20260310-SPY-${number}${leg}` as ClientOrderId;

const execution = (executionId: string, shares: number, price: number, corrects: string | null = null): Execution => ({
  kind: "execution",
  executionId,
  corrects,
  clientOrderId: id(1),
  permId: null,
  account: "DU1",
  symbol: "SPY",
  side: shares > 0 ? "buy" : "sell",
  quantity: Math.abs(shares),
  price,
  executedAt: 1,
});
const orderEvent = (clientOrderId: ClientOrderId, status: OrderStatus, filledQuantity = 0): OrderEvent => ({
  clientOrderId,
  parentClientOrderId: null,
  symbol: "SPY",
  side: "buy",
  status,
  orderId: 1,
  permId: null,
  filledQuantity,
  leavesQuantity: 10 - filledQuantity,
  averagePrice: null,
  reason: null,
});

const fills = (executions: readonly Execution[]): Book =>
  executions.reduce<Book>((book, fill) => applyFact(book, { type: "fill", fill }), EMPTY_BOOK);
const events = (list: readonly OrderEvent[]): Book =>
  list.reduce<Book>((book, event) => applyFact(book, { type: "order-event", event }), EMPTY_BOOK);

describe("positions", () => {
  it("of parts of shares are flat when they are sold", () => {
    expect(fills([execution("a", 0.1, 100), execution("b", 0.2, 100), execution("c", -0.3, 100)]).positions).toEqual(
      {},
    );
  });

  it("count each execution once, in any order and however often repeated (law 4)", () => {
    const executions = fc.uniqueArray(
      fc.record({ n: fc.nat(1000), shares: fc.integer({ min: -20, max: 20 }).filter((shares) => shares !== 0) }),
      { selector: ({ n }) => n, maxLength: 40 },
    );
    fc.assert(
      fc.property(
        executions.chain((once) =>
          fc.tuple(fc.constant(once), fc.shuffledSubarray([...once, ...once], { minLength: once.length * 2 })),
        ),
        ([once, repeated]) => {
          const book = fills(repeated.map(({ n, shares }) => execution(`e${n}`, shares, 100)));
          const expected = once.reduce((sum, { shares }) => sum + shares, 0);
          expect(book.positions.SPY?.quantity ?? 0).toBe(expected);
        },
      ),
    );
  });

  it("take a correction in place of what it corrects", () => {
    const book = fills([
      execution("e.01", 10, 100),
      execution("e.02", 8, 101, "e.01"),
      execution("e.01", 10, 100),
      execution("e.03", 8, 102, "e.02"),
    ]);
    expect(book.positions.SPY).toEqual({ quantity: 8, averagePrice: 102 });
  });

  it("average what adds, keep the average on the way out, and start anew on the other side", () => {
    const steps = [execution("a", 10, 100), execution("b", 10, 110), execution("c", -5, 120), execution("d", -20, 130)];
    expect(steps.map((_, index) => fills(steps.slice(0, index + 1)).positions.SPY)).toEqual([
      { quantity: 10, averagePrice: 100 },
      { quantity: 20, averagePrice: 105 },
      { quantity: 15, averagePrice: 105 },
      { quantity: -5, averagePrice: 130 },
    ]);
    expect(fills([...steps, execution("e", 5, 1)]).positions).toEqual({});
  });
});

describe("orders", () => {
  it("work until they end, and do not come back to life", () => {
    const open = events([orderEvent(id(1), "submitted"), orderEvent(id(1), "accepted")]);
    expect(Object.values(open.orders).map((order) => order.status)).toEqual(["accepted"]);
    const ended = events([
      orderEvent(id(1), "submitted"),
      orderEvent(id(1), "filled", 10),
      orderEvent(id(1), "accepted"),
    ]);
    expect(ended.orders).toEqual({});
  });

  it("are no news when an event repeats", () => {
    const book = events([orderEvent(id(1), "accepted"), orderEvent(id(2), "filled", 10)]);
    for (const event of [orderEvent(id(1), "accepted"), orderEvent(id(2), "filled", 10)]) {
      expect(applyFact(book, { type: "order-event", event })).toBe(book);
    }
    const partly = applyFact(book, { type: "order-event", event: orderEvent(id(1), "accepted", 3) });
    expect(partly).not.toBe(book);
  });

  it("stay working while they are unknown", () => {
    expect(Object.keys(events([orderEvent(id(1), "submitted"), orderEvent(id(1), "unknown")]).orders)).toEqual([id(1)]);
  });

  it("leave the highest number of the newest day", () => {
    const yesterday = "s-20260309-SPY-99" as ClientOrderId;
    expect(
      events([orderEvent(yesterday, "filled"), orderEvent(id(3), "submitted"), orderEvent(id(2), "submitted")])
        .lastOrder,
    ).toEqual({ day: "20260310", number: 3 });
  });

  it("remember a limited number of what has ended", () => {
    const many = Array.from({ length: 1000 }, (_, index) => orderEvent(id(index + 1), "filled", 10));
    expect(events(many).settled).toHaveLength(512);
  });
});
