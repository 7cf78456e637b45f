import { expect, it } from "vitest";
import { intent, World } from "../testing/world.ts";
import { LATE_MS_MAX } from "./late-word.ts";

const market = { order: { type: "market" as const } };

/** Shares that an exit may close now, the broker's word not having stood for long. */
function sellable(world: World): number {
  world.change = { hasSettled: () => false };
  let shares = 0;
  while (shares < 500 && world.codes(intent({ side: "sell", quantity: shares + 1, ...market })).length === 0)
    shares += 1;
  return shares;
}

function approved(world: World, quantity: number): string {
  const wanted = intent({ quantity });
  expect(world.decide(wanted).outcome).toBe("approved");
  return wanted.clientOrderId;
}

it("a word that came before its execution has told what that execution passed: sold by hand after it, nothing is left", () => {
  const world = new World();
  const clientOrderId = approved(world, 60);
  world.position({ quantity: 60, difference: 60 });
  world.execution({ clientOrderId: clientOrderId as never, quantity: 60 });
  expect(sellable(world)).toBe(60);
  world.position({ quantity: 0, difference: -60 });
  expect(sellable(world)).toBe(0);
});

it("a word ahead of two executions has told what both passed", () => {
  const world = new World();
  const clientOrderId = approved(world, 60);
  world.position({ quantity: 60, difference: 60 });
  world.execution({ clientOrderId: clientOrderId as never, quantity: 20 });
  world.execution({ clientOrderId: clientOrderId as never, quantity: 40 });
  world.position({ quantity: 20, difference: -40 });
  expect(sellable(world)).toBe(20);
});

it("while shares sold by hand are missing, a word that our executions happen to have passed is not late", () => {
  const world = new World();
  const first = approved(world, 60);
  const second = approved(world, 30);
  world.execution({ clientOrderId: first as never, quantity: 60 });
  world.position({ quantity: 60, difference: 0 });
  world.position({ quantity: 30, difference: -30 });
  world.execution({ clientOrderId: second as never, quantity: 30 });
  world.position({ quantity: 60, difference: -30 });
  expect(sellable(world)).toBe(60);
});

it("what another's execution gives back of a holding taken over agrees with the broker's word only when it is counted", () => {
  const world = new World();
  world.position({ quantity: 60, difference: 60 });
  world.position({ quantity: 0, difference: 0 + 0 - 60 });
  world.execution({ quantity: 60 });
  expect(sellable(world)).toBe(0);
});

it("once the broker has said what our executions passed later, it does not say late what they passed before", () => {
  const world = new World();
  for (const quantity of [60, 30]) {
    const clientOrderId = approved(world, quantity);
    world.execution({ clientOrderId: clientOrderId as never, quantity });
  }
  world.position({ quantity: 60, difference: -30 });
  expect(sellable(world)).toBe(90);
  world.position({ quantity: 0, difference: -90 });
  expect(sellable(world)).toBe(0);
});

it("shares taken over that executions account for after all are not there twice, once the broker's word says so", () => {
  const world = new World();
  world.position({ quantity: 60, difference: 60 });
  world.execution({ clientOrderId: "of-a-lost-ledger" as never, quantity: 60 });
  expect(sellable(world)).toBe(120);
  world.position({ quantity: 60, difference: 0 });
  expect(sellable(world)).toBe(60);
});

it.each([
  { side: "buy", entry: "sell", sign: -1 },
  { side: "sell", entry: "buy", sign: 1 },
] as const)(
  "what may not be closed while the broker's word is doubted passes as an entry neither ($side)",
  ({ side, entry, sign }) => {
    const world = new World();
    world.limits = { ...world.limits, shortSelling: true };
    world.quote("SPY", 100, { shortable: "available" });
    world.trade(entry, 100);
    world.position({ quantity: sign * 100, difference: 0 });
    const exit = intent({ side, quantity: 60, ...market });
    expect(world.decide(exit).outcome).toBe("approved");
    // The position is told before the execution that made it, which then agrees with it.
    world.position({ quantity: sign * 40, difference: sign * -60 });
    world.quote("SPY", 100, { shortable: "available" });
    world.execution({ clientOrderId: exit.clientOrderId, side, quantity: 60 });
    world.event(exit.clientOrderId, "filled", { filledQuantity: 60 });
    world.change = { hasSettled: () => false };
    expect(world.closable()).toBe(0);
    expect(world.codes(intent({ side, quantity: 41, ...market }))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.wallMs += LATE_MS_MAX + 1;
    expect(world.codes(intent({ side, quantity: 40, ...market }))).toEqual([]);
  },
);

it.each([1000, 3_600_000])(
  "a machine clock that is set back by %i ms keeps nothing closed for as long (law 7)",
  (backMs) => {
    const world = new World();
    world.trade("buy", 100);
    world.position({ quantity: 100, difference: 0 });
    const exit = intent({ side: "sell", quantity: 60, ...market });
    world.decide(exit);
    world.position({ quantity: 40, difference: -60 });
    world.execution({ clientOrderId: exit.clientOrderId, side: "sell", quantity: 60 });
    world.event(exit.clientOrderId, "filled", { filledQuantity: 60 });
    world.position({ quantity: 40, difference: 0 });
    world.change = { hasSettled: () => false };
    world.wallMs -= backMs;
    world.wallMs += 2 * LATE_MS_MAX;
    expect(world.closable()).toBe(40);
  },
);

it("a word is not late because a machine clock was set back since our executions passed it", () => {
  const world = new World();
  world.trade("buy", 100);
  world.trade("sell", 60, market);
  world.position({ quantity: 40, difference: 0 });
  world.trade("buy", 60);
  world.wallMs -= 3_600_000;
  world.wallMs += 2 * LATE_MS_MAX;
  world.position({ quantity: 40, difference: -60 });
  expect(sellable(world)).toBe(40);
});

it("a purchase by hand is not taken for shares that were taken over and are sold, once the broker's word says so", () => {
  const world = new World();
  world.position({ quantity: 60, difference: 60 });
  // Accepted by the operator: from here on it is explained.
  world.position({ quantity: 60, difference: 0 });
  world.trade("sell", 60, market);
  world.position({ quantity: 0, difference: 0 });
  world.wallMs += 2 * LATE_MS_MAX;
  world.execution({ quantity: 60 });
  world.position({ quantity: 60, difference: 0 });
  expect(world.book.symbols.get("SPY")?.reported).toBeNull();
  expect(sellable(world)).toBe(60);
});

it("an exit in more executions than are remembered is sold once: what it has closed is counted from where it began", () => {
  const world = new World();
  world.limits = { ...world.limits, maxPositionFraction: 1 };
  world.trade("buy", 500);
  world.position({ quantity: 500, difference: 0 });
  world.wallMs += 2 * LATE_MS_MAX;
  // A hundred are sold by hand, whose executions are not told yet.
  world.position({ quantity: 400, difference: -100 });
  world.change = { hasSettled: () => false };
  const exit = intent({ side: "sell", quantity: 400, ...market });
  expect(world.decide(exit).outcome).toBe("approved");
  for (let sold = 0; sold < 400; sold += 1)
    world.execution({ clientOrderId: exit.clientOrderId, side: "sell", quantity: 1 });
  world.event(exit.clientOrderId, "filled", { filledQuantity: 400 });
  expect(world.closable()).toBe(0);
});
