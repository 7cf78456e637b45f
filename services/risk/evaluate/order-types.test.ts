import { describe, expect, it } from "vitest";
import type { OrderType } from "#libs/contracts/mod.ts";
import { fingerprintOf } from "../state/orders.ts";
import { intent, World } from "../testing/world.ts";
import { worstPriceOf } from "./price.ts";

const trailing = (by: "amount" | "percent", size: number, initialStopPrice: number | null = null): OrderType => ({
  type: "trailing-stop",
  trail: by === "amount" ? { by, amount: size } : { by, percent: size },
  initialStopPrice,
});
const onClose: OrderType = { type: "market-on-close" };
const sell = (quantity: number, change = {}) => intent({ side: "sell", quantity, ...change });
const quote = new World().quotes.get("SPY");
if (quote?.ask == null) throw new Error("no quote");
const ask = quote.ask;

describe("what an order reserves", () => {
  it.each([
    [
      "a trailing buy: where its stop begins and 1 %, since it only comes down",
      "buy",
      trailing("amount", 5),
      (ask + 5) * 1.01,
    ],
    ["a trail in per cent", "buy", trailing("percent", 10), ask * 1.1 * 1.01],
    ["a stop that begins where it was told", "buy", trailing("amount", 5, 120), 120 * 1.01],
    ["a purchase on the close: 5 %, since the close is hours away", "buy", onClose, ask * 1.05],
    ["a limit on the close: its limit", "buy", { type: "limit-on-close", limitPrice: 99 }, 99],
  ] as const)("%s", (_what, side, order, worst) => {
    expect(worstPriceOf(order, side, quote)).toBeCloseTo(worst, 6);
  });

  it("is more for a sale whose stop rises with the market than for one at the market", () => {
    const market = worstPriceOf({ type: "market" }, "sell", quote) ?? 0;
    expect(worstPriceOf(trailing("amount", 1), "sell", quote)).toBeGreaterThan(market);
  });

  it("is not known for a trail without a market to begin at, and is with a stop of its own", () => {
    expect(worstPriceOf(trailing("amount", 1), "buy", undefined)).toBeNull();
    expect(worstPriceOf(onClose, "buy", undefined)).toBeNull();
    expect(worstPriceOf(trailing("amount", 1, 50), "buy", undefined)).toBeCloseTo(50.5, 6);
  });

  it("counts against the position limit, so that a wide trail is refused where a market order is not", () => {
    // 10,000 USD of 100,000: 95 shares at 101 pass, at 120 they do not.
    expect(new World().codes(intent({ quantity: 95, order: { type: "market" } }))).toEqual([]);
    expect(new World().codes(intent({ quantity: 95, order: trailing("amount", 20) }))).toEqual(["POSITION_LIMIT"]);
  });
});

describe("prices off the tick", () => {
  it.each([
    [trailing("amount", 0.125), "trailAmount=0.125"],
    [trailing("amount", 1, 99.001), "initialStopPrice=99.001"],
    [{ type: "limit-on-close", limitPrice: 99.001 }, "limitPrice=99.001"],
  ] as const)("are refused by name", (order, detail) => {
    const evaluation = new World().evaluate(intent({ order }));
    expect(evaluation.outcome === "denied" && evaluation.reasons).toMatchObject([
      { code: "PRICE_INVALID", detail: expect.stringContaining(detail) },
    ]);
  });
});

describe("exits that cancel one another", () => {
  const group = { oneCancelsAllGroup: "way-out" };
  const target = { ...group, order: { type: "limit", limitPrice: 110 } };

  function holding(): World {
    const world = new World();
    world.trade("buy", 90);
    return world;
  }

  it("are counted once: a trailing stop and a target may both be for all that is held", () => {
    const world = holding();
    expect(world.decide(sell(90, target)).outcome).toBe("approved");
    expect(world.codes(sell(90, { ...group, order: trailing("amount", 1) }))).toEqual([]);
  });

  it("also while the first is only reserved", () => {
    const world = holding();
    expect(world.reserve(sell(90, target)).outcome).toBe("approved");
    expect(world.codes(sell(90, { ...group, order: onClose }))).toEqual([]);
  });

  it("are not counted with an exit of another group, of none, or of yesterday's group of this name", () => {
    const world = holding();
    world.decide(sell(90, { ...target, timeInForce: "gtc" }));
    expect(world.codes(sell(90, { order: onClose }))).toContain("EXIT_EXCEEDS_POSITION");
    expect(world.codes(sell(90, { oneCancelsAllGroup: "other", order: onClose }))).toContain("EXIT_EXCEEDS_POSITION");
    world.setTime("2026-11-24", "10:00");
    expect(world.codes(sell(90, { ...group, order: onClose }))).toContain("EXIT_EXCEEDS_POSITION");
  });

  it("may not be for more than is held", () => {
    const world = holding();
    world.decide(sell(90, target));
    expect(world.codes(sell(91, { ...group, order: onClose }))).toContain("EXIT_EXCEEDS_POSITION");
  });
});

describe("trading outside regular hours", () => {
  const early = (change: object) => {
    const world = new World();
    world.setTime("2026-11-23", "08:00");
    return world.codes(intent(change));
  };

  it("is open to an entry with a limit that asks for it, and to no other", () => {
    const limit = { order: { type: "limit", limitPrice: 100 } };
    expect(early({ ...limit, outsideRegularHours: true })).not.toContain("SESSION_CLOSED");
    expect(early(limit)).toContain("SESSION_CLOSED");
    expect(early({ order: { type: "market" }, outsideRegularHours: true })).toContain("SESSION_CLOSED");
  });
});

describe("what an order id stands for", () => {
  it("differs by trail and by group", () => {
    const of = (change: object) => fingerprintOf(intent(change));
    expect(of({ order: trailing("amount", 1) })).not.toBe(of({ order: trailing("amount", 2) }));
    expect(of({ order: trailing("amount", 1) })).not.toBe(of({ order: trailing("percent", 1) }));
    expect(of({ oneCancelsAllGroup: "a" })).not.toBe(of({}));
  });
});
