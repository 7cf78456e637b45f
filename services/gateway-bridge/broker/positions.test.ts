import { describe, expect, it } from "vitest";
import { applyFill, emptyBook } from "../orders/book.ts";
import { differencesOf, PositionBook } from "./positions.ts";

const position = (quantity: number) => ({ account: "DU1", symbol: "SPY", quantity, averageCost: 100 });

it("tells an unexplained position once, and again when it comes back after it was explained", () => {
  const book = emptyBook();
  const positions = new PositionBook(() => "DU1");
  positions.beginList();
  positions.endList();
  const told = (nowMs: number) => positions.newlyUnexplained(book, nowMs).map(({ quantity }) => quantity);
  positions.take(position(10));
  // An execution may still be on its way.
  expect(told(0)).toEqual([]);
  expect(told(2000)).toEqual([10]);
  expect(told(3000)).toEqual([]);
  // Another quantity is other news.
  positions.take(position(20));
  expect(told(4000)).toEqual([20]);
  // A list that is read anew does not make it news.
  positions.beginList();
  expect(told(4500)).toEqual([]);
  positions.take(position(20));
  positions.endList();
  expect(told(5000)).toEqual([]);
  positions.take(position(0));
  expect(told(6000)).toEqual([]);
  positions.take(position(20));
  expect(told(7000)).toEqual([]);
  expect(told(9000)).toEqual([20]);
});

it("says when an execution that came late explains a position that was told as unexplained, once", () => {
  const book = emptyBook();
  const positions = new PositionBook(() => "DU1");
  positions.beginList();
  positions.endList();
  positions.take(position(10));
  positions.newlyUnexplained(book, 0);
  expect(positions.newlyUnexplained(book, 2000)).toHaveLength(1);
  expect(positions.takeExplainedAgain()).toBe(false);
  book.holdings.set("SPY", { quantity: 10, averageCost: 100 });
  expect(positions.newlyUnexplained(book, 2200)).toEqual([]);
  expect(positions.takeExplainedAgain()).toBe(true);
  expect(positions.takeExplainedAgain()).toBe(false);
});

it("has the executions asked for before a difference counts, once, and again when it is another", () => {
  const book = emptyBook();
  const positions = new PositionBook(() => "DU1");
  expect(positions.wantsExecutions(book, 0), "before anything is known").toBe(false);
  positions.beginList();
  positions.endList();
  positions.take(position(10));
  const asks = (...atMs: number[]) => atMs.map((nowMs) => positions.wantsExecutions(book, nowMs));
  expect(asks(0, 600, 700, 800)).toEqual([false, false, true, false]);
  expect(positions.newlyUnexplained(book, 1000), "there is time for the answer").toEqual([]);
  // Fills of our own change both sides, and not the difference.
  book.holdings.set("SPY", { quantity: 5, averageCost: 100 });
  positions.take(position(15));
  expect(asks(3000)).toEqual([false]);
  positions.take(position(16));
  expect(asks(3100, 3200)).toEqual([true, false]);
  // It was explained, and differs anew.
  positions.take(position(5));
  expect(asks(4000)).toEqual([false]);
  positions.take(position(16));
  expect(asks(5000, 5700)).toEqual([false, true]);
});

describe("a list of positions", () => {
  const held = (positions: PositionBook, book = emptyBook()) =>
    positions.list(book, 0)?.map(({ symbol, quantity }) => [symbol, quantity]);

  it("is not known before it has ended, so that nothing is published from half of it", () => {
    const positions = new PositionBook(() => "DU1");
    positions.beginList();
    positions.take(position(10));
    expect(held(positions)).toBeUndefined();
    positions.endList();
    expect(held(positions)).toEqual([["SPY", 10]]);
  });

  it("that is read anew leaves the old one standing until it has ended; what it does not name is gone then", () => {
    const positions = new PositionBook(() => "DU1");
    positions.beginList();
    positions.take(position(10));
    positions.endList();
    positions.beginList();
    expect(held(positions)).toEqual([["SPY", 10]]);
    positions.endList();
    expect(held(positions)).toEqual([]);
  });

  it("that does not name what our executions say is held is as unexplained as one that names too much", () => {
    const book = emptyBook();
    book.holdings.set("SPY", { quantity: 10, averageCost: 100 });
    const positions = new PositionBook(() => "DU1");
    positions.beginList();
    positions.endList();
    expect(positions.newlyUnexplained(book, 0)).toEqual([]);
    expect(positions.newlyUnexplained(book, 2000)).toMatchObject([{ symbol: "SPY", quantity: 0, explained: false }]);
  });
});

describe("a position of which the quantity cannot be read", () => {
  const begin = () => {
    const book = emptyBook();
    book.holdings.set("SPY", { quantity: 10, averageCost: 100 });
    const positions = new PositionBook(() => "DU1");
    positions.beginList();
    return { book, positions };
  };

  it("stays as it was, unexplained, until it can be read or is gone", () => {
    const { book, positions } = begin();
    positions.take(position(10));
    positions.endList();
    positions.doubt("SPY");
    expect(positions.list(book, 0)).toMatchObject([{ ...position(10), explained: false }]);
    positions.beginList();
    positions.doubt("SPY");
    positions.endList();
    expect(positions.list(book, 60_000)).toMatchObject([{ ...position(10), explained: false }]);
    expect(positions.newlyUnexplained(book, 60_000)).toEqual([]);
    positions.take(position(10));
    expect(positions.list(book, 60_000)).toMatchObject([{ ...position(10), explained: true }]);
    positions.doubt("SPY");
    positions.beginList();
    positions.endList();
    expect(positions.list(book, 60_000)).toMatchObject([{ quantity: 0 }]);
  });

  it("is what our executions say when nothing else is known of it", () => {
    const { book, positions } = begin();
    positions.doubt("SPY");
    positions.endList();
    expect(positions.list(book, 60_000)).toMatchObject([{ symbol: "SPY", quantity: 10, explained: false }]);
  });
});

it("takes parts of shares for what they add up to", () => {
  const book = emptyBook();
  const execution = (executionId: string, side: "buy" | "sell", quantity: number) =>
    applyFill(book, {
      kind: "execution",
      executionId,
      corrects: null,
      clientOrderId: null,
      permId: 1,
      account: "DU1",
      symbol: "SPY",
      side,
      quantity,
      price: 100,
      executedAt: 1_773_153_000_000,
    });
  execution("a", "buy", 0.1);
  execution("b", "buy", 0.2);
  expect(differencesOf(book, [position(0.3)])).toEqual([]);
  execution("c", "sell", 0.3);
  expect(differencesOf(book, [])).toEqual([]);
  expect(book.holdings.size).toBe(0);
});
