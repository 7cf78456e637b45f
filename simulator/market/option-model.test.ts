import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { impliedVolatility, optionFigures, smileVolatility, yearsBetween } from "./option-model.ts";

const inputs = fc.record({
  strike: fc.double({ min: 50, max: 200, noNaN: true }),
  underlyingPrice: fc.double({ min: 80, max: 120, noNaN: true }),
  years: fc.double({ min: 0.02, max: 2, noNaN: true }),
  volatility: fc.double({ min: 0.05, max: 1, noNaN: true }),
});

describe("the option model", () => {
  it("gives the textbook's price: 100 at 100, a year, 20 %, 4 %", () => {
    const { price, delta } = optionFigures({
      right: "C",
      strike: 100,
      underlyingPrice: 100,
      years: 1,
      volatility: 0.2,
    });
    expect(price).toBeCloseTo(9.925, 2);
    expect(delta).toBeCloseTo(0.618, 3);
  });

  it("keeps put-call parity, and signs", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const call = optionFigures({ ...given, right: "C" });
        const put = optionFigures({ ...given, right: "P" });
        const forward = given.underlyingPrice - given.strike * Math.exp(-0.04 * given.years);
        expect(call.price - put.price).toBeCloseTo(forward, 3);
        expect(call.delta - put.delta).toBeCloseTo(1, 5);
        expect(call.gamma).toBeGreaterThanOrEqual(0);
        expect(call.vega).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("finds the volatility a price came from, where the price depends on it", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { price, vega } = optionFigures({ ...given, right: "C" });
        fc.pre(vega > 0.01);
        expect(impliedVolatility({ ...given, right: "C" }, price)).toBeCloseTo(given.volatility, 3);
      }),
    );
  });

  it("finds none for a price that none has", () => {
    const given = { right: "C", strike: 100, underlyingPrice: 150, years: 0.5 } as const;
    expect(impliedVolatility(given, 10)).toBeUndefined();
  });

  it("makes what is below the money dearer than what is above, and never divides by no time", () => {
    expect(smileVolatility(90, 100, 0.01)).toBeGreaterThan(smileVolatility(110, 100, 0.01));
    expect(yearsBetween(1000, 1000)).toBeGreaterThan(0);
    expect(yearsBetween(1000, 0)).toBeGreaterThan(0);
  });
});
