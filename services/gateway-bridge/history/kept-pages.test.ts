import { describe, expect, it } from "vitest";
import type { Bar } from "#libs/contracts/mod.ts";
import { KeptPages } from "./kept-pages.ts";

const MINUTE_MS = 60_000;
const page = (number: number) => ({
  symbol: "SPY",
  interval: "1m" as const,
  regularHoursOnly: false,
  fromMs: number * MINUTE_MS * 1000,
});
const barsOf = (number: number, count: number): Bar[] =>
  Array.from({ length: count }, (_, at) => ({
    symbol: "SPY",
    interval: "1m",
    startsAt: page(number).fromMs + at * MINUTE_MS,
    open: 500.01 + at,
    high: 501,
    low: 499.99,
    close: 500.5,
    volume: 1234.5 + at,
    ...(at % 2 === 0 ? { outsideRegularHours: true } : {}),
  }));

describe("the pages that are kept", () => {
  it("give every bar back as it was", () => {
    const kept = new KeptPages(1_000_000);
    kept.keep(page(1), barsOf(1, 390), 100);
    expect(kept.find(page(1), 100)).toEqual(barsOf(1, 390));
    expect(kept.find({ ...page(1), regularHoursOnly: true }, 100)).toBeUndefined();
  });

  it("answer only up to the moment they cover", () => {
    const kept = new KeptPages(1_000_000);
    kept.keep(page(1), barsOf(1, 3), 100);
    expect(kept.find(page(1), 101)).toBeUndefined();
    kept.keep(page(1), barsOf(1, 4), 200);
    expect(kept.find(page(1), 101)).toHaveLength(4);
  });

  it("take no more room when one page comes again and again, as after a reconnect", () => {
    const kept = new KeptPages(1_000_000);
    kept.keep(page(1), barsOf(1, 390), 100);
    const { bytes } = kept;
    for (let again = 0; again < 100; again += 1) kept.keep(page(1), barsOf(1, 390), 100 + again);
    expect(kept.bytes).toBe(bytes);
  });

  it("never take more than their bound, with bars or without, and the one wanted longest ago goes first", () => {
    const kept = new KeptPages(50_000);
    kept.keep(page(0), barsOf(0, 390), 100);
    for (let number = 1; number <= 300; number += 1) {
      kept.keep(page(number), barsOf(number, number % 3 === 0 ? 40 : 0), 100);
      expect(kept.find(page(0), 100)).toHaveLength(390);
      expect(kept.bytes).toBeLessThanOrEqual(50_000);
    }
    expect(kept.find(page(1), 100)).toBeUndefined();
    expect(kept.find(page(300), 100)).toBeDefined();
  });
});
