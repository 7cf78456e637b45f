import { expect, it } from "vitest";
import { BrokerWord, SETTLED_AFTER_MS } from "./broker-word.ts";
import { LATE_MS_MAX } from "./state/late-word.ts";
import { intent, World } from "./testing/world.ts";

const settlesAfterMs = (world: World): number => {
  const word = new BrokerWord();
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 250) {
    word.look(world.book, nowMs);
    if (word.hasSettled(world.book, "SPY", nowMs)) return nowMs;
  }
  return Number.POSITIVE_INFINITY;
};

it("goes by a word that differs when it has stood for five seconds", () => {
  const world = new World();
  world.trade("buy", 7);
  world.position({ quantity: 4, difference: -3 });
  expect(settlesAfterMs(world)).toBe(SETTLED_AFTER_MS);
});

it("goes by one from before our newest executions only when none comes so late: what was sold is not sold again", () => {
  const world = new World();
  world.trade("buy", 7);
  world.trade("sell", 7, { order: { type: "market" } });
  world.position({ quantity: 7, difference: 7 });
  expect(settlesAfterMs(world)).toBe(LATE_MS_MAX);
});

it("never goes by one with which our executions agree", () => {
  const world = new World();
  world.trade("buy", 7);
  world.position({ quantity: 7, difference: 0 });
  expect(settlesAfterMs(world)).toBe(Number.POSITIVE_INFINITY);
  expect(world.codes(intent({ side: "sell", quantity: 7, order: { type: "market" } }))).toEqual([]);
});

it("goes by no other word in the place of one that had stood, though nobody has looked since", () => {
  const world = new World();
  world.trade("buy", 50);
  world.position({ quantity: 100, difference: 50 });
  const word = new BrokerWord();
  word.look(world.book, 0);
  word.look(world.book, SETTLED_AFTER_MS);
  world.change = { hasSettled: (symbol) => word.hasSettled(world.book, symbol, SETTLED_AFTER_MS) };
  const sale = intent({ side: "sell", quantity: 60, order: { type: "market" } });
  expect(world.decide(sale).outcome).toBe("approved");
  world.execution({ clientOrderId: sale.clientOrderId, side: "sell", quantity: 60 });
  world.event(sale.clientOrderId, "filled", { filledQuantity: 60 });
  // The bridge tells the position it knows anew, since it differs by more now; the broker's word on the sale is to come.
  world.position({ quantity: 100, difference: 110 });
  expect(world.codes(intent({ side: "sell", quantity: 100, order: { type: "market" } }))).toContain("SHORT_SALE");
});
