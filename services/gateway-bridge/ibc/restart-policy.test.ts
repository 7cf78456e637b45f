import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IbcFact } from "#libs/contracts/mod.ts";
import { epochMsOf, tradingDayOf } from "#libs/time/mod.ts";
import { answeredFact, askedFact } from "./facts.ts";
import { decideRestart, SETTLE_MS, type Silence, WEDGED_AFTER_SILENCES } from "./restart-policy.ts";

const RESTART = { restartAt: "16:30", windowMinutes: 10, freezeSeconds: 30 };
const DAY = "2026-03-10";
const silence = (time: string, change: Partial<Silence> = {}): Silence => {
  const ms = epochMsOf(DAY, time);
  return { times: WEDGED_AFTER_SILENCES, marketMs: ms, wallMs: ms, ...change };
};
const fact = (change: Partial<IbcFact> = {}): IbcFact => ({
  command: "RESTART",
  requestedBy: "bridge",
  outcome: "done",
  detail: "",
  day: DAY,
  restartsByBridge: 1,
  lastRestartAt: epochMsOf(DAY, "09:00"),
  ...change,
});

describe("a gateway that takes connections and answers nothing", () => {
  it("is restarted after three of them", () => {
    expect(decideRestart(silence("10:30", { times: 2 }), null, 2, RESTART)).toMatchObject({ because: "too-early" });
    expect(decideRestart(silence("10:30"), null, 2, RESTART)).toEqual({ restart: true, restartsByBridge: 1 });
  });

  it("is restarted at most as often a New York day as the setting allows", () => {
    expect(decideRestart(silence("10:30"), fact(), 2, RESTART)).toEqual({ restart: true, restartsByBridge: 2 });
    expect(decideRestart(silence("10:30"), fact({ restartsByBridge: 2 }), 2, RESTART)).toMatchObject({
      because: "limit",
    });
    const yesterday = fact({ day: "2026-03-09", restartsByBridge: 2, lastRestartAt: epochMsOf("2026-03-09", "15:00") });
    expect(decideRestart(silence("00:05"), yesterday, 2, RESTART)).toEqual({ restart: true, restartsByBridge: 1 });
  });

  it("is left to the operator when the setting says so", () => {
    expect(decideRestart(silence("10:30"), null, 0, RESTART)).toMatchObject({ because: "off" });
  });

  it.each(["asked", "refused", "unanswered", "unreachable"] as const)(
    "counts a restart whose outcome is %s",
    (outcome) => {
      expect(decideRestart(silence("10:30"), fact({ outcome }), 1, RESTART)).toMatchObject({ because: "limit" });
    },
  );

  it("is given time to come back from a restart that was asked for, by whomever", () => {
    const byOperator = fact({ requestedBy: "operator", restartsByBridge: 0, lastRestartAt: epochMsOf(DAY, "10:25") });
    expect(decideRestart(silence("10:34:59"), byOperator, 2, RESTART)).toMatchObject({ because: "settling" });
    expect(decideRestart(silence("10:35"), byOperator, 2, RESTART)).toEqual({ restart: true, restartsByBridge: 1 });
  });

  it("is not kept waiting by a clock that was set back", () => {
    const ahead = fact({ lastRestartAt: epochMsOf(DAY, "23:00") });
    expect(decideRestart(silence("10:30"), ahead, 2, RESTART)).toMatchObject({ restart: true });
  });

  it.each(["16:20", "16:29:59", "16:39:59"])("is in its daily restart at %s: nothing is added to that", (time) => {
    expect(decideRestart(silence(time), null, 2, RESTART)).toMatchObject({ because: "planned-window" });
  });

  it("is restarted when the window of the daily restart ended without it", () => {
    expect(decideRestart(silence("16:40"), null, 2, RESTART)).toMatchObject({ restart: true });
  });
});

describe("whatever happens in whatever order", () => {
  const MINUTE = 60_000;
  const step = fc.record({
    afterMs: fc.integer({ min: 1000, max: 5 * 3_600_000 }),
    what: fc.oneof(
      { weight: 5, arbitrary: fc.constant("silence" as const) },
      { weight: 1, arbitrary: fc.constant("operator-restart" as const) },
      { weight: 1, arbitrary: fc.constant("operator-reconnect" as const) },
    ),
    times: fc.integer({ min: 1, max: 6 }),
    /** The bridge is killed between asking and the answer: only the first fact is in the ledger. */
    killed: fc.boolean(),
    outcome: fc.constantFrom("done" as const, "refused" as const, "unanswered" as const, "unreachable" as const),
  });

  it("asks for at most so many restarts a New York day, apart from each other, and never in the daily window", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 4 }), (steps, perDayMax) => {
        let nowMs = epochMsOf("2026-03-06", "09:00");
        let newest: IbcFact | null = null;
        const restarts: { atMs: number; byBridge: boolean }[] = [];
        for (const { afterMs, what, times, killed, outcome } of steps) {
          nowMs += afterMs;
          const byBridge = what === "silence";
          if (byBridge && !decideRestart({ times, marketMs: nowMs, wallMs: nowMs }, newest, perDayMax, RESTART).restart)
            continue;
          const command = what === "operator-reconnect" ? "RECONNECTDATA" : "RESTART";
          const requestedBy = byBridge ? "bridge" : "operator";
          const asked = askedFact({ command, requestedBy, why: "", marketMs: nowMs, wallMs: nowMs }, newest);
          if (command === "RESTART") restarts.push({ atMs: nowMs, byBridge });
          newest = killed ? asked : answeredFact(asked, { outcome, detail: "" });
        }
        const perDay = Map.groupBy(
          restarts.filter(({ byBridge }) => byBridge),
          ({ atMs }) => tradingDayOf(atMs),
        );
        for (const ofDay of perDay.values()) expect(ofDay.length).toBeLessThanOrEqual(perDayMax);
        for (const [at, { atMs, byBridge }] of restarts.entries()) {
          const before = restarts[at - 1];
          if (!byBridge) continue;
          if (before !== undefined) expect(atMs - before.atMs).toBeGreaterThanOrEqual(SETTLE_MS);
          const awayMs = Math.abs(atMs - epochMsOf(tradingDayOf(atMs), "16:30"));
          expect(awayMs).toBeGreaterThanOrEqual(10 * MINUTE);
        }
      }),
      { numRuns: 500 },
    );
  });
});
