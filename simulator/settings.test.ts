import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseSettings, settingFlags } from "./settings.ts";

function problemsOf(raw: Record<string, string>): readonly string[] {
  const result = parseSettings(raw);
  return result.ok ? [] : result.problems;
}

describe("settings", () => {
  it("all have a default", () => {
    expect(parseSettings({})).toMatchObject({ ok: true, settings: { port: 4002, speed: 1, hold: false, seed: 1 } });
  });

  it("take an empty variable as not given", () => {
    expect(parseSettings({ port: "", data: "", restartAt: "" })).toMatchObject({ ok: true, settings: { port: 4002 } });
  });

  it("read symbols with a space and with a price", () => {
    expect(parseSettings({ symbols: "SPY, BRK B=460.5" })).toMatchObject({
      settings: { symbols: [{ symbol: "SPY" }, { symbol: "BRK B", startPrice: 460.5 }] },
    });
  });

  it("read day trades: unlimited, absent, or up to five counts", () => {
    expect(parseSettings({ dayTradesRemaining: "-1" })).toMatchObject({
      settings: { dayTradesRemaining: [-1, -1, -1, -1, -1] },
    });
    expect(parseSettings({ dayTradesRemaining: "absent" })).toMatchObject({
      settings: { dayTradesRemaining: "absent" },
    });
    expect(parseSettings({ dayTradesRemaining: "0,0,1,2,3" })).toMatchObject({
      settings: { dayTradesRemaining: [0, 0, 1, 2, 3] },
    });
  });

  it.each([
    ["port", "70000", "--port (SIM_PORT)"],
    ["date", "2013-02-30", "--date (SIM_DATE)"],
    ["startTime", "25:00", "--start-time (SIM_START_TIME)"],
    ["speed", "0", "--speed (SIM_SPEED)"],
    ["hold", "maybe", "--hold (SIM_HOLD)"],
    ["seed", "1.5", "--seed (SIM_SEED)"],
    ["symbols", "spy", "--symbols (SIM_SYMBOLS)"],
    ["symbols", "SPY=-1", "--symbols (SIM_SYMBOLS)"],
    ["account", "x", "--account (SIM_ACCOUNT)"],
    ["equityUsd", "lots", "--equity-usd (SIM_EQUITY_USD)"],
    ["dayTradesRemaining", "3;3", "--day-trades-remaining (SIM_DAY_TRADES_REMAINING)"],
    ["restartAt", "4pm", "--restart-at (SIM_RESTART_AT)"],
    ["serverVersionMax", "201", "--server-version-max (SIM_SERVER_VERSION_MAX)"],
  ])("refuse %s = %s, naming flag, variable, value and fix", (key, value, named) => {
    const [problem, ...others] = problemsOf({ [key]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`${named} is "${value}": give`);
  });

  it("report every wrong field at once", () => {
    expect(problemsOf({ port: "x", speed: "y" })).toHaveLength(2);
  });

  it("are all in the README's table, with their defaults", () => {
    const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8");
    for (const { flag, env, fallback } of settingFlags) {
      const row = readme.split("\n").find((line) => line.includes(`\`${env}\``)) ?? "";
      expect(row, env).toContain(flag.split(" ")[0]);
      expect(row, env).toContain(fallback === undefined ? "none" : `\`${fallback}\``);
    }
  });
});
