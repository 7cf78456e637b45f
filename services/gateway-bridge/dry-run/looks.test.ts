import { describe, expect, it } from "vitest";
import { type GatheredQuote, newQuote, type Trade } from "../market-data/quotes.ts";
import { lookAtQuote, lookAtTrade } from "./looks.ts";

const quoted = (bid: number | null, ask: number | null, size = 300): GatheredQuote => ({
  ...newQuote("SPY"),
  bid,
  ask,
  bidSize: size,
  askSize: size,
  last: 100,
});
const traded = (bid: number | null, ask: number | null): Trade => ({
  price: 94,
  size: 10,
  bid,
  ask,
  bidSize: 20,
  askSize: 20,
});

describe("a trade, as dry-run orders meet it", () => {
  it("has the worse of the quotes around it: bid, ask and trade are told in no certain order", () => {
    // The quote fell before the trade was told, and is up again; and it fell after the trade was told.
    const before = lookAtTrade(quoted(99.99, 100.01), traded(93.99, 94.01));
    const after = lookAtTrade(quoted(93.99, 94.01), traded(99.99, 100.01));
    expect(before).toMatchObject({ bid: 93.99, bidSize: 20, ask: 100.01, askSize: 300, last: 94 });
    expect(after).toMatchObject({ bid: 93.99, bidSize: 300, ask: 100.01, askSize: 20 });
    expect(before.trade).toEqual({ price: 94, size: 10 });
  });

  it("has the sizes of now while the quote stands, and no side that is gone", () => {
    expect(lookAtTrade(quoted(99.99, 100.01, 50), traded(99.99, 100.01))).toMatchObject({ bidSize: 50, askSize: 50 });
    expect(lookAtTrade(quoted(null, 100.01), traded(99.99, 100.01)).bid).toBeNull();
  });

  it("is no part of a quote", () => {
    expect(lookAtQuote(quoted(99.99, 100.01))).toMatchObject({ bid: 99.99, last: 100, trade: null, halted: false });
  });
});
