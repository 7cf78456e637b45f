import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CloseOut, clientOrderIdSchema, closeOutMessage, gatewayStatusMessage } from "#libs/contracts/mod.ts";
import { intent, READY, World } from "../testing/world.ts";
import { ATTEMPTS_MAX, type Step, wayOut } from "./steps.ts";
import { Tries } from "./tries.ts";

const RUNNING: CloseOut = {
  id: "close-1",
  scope: "explained",
  setBy: "operator",
  reason: "test",
  since: 0,
  status: "running",
  outcome: "",
};
const bracket = (id: string) => ({
  stopLoss: { clientOrderId: clientOrderIdSchema.parse(`${id}-stop`), stopPrice: 95 },
  takeProfit: { clientOrderId: clientOrderIdSchema.parse(`${id}-target`), limitPrice: 110 },
});
const look = (world: World, closeOut: CloseOut | null = RUNNING, tries = new Tries(), hasSettled = false) =>
  wayOut({ ...world.view(), hasSettled: () => hasSettled }, closeOut, tries, world.now());
const shown = (steps: readonly Step[]) =>
  steps.map((step) =>
    step.do === "cancel"
      ? `cancel ${step.clientOrderId}`
      : `${step.intent.side} ${step.intent.quantity} ${step.intent.symbol} as ${step.intent.clientOrderId}`,
  );
const resting = (world: World, change = {}) => {
  const wanted = intent({ quantity: 3, ...change });
  world.decide(wanted);
  return wanted.clientOrderId;
};

describe("while trading is not active", () => {
  it("cancels the entries that work, and leaves what protects a position", () => {
    const world = new World();
    const held = intent({ symbol: "SPY", quantity: 5, bracket: bracket("a") });
    world.decide(held);
    world.execution({ clientOrderId: held.clientOrderId, quantity: 5 });
    world.event(held.clientOrderId, "filled", { filledQuantity: 5 });
    const waiting = resting(world, { symbol: "IBM" });
    expect(look(world, null).steps).toEqual([]);
    for (const tradingState of ["reducing", "halted"] as const) {
      world.riskState({ tradingState });
      expect(shown(look(world, null).steps)).toEqual([`cancel ${waiting}`]);
    }
  });

  it("asks again for a cancel only after a pause", () => {
    const world = new World();
    const waiting = resting(world);
    world.riskState({ tradingState: "reducing" });
    const tries = new Tries();
    tries.note(waiting, world.monotonicMs);
    expect(look(world, null, tries).steps).toEqual([]);
    world.monotonicMs += 1000;
    expect(look(world, null, tries).steps).toHaveLength(1);
  });
});

describe("an entry that works until it is canceled, with the exits of its bracket", () => {
  const SMALL = { netLiquidation: 20_000, previousDayEquity: 20_000 };
  /** Three brackets of one share each filled of two, and closed the same day; the rest works on. */
  const threeOfYesterday = (used: number): { world: World; resting: readonly string[] } => {
    const world = new World(SMALL);
    const waiting = ["SPY", "IBM", "BAC"].map((symbol, index) => {
      const wanted = intent({ symbol, quantity: 2, timeInForce: "gtc", holdOvernight: true, bracket: bracket(symbol) });
      world.decide(wanted);
      const { clientOrderId } = wanted;
      if (index >= used) return clientOrderId;
      world.execution({ clientOrderId, symbol, quantity: 1 });
      const stop = clientOrderIdSchema.parse(`${symbol}-stop`);
      world.execution({ clientOrderId: stop, symbol, side: "sell", quantity: 1 });
      return clientOrderId;
    });
    return { world, resting: waiting };
  };

  it("is left alone on the day of its approval, which reserved its day trade", () => {
    const { world } = threeOfYesterday(3);
    expect(look(world, null).steps).toEqual([]);
  });

  it("is canceled on a later day that has no day trade left for it, the newest first", () => {
    const { world, resting } = threeOfYesterday(2);
    world.setTime("2026-11-24", "06:00");
    world.summary(SMALL);
    expect(look(world, null).steps).toMatchObject([
      { clientOrderId: resting[1], alert: { code: "DAY_TRADE_ENTRY_CANCELED" } },
      { clientOrderId: resting[2] },
    ]);
    world.event(resting[2] ?? "", "canceled");
    expect(shown(look(world, null).steps)).toEqual([`cancel ${resting[1]}`]);
    world.event(resting[1] ?? "", "canceled", { filledQuantity: 1 });
    expect(look(world, null).steps).toEqual([]);
  });

  it("is judged by the day's own window and account, not by those of the day before", () => {
    const world = new World(SMALL);
    const dayTrade = () => {
      world.execution({ symbol: "BAC", quantity: 1 });
      world.execution({ symbol: "BAC", side: "sell", quantity: 1 });
    };
    dayTrade();
    dayTrade();
    world.setTime("2026-11-30", "10:00");
    world.summary(SMALL);
    world.quote("SPY", 100);
    const waiting = resting(world, { symbol: "SPY", timeInForce: "gtc" });
    expect(world.book.orders.has(waiting)).toBe(true);
    dayTrade();
    // The first two leave the window at midnight, before the first word of the day on the account.
    world.setTime("2026-12-01", "00:01");
    expect(look(world, null).steps).toEqual([]);
    world.summary(SMALL);
    expect(look(world, null).steps).toEqual([]);
  });

  it("is judged half an hour before anything can trade: in the night the broker may still count for the day before", () => {
    const { world, resting } = threeOfYesterday(1);
    const at = (time: string, remaining: number) => {
      world.setTime("2026-11-24", time);
      world.summary({ ...SMALL, dayTradesRemaining: [remaining, 3, 3, 3, 3] });
      return shown(look(world, null).steps);
    };
    expect(at("00:01", 0)).toEqual([]);
    expect(at("03:29", 0)).toEqual([]);
    expect(at("03:30", 2)).toEqual([`cancel ${resting[2]}`]);
    expect(at("03:31", 0)).toHaveLength(3);
  });

  it("is left alone where day trades are not counted", () => {
    const { world } = threeOfYesterday(3);
    world.setTime("2026-11-24", "06:00");
    world.summary({ ...SMALL, previousDayEquity: 25_000 });
    expect(look(world, null).steps).toEqual([]);
  });
});

describe("a close-out", () => {
  it("closes what is held, long and short, with one market order a symbol", () => {
    const world = new World();
    world.trade("buy", 7);
    world.execution({ symbol: "IBM", side: "sell", quantity: 4 });
    expect(shown(look(world).steps)).toEqual(["sell 7 SPY as close-1-SPY-1", "buy 4 IBM as close-1-IBM-1"]);
  });

  it("cancels first: nothing is closed where an order still works, or its state is unknown", () => {
    const world = new World();
    const held = intent({ quantity: 5, bracket: bracket("a") });
    world.decide(held);
    world.execution({ clientOrderId: held.clientOrderId, quantity: 5 });
    world.event(held.clientOrderId, "filled", { filledQuantity: 5 });
    expect(shown(look(world).steps)).toEqual(["cancel a-stop", "cancel a-target"]);
    world.event("a-target", "canceled");
    world.event("a-stop", "unknown");
    expect(shown(look(world).steps)).toEqual(["cancel a-stop"]);
    world.event("a-stop", "canceled");
    expect(shown(look(world).steps)).toEqual(["sell 5 SPY as close-1-SPY-1"]);
  });

  it("waits for the executions of a stop that filled while it was being canceled", () => {
    const world = new World();
    const held = intent({ quantity: 5, bracket: bracket("a") });
    world.decide(held);
    world.execution({ clientOrderId: held.clientOrderId, quantity: 5 });
    world.event(held.clientOrderId, "filled", { filledQuantity: 5 });
    world.event("a-target", "canceled");
    world.event("a-stop", "filled", { filledQuantity: 5, side: "sell" });
    expect(look(world).steps).toEqual([]);
    world.execution({ clientOrderId: clientOrderIdSchema.parse("a-stop"), side: "sell", quantity: 5 });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map() });
  });

  it("sends no second closing order while the first is on its way, reserved or in the book", () => {
    const world = new World();
    world.trade("buy", 7);
    const [step] = look(world).steps;
    if (step?.do !== "close") throw new Error("no closing order");
    const evaluation = world.reserve(step.intent);
    expect(evaluation.outcome).toBe("approved");
    expect(look(world).steps).toEqual([]);
    if (evaluation.outcome === "approved") world.record(evaluation.approval);
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "closing"]]) });
  });

  it("tries again under the next id when a closing order ended unfilled, and closes what is left", () => {
    const world = new World();
    world.trade("buy", 7);
    const [step] = look(world).steps;
    if (step?.do !== "close") throw new Error("no closing order");
    world.decide(step.intent);
    world.execution({ clientOrderId: step.intent.clientOrderId, side: "sell", quantity: 3 });
    world.event(step.intent.clientOrderId, "canceled", { filledQuantity: 3 });
    expect(shown(look(world).steps)).toEqual(["sell 4 SPY as close-1-SPY-2"]);
  });

  it("keeps trying within limits", () => {
    const world = new World();
    world.trade("buy", 7);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const [step] = look(world).steps;
      if (step?.do !== "close") throw new Error(`no closing order ${attempt}`);
      world.decide(step.intent);
      world.event(step.intent.clientOrderId, "rejected");
    }
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "given-up"]]) });
  });

  it("leaves a position alone that our executions do not explain, unless the operator said everything", () => {
    const world = new World();
    world.position({ symbol: "BAC", quantity: 100, explained: false });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["BAC", "left-alone"]]) });
    expect(shown(look(world, { ...RUNNING, scope: "everything" }).steps)).toEqual(["sell 100 BAC as close-1-BAC-1"]);
  });

  it("waits for the gateway and for the open, and spends no attempt on either", () => {
    const world = new World();
    world.trade("buy", 7);
    world.feed(gatewayStatusMessage, { ...READY, state: "planned-restart", acceptsOrders: false });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "gateway-away"]]) });
    world.feed(gatewayStatusMessage, READY);
    world.setTime("2026-11-23", "17:00");
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "market-closed"]]) });
  });

  it("does not close once more what the broker's word still holds for a moment after the executions", () => {
    const world = new World();
    world.trade("buy", 7);
    const [step] = look(world).steps;
    if (step?.do !== "close") throw new Error("no closing order");
    const { clientOrderId } = step.intent;
    world.decide(step.intent);
    world.execution({ clientOrderId, side: "sell", quantity: 3 });
    world.execution({ clientOrderId, side: "sell", quantity: 4 });
    world.event(clientOrderId, "filled", { filledQuantity: 7, side: "sell" });
    // The position after the first execution comes when both are counted, and the one after the second later still.
    world.position({ quantity: 4 });
    for (const scope of ["explained", "everything"] as const)
      expect(look(world, { ...RUNNING, scope })).toEqual({ steps: [], hindrances: new Map([["SPY", "settling"]]) });
    world.position({ quantity: 0 });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map() });
  });

  it("takes the broker's word when it stands, and is not flat by a word that does not", () => {
    const world = new World();
    world.trade("buy", 7);
    world.position({ quantity: 0 });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "settling"]]) });
    world.position({ quantity: 4 });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "settling"]]) });
    expect(shown(look(world, RUNNING, new Tries(), true).steps)).toEqual(["sell 4 SPY as close-1-SPY-1"]);
  });

  it("leaves at work what protects a position that cannot be closed now, and cancels entries all the same", () => {
    const world = new World();
    const held = intent({ quantity: 5, bracket: bracket("a") });
    world.decide(held);
    world.execution({ clientOrderId: held.clientOrderId, quantity: 5 });
    world.event(held.clientOrderId, "filled", { filledQuantity: 5 });
    world.riskState({ tradingState: "halted" });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "trading-halted"]]) });
    world.riskState({ tradingState: "reducing" });
    world.feed(gatewayStatusMessage, { ...READY, state: "disconnected", acceptsOrders: false });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "gateway-away"]]) });
    world.feed(gatewayStatusMessage, READY);
    world.position({ quantity: 9, explained: false });
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "settling"]]) });
    const settled = look(world, RUNNING, new Tries(), true);
    expect(settled).toEqual({ steps: [], hindrances: new Map([["SPY", "left-alone"]]) });
    world.position({ quantity: 5 });
    world.riskState({ tradingState: "active" });
    const more = resting(world, { quantity: 1, order: { type: "limit", limitPrice: 90 } });
    world.riskState({ tradingState: "reducing" });
    world.setTime("2026-11-23", "17:00");
    expect(look(world)).toMatchObject({ hindrances: new Map([["SPY", "canceling"]]) });
    expect(shown(look(world).steps)).toEqual([`cancel ${more}`]);
    world.event(more, "canceled");
    expect(look(world)).toEqual({ steps: [], hindrances: new Map([["SPY", "market-closed"]]) });
    world.setTime("2026-11-24", "09:30");
    expect(shown(look(world).steps)).toEqual(["cancel a-stop", "cancel a-target"]);
  });

  it("says of a part of a share that no order can close it", () => {
    const world = new World();
    world.execution({ quantity: 0.4 });
    expect(look(world).hindrances).toEqual(new Map([["SPY", "part-of-a-share"]]));
  });

  it("does nothing once it is over", () => {
    const world = new World();
    world.trade("buy", 7);
    for (const status of ["flat", "given-up", "stopped"] as const)
      expect(look(world, { ...RUNNING, status }).steps).toEqual([]);
  });

  it("is read back from the ledger as it was, so that a kill changes nothing", () => {
    const world = new World();
    world.feed(closeOutMessage, RUNNING);
    expect(world.book.closeOut).toEqual(RUNNING);
    expect(world.replayed().closeOut).toEqual(RUNNING);
    world.feed(closeOutMessage, { ...RUNNING, status: "flat", outcome: "nothing is held" });
    expect(world.replayed().closeOut?.status).toBe("flat");
  });
});

describe("whatever the broker does", () => {
  const answer = fc.record({
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    end: fc.constantFrom("filled", "canceled", "rejected", "unknown" as const),
    late: fc.boolean(),
    restart: fc.boolean(),
    // The broker's position trails its executions by a message.
    trails: fc.boolean(),
  });

  it("ends flat and turns no position around, with a stop at work that may fill while it is being canceled", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        // Enough for every attempt there is: it ends flat or given up.
        fc.array(answer, { minLength: ATTEMPTS_MAX + 5, maxLength: ATTEMPTS_MAX + 5 }),
        (quantity, stopFilled, answers) => {
          const world = new World({ netLiquidation: 1_000_000, previousDayEquity: 1_000_000 });
          const entry = intent({ quantity, bracket: bracket("b") });
          expect(world.decide(entry).outcome).toBe("approved");
          world.execution({ clientOrderId: entry.clientOrderId, quantity });
          world.event(entry.clientOrderId, "filled", { filledQuantity: quantity });
          const filledByStop = Math.min(stopFilled, quantity);
          let held = quantity;
          const fill = (clientOrderId: string, shares: number) => {
            if (shares === 0) return;
            world.execution({
              clientOrderId: clientOrderIdSchema.parse(clientOrderId),
              side: "sell",
              quantity: shares,
            });
            held -= shares;
            expect(held).toBeGreaterThanOrEqual(0);
          };
          const sent = new Set<string>();
          for (const { part, end, late, restart, trails } of answers) {
            if (restart) world.book = world.replayed();
            world.position({ quantity: held });
            const before = held;
            for (const step of look(world).steps) {
              if (step.do === "cancel") {
                if (step.clientOrderId === "b-target") world.event("b-target", "canceled", { side: "sell" });
                else {
                  // The broker's word and the execution come in either order.
                  if (!late) fill("b-stop", filledByStop);
                  const status = filledByStop === quantity ? "filled" : "canceled";
                  world.event("b-stop", status, { filledQuantity: filledByStop, side: "sell" });
                  if (late) {
                    if (filledByStop > 0) expect(look(world).steps.filter((other) => other.do === "close")).toEqual([]);
                    fill("b-stop", filledByStop);
                  }
                }
                continue;
              }
              const { clientOrderId, quantity: shares } = step.intent;
              expect(sent.has(clientOrderId)).toBe(false);
              sent.add(clientOrderId);
              expect(shares).toBe(held);
              if (world.decide(step.intent).outcome === "denied") throw new Error("an exit was denied");
              if (end === "unknown") world.event(clientOrderId, "unknown", { side: "sell" });
              const filled = end === "filled" ? shares : end === "rejected" ? 0 : Math.floor(part * shares);
              fill(clientOrderId, filled);
              const settled = filled === shares ? "filled" : end === "rejected" ? "rejected" : "canceled";
              world.event(clientOrderId, settled, { filledQuantity: filled, side: "sell" });
              if (!trails || filled === 0) continue;
              world.position({ quantity: before });
              expect(look(world).steps).toEqual([]);
            }
          }
          const after = look(world);
          expect(after.steps).toEqual([]);
          if (held === 0) expect(after.hindrances.size).toBe(0);
          else expect(after.hindrances).toEqual(new Map([["SPY", "given-up"]]));
        },
      ),
    );
  });
});
