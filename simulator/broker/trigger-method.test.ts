import { describe, expect, it } from "vitest";
import { Desk, quote } from "../testing/desk.ts";
import { type Prints, printsAfter } from "./prints.ts";
import { isReached, isTriggerMethod } from "./trigger-method.ts";

/** What is known after quotes: bid, ask, last, and sizes where they matter. */
function printsOf(...quotes: readonly Parameters<typeof quote>[]): Prints {
  const prints = quotes.reduce<Prints | undefined>((before, given) => printsAfter(before, quote(...given)), undefined);
  if (prints === undefined) throw new Error("no quotes");
  return prints;
}

const noTrade = { lastSize: 0 };

describe("a price is reached", () => {
  it("by the last trade, whatever the quote says: 2, and the default of a stock", () => {
    const prints = printsOf([99, 101, { last: 100 }]);
    for (const method of [0, 2]) {
      expect(isReached(method, "STK", "up", 100, prints)).toBe(true);
      expect(isReached(method, "STK", "down", 100, prints)).toBe(true);
      expect(isReached(method, "STK", "up", 100.01, prints)).toBe(false);
      expect(isReached(method, "STK", "down", 99.99, prints)).toBe(false);
    }
  });

  it("by two trades in a row: 3", () => {
    expect(isReached(3, "STK", "up", 100, printsOf([99, 101, { last: 100 }]))).toBe(false);
    expect(isReached(3, "STK", "up", 100, printsOf([99, 101, { last: 99.5 }], [99, 101, { last: 100 }]))).toBe(false);
    expect(isReached(3, "STK", "up", 100, printsOf([99, 101, { last: 100 }], [99, 101, { last: 100 }]))).toBe(true);
    // A quote without a trade is no second trade.
    const once = printsOf([99, 101, { last: 100 }], [99.5, 101, { last: 100, ...noTrade }]);
    expect(isReached(3, "STK", "up", 100, once)).toBe(false);
  });

  it("by the bid from below, by the ask from above: 4, and the default of a currency", () => {
    const prints = printsOf([100, 102, { last: 90 }]);
    for (const [method, secType] of [[4, "STK"] as const, [0, "CASH"] as const]) {
      expect(isReached(method, secType, "up", 100, prints)).toBe(true);
      expect(isReached(method, secType, "up", 100.01, prints)).toBe(false);
      expect(isReached(method, secType, "down", 102, prints)).toBe(true);
      expect(isReached(method, secType, "down", 101.99, prints)).toBe(false);
    }
  });

  it("by two quotes in a row, the second of a greater size where it is at the same price: 1, and an option's default", () => {
    for (const [method, secType] of [[1, "STK"] as const, [0, "OPT"] as const]) {
      const is = (...quotes: readonly Parameters<typeof quote>[]) =>
        isReached(method, secType, "up", 100, printsOf(...quotes));
      expect(is([100, 102])).toBe(false);
      expect(is([99.99, 102], [100, 102])).toBe(false);
      expect(is([100, 102], [100.01, 102])).toBe(true);
      expect(is([100, 102, { bidSize: 500 }], [100, 102, { bidSize: 400 }])).toBe(false);
      expect(is([100, 102, { bidSize: 500 }], [100, 102, { bidSize: 600 }])).toBe(true);
      // Only the ask moved: the bid is still the one it was.
      expect(is([100, 102], [100, 103])).toBe(false);
      expect(isReached(method, secType, "down", 100, printsOf([98, 100], [98, 99.99]))).toBe(true);
    }
  });

  it("by a trade or by the quote: 7", () => {
    expect(isReached(7, "STK", "up", 100, printsOf([100, 102, { last: 90 }]))).toBe(true);
    expect(isReached(7, "STK", "up", 100, printsOf([99, 102, { last: 100 }]))).toBe(true);
    expect(isReached(7, "STK", "up", 100, printsOf([99, 102, { last: 99 }]))).toBe(false);
  });

  it("by the middle of the quote: 8", () => {
    const prints = printsOf([99, 101, { last: 90 }]);
    expect(isReached(8, "STK", "up", 100, prints)).toBe(true);
    expect(isReached(8, "STK", "up", 100.01, prints)).toBe(false);
    expect(isReached(8, "STK", "down", 100, prints)).toBe(true);
  });

  it("by no other method", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(isTriggerMethod)).toEqual([0, 1, 2, 3, 4, 7, 8]);
  });
});

describe("a stop", () => {
  const stop = { action: "SELL", orderType: "STP", auxPrice: 100 };

  it("is elected by its own method", () => {
    const desk = new Desk();
    desk.quote(quote(101, 102, { last: 101 }));
    desk.place(1, { ...stop, triggerMethod: 4 });
    desk.place(2, { ...stop, triggerMethod: 3 });
    desk.place(3, { ...stop, triggerMethod: 8 });
    desk.place(4, stop);
    const states = () => [1, 2, 3, 4].map((id) => desk.phase(id));
    desk.quote(quote(99.8, 100.1, { last: 101, ...noTrade }));
    expect(states()).toEqual(["waiting-trigger", "waiting-trigger", "filled", "waiting-trigger"]);
    desk.quote(quote(99.9, 100.1, { last: 100 }));
    expect(states()).toEqual(["waiting-trigger", "waiting-trigger", "filled", "filled"]);
    desk.quote(quote(99.9, 100, { last: 99.95 }));
    expect(states()).toEqual(["filled", "filled", "filled", "filled"]);
  });

  it("with a method that does not exist is refused with 146", () => {
    const desk = new Desk();
    desk.quote(quote(101, 102));
    desk.place(1, { ...stop, triggerMethod: 5 });
    expect(desk.codes()).toEqual([146]);
  });
});
