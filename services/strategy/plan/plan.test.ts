import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { loadStrategy } from "../library/load.ts";
import { judgeDay } from "./judge-day.ts";
import { type GameplanFile, parseGameplan, readGameplan, stampOf } from "./read-gameplan.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crucible-plan-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = { strategy: "orb", symbols: ["SPY"], capitalUsd: 1000, from: "09:45", until: "15:30" };
const planFor = (tradingDay: string): GameplanFile =>
  parseGameplan(JSON.stringify({ tradingDay, strategies: [entry] }));

describe("a gameplan", () => {
  it.each([
    [{ ...entry, capitalUsd: -1 }, "strategies.0.capitalUsd: "],
    [{ ...entry, symbols: ["spy"] }, "strategies.0.symbols.0: a symbol is"],
    [{ ...entry, symbols: [] }, "strategies.0.symbols: "],
    [{ ...entry, from: "9:45" }, "strategies.0.from: a New York time of day"],
    [{ ...entry, until: "09:30" }, "strategies.0.until: must be later than from"],
    [{ ...entry, capital: 5 }, 'strategies.0: Unrecognized key: "capital"'],
    [{ ...entry, file: "../../etc/passwd" }, "strategies.0.file: "],
  ])("that is wrong is refused with the field: %o", (strategy, problem) => {
    const file = parseGameplan(JSON.stringify({ tradingDay: "any", strategies: [strategy] }));
    expect(file).toMatchObject({ kind: "invalid", problem: expect.stringContaining(problem) });
  });

  it("names every wrong field, one a line", () => {
    const file = parseGameplan(JSON.stringify({ tradingDay: "today", strategies: [{ ...entry, capitalUsd: "1" }] }));
    expect(file.kind === "invalid" && file.problem.split("\n")).toHaveLength(2);
  });

  it("is refused when two entries have one name, or more symbols than there are market data lines", () => {
    const many = (offset: number) => Array.from({ length: 40 }, (_, index) => `S${offset + index}`);
    const strategies = [0, 40, 80].map((offset) => ({ ...entry, strategy: `s${offset}`, symbols: many(offset) }));
    for (const list of [[entry, entry], strategies]) {
      expect(parseGameplan(JSON.stringify({ tradingDay: "any", strategies: list })).kind).toBe("invalid");
    }
  });

  it("is read from its file, missing, not JSON, a folder, or far too big", async () => {
    const path = join(folder, "plan.json");
    expect(await readGameplan(path)).toMatchObject({ kind: "missing" });
    expect(await stampOf(path)).toBeUndefined();
    expect(await readGameplan(folder)).toMatchObject({ kind: "invalid", problem: expect.stringContaining("EISDIR") });
    writeFileSync(path, "{ tradingDay: any }");
    expect(await readGameplan(path)).toMatchObject({ kind: "invalid", problem: expect.stringContaining("not JSON") });
    const stamp = await stampOf(path);
    writeFileSync(path, " ".repeat(1024 * 1024 + 1));
    expect(await readGameplan(path)).toMatchObject({ kind: "invalid", problem: expect.stringContaining("bytes") });
    expect(await stampOf(path)).not.toBe(stamp);
    writeFileSync(path, `\uFEFF${JSON.stringify({ tradingDay: "any", strategies: [entry] })}`);
    expect(await readGameplan(path)).toMatchObject({ kind: "plan" });
  });
});

describe("the gameplan of the day", () => {
  const calendar = createCalendar();
  const judge = (file: GameplanFile, day: string | undefined, time = "10:00") =>
    judgeDay(file, "plan.json", day === undefined ? undefined : epochMsOf(day, time), calendar);

  it("is traded on its day, and any day when it says so", () => {
    expect(judge(planFor("2026-03-10"), "2026-03-10")).toMatchObject({
      kind: "trade",
      session: { date: "2026-03-10" },
    });
    expect(judge(planFor("any"), "2026-11-27")).toMatchObject({ kind: "trade", session: { early: true } });
  });

  it("is nothing to worry about on a day without a session, nor before the market clock is known", () => {
    expect(judge(planFor("any"), "2026-03-14")).toMatchObject({ kind: "idle", lacking: false, alert: null });
    expect(judge(planFor("2026-03-13"), "2026-03-14")).toMatchObject({ kind: "idle", lacking: false, alert: null });
    expect(judge(planFor("any"), undefined)).toMatchObject({ kind: "idle", lacking: true, alert: null });
  });

  it.each([
    ["2026-03-09", "10:00", true, "GAMEPLAN_STALE"],
    ["2026-03-09", "04:00", true, "GAMEPLAN_STALE"],
    ["2026-03-09", "01:00", true, undefined],
    ["2026-03-11", "10:00", true, "GAMEPLAN_NOT_TODAY"],
    ["2026-03-11", "18:00", false, undefined],
  ])("for %s, on 2026-03-10 at %s, is idle; lacking: %s, alert: %s", (planned, time, lacking, code) => {
    const verdict = judge(planFor(planned), "2026-03-10", time);
    expect(verdict).toMatchObject({ kind: "idle", lacking });
    expect(verdict.kind === "idle" ? verdict.alert?.code : "none").toBe(code);
    if (verdict.kind === "idle" && verdict.alert) expect(verdict.alert.text).toContain('"tradingDay": "2026-03-10"');
  });

  it("is missed or invalid at any time", () => {
    expect(judge({ kind: "missing", problem: "" }, undefined)).toMatchObject({ alert: { code: "GAMEPLAN_MISSING" } });
    expect(judge(parseGameplan("["), "2026-03-14")).toMatchObject({ alert: { code: "GAMEPLAN_INVALID" } });
  });
});

describe("the gameplans that ship", () => {
  const project = join(import.meta.dirname, "..", "..", "..");

  it.each(["default", "demo"])(
    "%s.json is valid, and each of its strategies loads with its parameters",
    async (name) => {
      const file = await readGameplan(join(project, "gameplans", `${name}.json`));
      if (file.kind !== "plan") throw new Error(file.problem);
      for (const strategy of file.plan.strategies) {
        const loaded = await loadStrategy(join(project, "strategies"), strategy);
        expect(loaded.parameters).toMatchObject(strategy.parameters);
      }
    },
  );

  it("needs nothing of the demo for the real product", () => {
    expect(readFileSync(join(project, "gameplans", "default.json"), "utf8")).not.toContain("demo");
  });
});
