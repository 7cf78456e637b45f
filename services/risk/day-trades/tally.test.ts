import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addTransaction, startTally, type Transaction } from "./tally.ts";

const trade = (key: string, signed: number): Transaction => ({
  key,
  side: signed > 0 ? "buy" : "sell",
  quantity: Math.abs(signed),
});

const count = (transactions: readonly number[], held = 0) => {
  const { byOpening, byDirection } = transactions
    .map((signed, index) => trade(String(index), signed))
    .reduce(addTransaction, startTally(held));
  return { byOpening, byDirection };
};

describe("day trades, the published sequences (Regulatory Notice 21-13)", () => {
  it.each([
    ["buy 250, buy 250, sell 500", [250, 250, -500], 1],
    ["buy, sell, buy, sell", [10, -10, 10, -10], 2],
    ["buy 500, sell 100, sell 100, sell 300", [500, -100, -100, -300], 1],
    ["three buys, two sells", [10, 10, 10, -15, -15], 1],
    ["buy, buy, sell 1, buy 45, sell, sell", [10, 10, -1, 45, -32, -32], 2],
  ])("%s", (_, transactions, byDirection) => {
    expect(count(transactions).byDirection).toBe(byDirection);
  });

  it("counts two symbols apart: one round trip in each is two", () => {
    expect(count([10, -10]).byDirection + count([20, -20]).byDirection).toBe(2);
  });
});

describe("day trades, each opening closed the same day (Interpretation /01)", () => {
  it("buy 50, buy 50, sell 100 is two", () => {
    expect(count([50, 50, -100])).toEqual({ byOpening: 2, byDirection: 1 });
  });

  it("buy 500, sell 100, sell 100, sell 300 is one", () => {
    expect(count([500, -100, -100, -300]).byOpening).toBe(1);
  });
});

describe("day trades and what was held overnight", () => {
  it.each([
    ["a long held overnight and sold", 100, [-100], 0],
    ["a long held overnight, sold, then bought again and kept", 100, [-100, 100], 0],
    ["a long held overnight, sold, bought again and sold again", 100, [-100, 100, -100], 1],
    ["a long held overnight, added to, then sold", 100, [50, -100], 1],
    ["a short held overnight and covered", -100, [100], 0],
    ["a short held overnight, covered after a new short sale", -100, [-50, 150], 1],
    ["a short sold and covered the same day", 0, [-100, 100], 1],
    ["through flat and back: a long closed, a short opened and covered", 0, [100, -200, 100], 2],
  ])("%s", (_, held, transactions, expected) => {
    expect(count(transactions, held)).toEqual({ byOpening: expected, byDirection: expected });
  });
});

/**
 * The same rules in another way: each share by itself, labelled with the transaction that opened it, today's before
 * those held overnight; then distinct openings closed, and turns from O to C in the day's story.
 */
function oracle(transactions: readonly number[], held: number): { byOpening: number; byDirection: number } {
  let overnight = held;
  let today: { opening: number; sign: number }[] = [];
  const closedOpenings = new Set<number>();
  let story = "";
  transactions.forEach((signed, index) => {
    const sign = Math.sign(signed);
    for (let share = 0; share < Math.abs(signed); share += 1) {
      const first = today[0];
      if (first !== undefined && first.sign !== sign) {
        today = today.slice(1);
        closedOpenings.add(first.opening);
        story += "C";
      } else if (first === undefined && overnight !== 0 && Math.sign(overnight) !== sign) {
        overnight += sign;
      } else {
        today = [...today, { opening: index, sign }];
        story += "O";
      }
    }
  });
  return { byOpening: closedOpenings.size, byDirection: (story.match(/O+C+/g) ?? []).length };
}

describe("day trades against an independent count", () => {
  it("agrees for any day, whatever was held before, by both methods", () => {
    const size = fc.integer({ min: -6, max: 6 }).filter((signed) => signed !== 0);
    fc.assert(
      fc.property(fc.array(size, { maxLength: 14 }), fc.integer({ min: -8, max: 8 }), (transactions, held) => {
        expect(count(transactions, held)).toEqual(oracle(transactions, held));
      }),
      { numRuns: 2000 },
    );
  });
});
