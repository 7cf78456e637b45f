import { describe, expect, it } from "vitest";
import { price, quantity } from "./arguments.ts";

describe("a number of the operator", () => {
  it("is taken as people write it", () => {
    expect(quantity("100")).toBe(100);
    expect(price("99.5")).toBe(99.5);
  });

  it.each(["0x10", "1e3", "", "-5", "0", "2.5", "99999999999"])(
    "%j is no quantity, and the largest is told",
    (text) => {
      expect(() => quantity(text)).toThrow("from 1 to 10,000,000");
    },
  );

  it.each(["0x10", "1e3", "", "-5", "0"])("%j is no price", (text) => {
    expect(() => price(text)).toThrow("above zero");
  });
});
