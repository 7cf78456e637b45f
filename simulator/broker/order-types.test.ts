import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { close, Desk, noon, quote } from "../testing/desk.ts";

/** A desk with a quote around 100 and that last trade. */
function deskAt(last = 100): Desk {
  const desk = new Desk();
  desk.quote(quote(99.99, 100.01, { last }));
  return desk;
}
const trade = (desk: Desk, last: number) => desk.quote(quote(last - 0.01, last + 0.01, { last }));
const stopOf = (desk: Desk, orderId: number) =>
  desk.broker.liveOrders.find((order) => order.orderId === orderId)?.terms.trailStopPrice;

describe("a trailing stop", () => {
  const sell = { action: "SELL", orderType: "TRAIL", auxPrice: 1 } as const;

  it("begins at its distance from the last trade, follows it up, never down, and then takes the market", () => {
    const desk = deskAt();
    desk.place(1, sell);
    expect([desk.phase(1), stopOf(desk, 1)]).toEqual(["waiting-trigger", 99]);
    trade(desk, 102);
    expect(stopOf(desk, 1)).toBe(101);
    trade(desk, 101.5);
    expect(stopOf(desk, 1)).toBe(101);
    trade(desk, 100.9);
    expect(desk.fills()).toEqual([{ quantity: 100, price: 100.89 }]);
  });

  it("of a buyer comes down with the market", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "TRAIL", trailingPercent: 2 });
    expect(stopOf(desk, 1)).toBe(102);
    trade(desk, 95);
    expect(stopOf(desk, 1)).toBe(96.9);
    trade(desk, 97);
    expect(desk.fills()).toHaveLength(1);
  });

  it("begins where it is told, and keeps its place when only its size is modified", () => {
    const desk = deskAt();
    desk.place(1, { ...sell, trailStopPrice: 99.5 });
    expect(stopOf(desk, 1)).toBe(99.5);
    desk.place(1, { ...sell, totalQuantity: 50 });
    expect(stopOf(desk, 1)).toBe(99.5);
    desk.place(1, { ...sell, totalQuantity: 50, trailStopPrice: 99.8 });
    expect(stopOf(desk, 1)).toBe(99.8);
  });

  it("with a limit takes the limit along, and does not trade beyond it", () => {
    const desk = deskAt();
    desk.place(1, { ...sell, orderType: "TRAIL LIMIT", limitPriceOffset: 0.1 });
    trade(desk, 102);
    expect(desk.broker.liveOrders[0]?.terms).toMatchObject({ trailStopPrice: 101, limitPrice: 100.9 });
    desk.quote(quote(100.5, 100.52, { last: 101 }));
    expect([desk.phase(1), desk.fills()]).toEqual(["working", []]);
    desk.quote(quote(100.9, 100.92, { last: 100.9 }));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 100.9 }]);
  });

  it("never moves against its owner, and is elected by the first trade at its distance from the best one", () => {
    const moves = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(moves, fc.integer({ min: 5, max: 200 }), (cents, distance) => {
        const desk = deskAt();
        desk.place(1, { ...sell, auxPrice: distance / 100 });
        let last = 10_000;
        let best = last;
        for (const move of cents) {
          last += move;
          best = Math.max(best, last);
          trade(desk, last / 100);
          // The oracle: the best trade so far less the distance.
          const isElected = last <= best - distance;
          expect(desk.fills().length > 0).toBe(isElected);
          if (isElected) return;
          expect(stopOf(desk, 1)).toBeCloseTo((best - distance) / 100, 6);
        }
      }),
    );
  });
});

describe("an order to be touched", () => {
  it("wakes where the market is better than now: a purchase below it, a sale above", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "MIT", auxPrice: 99 });
    desk.place(2, { action: "SELL", orderType: "LIT", auxPrice: 101, limitPrice: 101.2 });
    expect([desk.phase(1), desk.phase(2)]).toEqual(["waiting-trigger", "waiting-trigger"]);
    trade(desk, 99);
    expect(desk.fills()).toEqual([{ quantity: 100, price: 99.01 }]);
    trade(desk, 101);
    expect([desk.phase(2), desk.fills()]).toEqual(["working", []]);
    desk.quote(quote(101.2, 101.22, { last: 101.2 }));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 101.2 }]);
  });
});

describe("an order on the close", () => {
  const atClose = (desk: Desk, last: number) => {
    desk.quote(quote(last - 0.01, last + 0.01, { last, askSize: 1, bidSize: 1 }), close - 1);
    desk.effects = desk.broker.advanceTo(close);
  };

  it("waits through the session and is filled whole at the last trade", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "MOC", totalQuantity: 500 });
    desk.quote(quote(98, 98.02, { last: 98 }));
    expect([desk.phase(1), desk.fills()]).toEqual(["waiting-close", []]);
    atClose(desk, 101.5);
    expect(desk.fills()).toEqual([{ quantity: 500, price: 101.5 }]);
  });

  it("with a limit is filled at the auction's price or better than its limit, else it ends with its day", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "LOC", limitPrice: 102 });
    desk.place(2, { orderType: "LOC", limitPrice: 101 });
    atClose(desk, 101.5);
    expect(desk.fills()).toEqual([{ quantity: 100, price: 101.5 }]);
    expect([desk.phase(1), desk.phase(2)]).toEqual(["filled", "cancelled"]);
  });

  it("of a halted symbol is not filled: there is no auction", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "MOC" });
    desk.broker.halt("SPY");
    atClose(desk, 101.5);
    expect([desk.fills(), desk.phase(1)]).toEqual([[], "cancelled"]);
  });

  it("is taken until ten minutes before the close, and after it for the next one", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "MOC" }, close - 599);
    expect([desk.codes(), desk.phase(1)]).toEqual([[201], undefined]);
    desk.place(1, { orderType: "MOC" }, close - 601);
    expect([desk.codes(), desk.phase(1)]).toEqual([[], "waiting-close"]);
    desk.effects = desk.broker.advanceTo(close);
    desk.place(2, { orderType: "MOC" }, close + 60);
    expect(desk.phase(2)).toBe("waiting-close");
    desk.quote(quote(105, 105.02, { last: 105 }), instantOf("2025-10-08", "15:59"));
    desk.effects = desk.broker.advanceTo(instantOf("2025-10-08", "16:00"));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 105 }]);
  });
});

describe("an immediate order", () => {
  it("is cancelled at once where nothing trades: in a halt, and without a quote", () => {
    const desk = deskAt();
    desk.broker.halt("SPY");
    desk.place(1, { timeInForce: "IOC" });
    expect([desk.codes(), desk.phase(1)]).toEqual([[202], "cancelled"]);
    const blind = new Desk();
    blind.place(1, { timeInForce: "IOC", orderType: "LMT", limitPrice: 100 });
    expect([blind.codes(), blind.phase(1)]).toEqual([[202], "cancelled"]);
  });
});

describe("orders that cannot be", () => {
  it.each([
    ["a trail without a distance", { orderType: "TRAIL" }, 321],
    ["a trail with two distances", { orderType: "TRAIL", auxPrice: 1, trailingPercent: 1 }, 321],
    ["a trail of a hundred per cent", { orderType: "TRAIL", trailingPercent: 100 }, 321],
    ["a trail off the tick", { orderType: "TRAIL", auxPrice: 0.125 }, 110],
    ["a trailing limit without its offset", { orderType: "TRAIL LIMIT", auxPrice: 1 }, 321],
    ["an order on the close that is good till cancelled", { orderType: "MOC", timeInForce: "GTC" }, 321],
    ["an order on the close that does not wait", { orderType: "LOC", limitPrice: 100, timeInForce: "IOC" }, 321],
    ["a limit on the close without its limit", { orderType: "LOC" }, 321],
  ])("are refused: %s", (_what, change, code) => {
    const desk = deskAt();
    desk.place(1, change);
    expect([desk.codes(), desk.broker.liveOrders]).toEqual([[code], []]);
  });

  it("lose what their type has no use for, with warning 2109", () => {
    const desk = deskAt();
    desk.place(1, { outsideRth: true });
    expect(desk.codes()).toEqual([2109]);
    expect(desk.phase(1)).toBe("filled");
  });
});

describe("a one-cancels-all group", () => {
  const group = (ocaType: number) => ({ ocaGroup: "either", ocaType });
  const leaves = (desk: Desk, orderId: number) => {
    const order = desk.broker.liveOrders.find((live) => live.orderId === orderId);
    return order === undefined ? undefined : order.terms.totalQuantity - order.filled;
  };
  /** A purchase of 100 at 99 and a sale of 40 at 101, tied together; then 50 of the hundred are filled. */
  const halfFilled = (ocaType: number) => {
    const desk = deskAt();
    desk.place(1, { orderType: "LMT", limitPrice: 99, ...group(ocaType) });
    desk.place(2, { action: "SELL", orderType: "LMT", limitPrice: 101, totalQuantity: 40, ...group(ocaType) });
    desk.quote(quote(98.98, 99, { askSize: 50, last: 99 }));
    return desk;
  };

  it("of type 1 is cancelled by the first fill, also a partial one", () => {
    const desk = halfFilled(1);
    expect([leaves(desk, 1), desk.phase(2)]).toEqual([50, "cancelled"]);
    expect(desk.codes()).toEqual([202]);
  });

  it.each([2, 3])("of type %i is reduced in proportion, and cancelled by the whole fill", (ocaType) => {
    const desk = halfFilled(ocaType);
    expect([leaves(desk, 1), leaves(desk, 2)]).toEqual([50, 20]);
    desk.quote(quote(98.98, 99));
    expect([desk.phase(1), desk.phase(2)]).toEqual(["filled", "cancelled"]);
  });

  it("lets one order go when that is cancelled by hand", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "LMT", limitPrice: 99, ...group(1) });
    desk.place(2, { action: "SELL", orderType: "LMT", limitPrice: 101, ...group(1) });
    desk.cancel(1);
    expect([desk.phase(1), desk.phase(2)]).toEqual(["cancelled", "working"]);
  });

  it("takes no more orders once one was filled", () => {
    const desk = deskAt();
    desk.place(1, group(1));
    desk.place(2, group(1));
    expect(desk.codes()).toEqual([201]);
    expect(desk.fills()).toEqual([]);
  });

  it("fills one of its orders alone, at the close as well", () => {
    const desk = deskAt();
    desk.place(1, { orderType: "MOC", ...group(1) });
    desk.place(2, { orderType: "MOC", ...group(1) });
    desk.quote(quote(99.99, 100.01), noon);
    desk.effects = desk.broker.advanceTo(close);
    expect(desk.fills()).toHaveLength(1);
    expect([desk.phase(1), desk.phase(2)]).toEqual(["filled", "cancelled"]);
  });
});
