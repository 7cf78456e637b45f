import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addFilled, countOf, type DayTradeCount, type Filled, startTally } from "./tally.ts";

const filled = (key: string, signed: number): Filled => ({
  key,
  side: signed > 0 ? "buy" : "sell",
  quantity: Math.abs(signed),
});

/** Of orders filled at once. */
const count = (transactions: readonly number[], held = 0): DayTradeCount =>
  inParts(
    transactions.map((signed, index): [string, number] => [String(index), signed]),
    held,
  );

const inParts = (parts: readonly (readonly [string, number])[], held = 0): DayTradeCount =>
  countOf(parts.map(([key, signed]) => filled(key, signed)).reduce(addFilled, startTally(held)));

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

describe("day trades of orders that fill in parts", () => {
  it.each([
    [
      "a purchase in parts is one opening",
      0,
      [
        ["A", 5],
        ["A", 5],
        ["S", -10],
      ],
      1,
    ],
    [
      "also when something was sold between its parts",
      0,
      [
        ["A", 5],
        ["S", -5],
        ["A", 5],
        ["T", -5],
      ],
      1,
    ],
    [
      "what was held overnight is sold in parts, and nothing bought",
      20,
      [
        ["S", -15],
        ["S", -5],
      ],
      0,
    ],
    [
      "the rest of a sale that began before a new purchase is sold after it",
      20,
      [
        ["S", -15],
        ["B", 10],
        ["S", -5],
      ],
      1,
    ],
    [
      "its first part was not",
      20,
      [
        ["S", -15],
        ["B", 10],
      ],
      0,
    ],
    [
      "no order sells short what it sells later",
      4,
      [
        ["S", -3],
        ["B", 3],
        ["T", -1],
        ["S", -3],
      ],
      1,
    ],
  ] as const)("%s", (_, held, parts, expected) => {
    expect(inParts(parts, held)).toEqual({ byOpening: expected, byDirection: expected });
  });
});

/**
 * The same rules in another way: each share by itself, labelled with the order that opened it, today's before those
 * held overnight; then distinct orders closed, and turns from a new opening to a close in the day's story.
 */
function oracle(parts: readonly (readonly [string, number])[], held: number): DayTradeCount {
  let overnight = held;
  let today: { order: string; sign: number }[] = [];
  const opened = new Set<string>();
  const closed = new Set<string>();
  let story = "";
  for (const [order, signed] of parts) {
    const sign = Math.sign(signed);
    for (let share = 0; share < Math.abs(signed); share += 1) {
      const first = today[0];
      if (first !== undefined && first.sign !== sign) {
        today = today.slice(1);
        closed.add(first.order);
        story += "C";
      } else if (first === undefined && overnight !== 0 && Math.sign(overnight) !== sign) {
        overnight += sign;
      } else {
        today = [...today, { order, sign }];
        story += opened.has(order) ? "" : "O";
        opened.add(order);
      }
    }
  }
  return { byOpening: closed.size, byDirection: (story.match(/O+C+/g) ?? []).length };
}

describe("day trades against an independent count", () => {
  it("agrees for any day, whatever was held before, by both methods, however its orders fill", () => {
    const size = fc.integer({ min: -6, max: 6 }).filter((signed) => signed !== 0);
    const part = fc.tuple(fc.constantFrom("A", "B", "C", "D", "E", "F"), size);
    const day = fc.array(part, { maxLength: 14 });
    fc.assert(
      fc.property(day, fc.integer({ min: -8, max: 8 }), (parts, held) => {
        expect(inParts(parts, held)).toEqual(oracle(parts, held));
      }),
      { numRuns: 2000 },
    );
  });
});
