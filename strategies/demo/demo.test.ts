import { describe, expect, it } from "vitest";
import { epochMsOf, type Plan, type StrategyDefinition, Trial } from "#libs/strategy-kit/mod.ts";
import { createCalendar } from "#libs/time/mod.ts";
import faulty from "./faulty.ts";
import limitProber from "./limit-prober.ts";

const DAY = "2026-03-10";
const at = (time: string) => epochMsOf(DAY, time);

function trialOf(definition: StrategyDefinition, parameters: object): Trial {
  const session = createCalendar().sessionOn(DAY);
  if (session === undefined) throw new Error("no session");
  const plan: Plan = {
    strategy: definition.name,
    tradingDay: DAY,
    symbols: ["BAC"],
    capitalUsd: 1000,
    fromMs: session.openMs,
    untilMs: session.closeMs,
    session,
    parameters: definition.parameters.parse(parameters),
  };
  return new Trial(definition, plan);
}

const barAt = (time: string) => ({
  symbol: "BAC",
  interval: "1m" as const,
  startsAt: at(time),
  open: 40,
  high: 40,
  low: 40,
  close: 40,
  volume: 1,
});

describe("the faulty strategy of the demo day", () => {
  it("works until its time and then throws", () => {
    const trial = trialOf(faulty, { failAt: "11:00" });
    trial.replay([barAt("10:57"), barAt("10:58")]);
    expect(trial.state).toEqual({ barsSeen: 2 });
    expect(() => trial.replay([barAt("10:59")])).toThrow(/fails on purpose/);
  });
});

describe("the limit prober of the demo day", () => {
  const probe = (time: string, side: "buy" | "sell", onlyIfHeld = false) => ({
    at: time,
    symbol: "BAC",
    side,
    quantity: 10,
    order: { type: "market" },
    onlyIfHeld,
    why: `${side} at ${time}`,
  });

  it("asks for each order of its schedule once, also when the clock jumps over it", () => {
    const trial = trialOf(limitProber, {
      probes: [probe("10:00", "buy"), probe("10:05", "sell", true), probe("10:10", "buy")],
    });
    const tick = (time: string) => trial.give({ type: "clock", marketTimeMs: at(time) }, at(time));
    tick("09:59");
    expect(trial.intents).toHaveLength(0);
    trial.replay([barAt("10:00"), barAt("10:01")]);
    tick("10:06");
    tick("10:30");
    tick("10:31");
    expect(trial.intents.map((intent) => intent.reason)).toEqual(["buy at 10:00", "sell at 10:05", "buy at 10:10"]);
    expect(trial.signals).toEqual(["probe", "probe", "probe"]);
  });

  it("leaves out the exit of an entry that was refused", () => {
    const trial = trialOf(limitProber, { probes: [probe("10:05", "sell", true)] });
    trial.give({ type: "clock", marketTimeMs: at("10:05") }, at("10:05"));
    expect(trial.intents).toEqual([]);
    expect(trial.signals).toEqual(["probe-skipped"]);
  });
});
