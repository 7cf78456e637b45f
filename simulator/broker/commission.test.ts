import { describe, expect, it } from "vitest";
import { fixedCommission } from "./commission.ts";

describe("the fixed commission", () => {
  it.each([
    ["half a cent a share", 1000, 25_000, 5],
    ["one dollar at least", 100, 25_000, 1],
    ["one per cent of the value at most", 1000, 250, 2.5],
    ["the maximum before the minimum", 5, 10, 0.1],
  ])("is %s", (_what, shares, value, expected) => {
    expect(fixedCommission(shares, value)).toBeCloseTo(expected, 10);
  });
});
