import { expect, it } from "vitest";
import { KeptBars } from "./kept-bars.ts";

const bar = { startEpochS: 0, open: 1, high: 1, low: 1, close: 1, volume: 1, weightedAveragePrice: 1, tradeCount: 1 };

function counted(barsMax: number) {
  const kept = new KeptBars(barsMax);
  let made = 0;
  const ask = (symbol: string, date: string, bars = 1) =>
    kept.of(symbol, date, "day", () => {
      made += 1;
      return Array.from({ length: bars }, () => bar);
    });
  return { kept, ask, made: () => made };
}

it("makes the bars of a day once", () => {
  const { ask, made } = counted(10);
  expect(ask("SPY", "2025-10-06")).toBe(ask("SPY", "2025-10-06"));
  ask("SPY", "2025-10-07");
  ask("IBM", "2025-10-06");
  expect(made()).toBe(3);
});

it("has a bound in bars, of which a day without any takes one, and lets the least lately asked day go", () => {
  const { ask, made } = counted(5);
  ask("A", "1", 2);
  ask("B", "1", 2);
  ask("C", "1", 0);
  ask("A", "1", 2);
  ask("D", "1", 1);
  expect(made()).toBe(4);
  ask("A", "1", 2);
  ask("C", "1", 0);
  expect(made()).toBe(4);
  ask("B", "1", 2);
  expect(made()).toBe(5);
});

it("does not keep a day that is larger than the room, and keeps counting right", () => {
  const { ask, made } = counted(5);
  expect(ask("A", "1", 6)).toHaveLength(6);
  ask("A", "1", 6);
  expect(made()).toBe(2);
  ask("B", "1", 5);
  ask("B", "1", 5);
  expect(made()).toBe(3);
});

it("forgets a symbol", () => {
  const { kept, ask, made } = counted(10);
  ask("A", "1");
  ask("B", "1");
  kept.forget((symbol) => symbol === "A");
  ask("B", "1");
  ask("A", "1");
  expect(made()).toBe(3);
});
