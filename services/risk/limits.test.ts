import { describe, expect, it } from "vitest";
import { parseSettings } from "#libs/config/mod.ts";
import { type Gameplan, gameplanSchema } from "#libs/contracts/mod.ts";
import { limitsFrom, loosenedBy, tightened } from "./limits.ts";

const configured = limitsFrom(parseSettings({ SYMBOL_ALLOW_LIST: "SPY,IBM", SYMBOL_DENY_LIST: "TSLA" }));
const plan = (limits: object): Gameplan =>
  gameplanSchema.parse({
    tradingDay: "any",
    strategies: [{ strategy: "orb", symbols: ["SPY"], capitalUsd: 1, from: "09:30", until: "16:00" }],
    limits,
  });

/** Every limit that the gameplan's schema knows, half as wide and twice as wide as configured. */
const NUMBERS = Object.keys(gameplanSchema.shape.limits.unwrap().shape).filter(
  (name) => typeof configured[name as keyof typeof configured] === "number",
);

describe("a gameplan's limits", () => {
  it("are all limits of risk", () => {
    const others = Object.keys(gameplanSchema.shape.limits.unwrap().shape).filter((name) => !NUMBERS.includes(name));
    expect(others.toSorted()).toEqual(["allowedSymbols", "deniedSymbols", "shortSelling"]);
  });

  it.each(NUMBERS)("%s is tightened and never loosened", (name) => {
    const key = name as keyof typeof configured;
    const now = configured[key] as number;
    const [tighter, looser] = /^min|Window|Cushion/.test(name) ? [now * 2, now / 2] : [now / 2, now * 2];
    const of = (value: number) => ({ ...plan({}), limits: { [name]: value } }) as Gameplan;
    expect(tightened(configured, of(tighter))).toEqual({ ...configured, [name]: tighter });
    expect(loosenedBy(configured, of(tighter))).toEqual([]);
    expect(tightened(configured, of(looser))).toEqual(configured);
    expect(loosenedBy(configured, of(looser))).toEqual([`${name} ${looser} (in force: ${now})`]);
  });

  it("do not concern the clock: entries stop at five times the drift that is told, and never where none is", () => {
    expect(configured.maxClockDriftMs).toBe(10_000);
    expect(limitsFrom(parseSettings({ CLOCK_DRIFT_ALERT_MS: "0" })).maxClockDriftMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("judge the age of the account and of a question, and what is sent twice, by the settings", () => {
    const defaults = { maxAccountAgeMs: 90_000, maxIntentAgeMs: 10_000, duplicateWindowMs: 2000 };
    expect(configured).toMatchObject(defaults);
    const set = { MAX_ACCOUNT_AGE_MS: "60000", MAX_INTENT_AGE_MS: "5000", DUPLICATE_WINDOW_MS: "90000" };
    expect(limitsFrom(parseSettings(set))).toMatchObject({
      maxAccountAgeMs: 60_000,
      maxIntentAgeMs: 5000,
      duplicateWindowMs: 90_000,
    });
    // A strategy counts on it that a question older than ten seconds opens nothing.
    expect(() => parseSettings({ MAX_INTENT_AGE_MS: "10001" })).toThrow();
  });

  it("leave what they do not name as it is configured", () => {
    expect(tightened(configured, plan({}))).toEqual(configured);
    expect(loosenedBy(configured, plan({}))).toEqual([]);
  });

  it("switch short selling off, and never on", () => {
    const shorting = { ...configured, shortSelling: true };
    expect(tightened(shorting, plan({ shortSelling: false })).shortSelling).toBe(false);
    expect(tightened(configured, plan({ shortSelling: true })).shortSelling).toBe(false);
    expect(loosenedBy(configured, plan({ shortSelling: true }))).toEqual(["shortSelling true (in force: false)"]);
  });

  it("narrow the symbols: what both allow, and what either denies", () => {
    const both = plan({ allowedSymbols: ["IBM", "BAC"], deniedSymbols: ["GME"] });
    expect(tightened(configured, both).allowedSymbols).toEqual(new Set(["IBM"]));
    expect(tightened(configured, both).deniedSymbols).toEqual(new Set(["TSLA", "GME"]));
    expect(loosenedBy(configured, both)).toEqual(["allowedSymbols BAC (in force: SPY, IBM)"]);
    const any = { ...configured, allowedSymbols: null };
    expect(tightened(any, both).allowedSymbols).toEqual(new Set(["IBM", "BAC"]));
    expect(loosenedBy(any, both)).toEqual([]);
  });
});
