import { describe, expect, it } from "vitest";
import type { OrderTerms } from "../protocol/place-order.ts";
import { plainTerms } from "./plain-terms.ts";
import { refusalOfUnsupported } from "./unsupported-terms.ts";

describe("what would change how an order trades and is not simulated", () => {
  it.each<[string, Partial<OrderTerms>]>([
    ["allOrNone", { allOrNone: true }],
    ["minQty", { minQuantity: 5 }],
    ["hidden", { hidden: true }],
    ["displaySize", { displaySize: 100 }],
    ["discretionaryAmt", { discretionaryAmount: 0.05 }],
    ["blockOrder", { blockOrder: true }],
    ["sweepToFill", { sweepToFill: true }],
    ["includeOvernight", { includeOvernight: true }],
    ["cashQty", { cashQuantity: 500 }],
    ["goodAfterTime together with conditions", { goodAfterTime: "20251007 15:00:00", conditionCount: 1 }],
    ["algoStrategy", { unsupported: ["algoStrategy"] }],
  ])("is refused with its name: %s", (name, terms) => {
    expect(refusalOfUnsupported({ ...plainTerms, ...terms })).toEqual({
      code: 321,
      text: `Error validating request.-'bO' : cause - Order attribute not supported: ${name}`,
    });
  });

  it("is not what a client writes for nothing: zero", () => {
    const zeros = { displaySize: 0, minQuantity: 0, cashQuantity: 0, discretionaryAmount: 0 };
    expect(refusalOfUnsupported({ ...plainTerms, ...zeros })).toBeUndefined();
    expect(refusalOfUnsupported({ ...plainTerms, goodAfterTime: "20251007 15:00:00" })).toBeUndefined();
  });
});
