import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, strategyNameSchema, symbolSchema } from "#libs/contracts/mod.ts";
import { lastOrderNumberOf, orderIdOf, ownerOf, shortNameOf } from "./mod.ts";

const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,39}$/).filter((name) => strategyNameSchema.safeParse(name).success);
const symbols = fc
  .stringMatching(/^[A-Z0-9][A-Z0-9 ./]{0,15}$/)
  .filter((symbol) => symbolSchema.safeParse(symbol).success);
const orders = fc.record({
  strategy: names,
  tradingDay: fc.constantFrom("2026-03-10", "2026-12-31"),
  symbol: symbols,
  number: fc.integer({ min: 1, max: 999_999 }),
});

describe("order ids", () => {
  it("are readable", () => {
    const order = { strategy: "opening-range-breakout", tradingDay: "2026-03-10", symbol: "BRK B", number: 7 };
    expect(orderIdOf(order)).toBe("opening-range-breakout-20260310-BRK_B-7");
    expect(orderIdOf({ ...order, leg: "sl" })).toBe("opening-range-breakout-20260310-BRK_B-7-sl");
  });

  it("are valid, and tell whose order it is, whatever the names", () => {
    fc.assert(
      fc.property(orders, fc.constantFrom(undefined, "sl" as const, "tp" as const), (order, leg) => {
        const id = orderIdOf(leg === undefined ? order : { ...order, leg });
        expect(clientOrderIdSchema.safeParse(id).success).toBe(true);
        expect(ownerOf(id)).toBe(shortNameOf(order.strategy));
        expect(lastOrderNumberOf(id)).toEqual({ day: order.tradingDay.replaceAll("-", ""), number: order.number });
      }),
    );
  });

  it("differ where the strategy, the day or the number differs", () => {
    fc.assert(
      fc.property(orders, orders, (a, b) => {
        fc.pre(a.strategy !== b.strategy || a.tradingDay !== b.tradingDay || a.number !== b.number);
        expect(orderIdOf(a)).not.toBe(orderIdOf(b));
      }),
    );
  });

  it("keep long names that begin alike apart", () => {
    const long = "opening-range-breakout-for-";
    expect(shortNameOf(`${long}morning`)).not.toBe(shortNameOf(`${long}afternoon`));
    expect(shortNameOf(`${long}morning`).length).toBeLessThanOrEqual(24);
  });

  it("of others belong to no strategy", () => {
    for (const id of ["manual-1", "flatten-SPY-1", "20260310-SPY-1"]) {
      expect(ownerOf(id)).toBeUndefined();
      expect(lastOrderNumberOf(id)).toBeUndefined();
    }
  });
});
