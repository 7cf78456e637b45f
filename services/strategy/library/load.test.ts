import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Trial } from "#libs/strategy-kit/mod.ts";
import { createCalendar } from "#libs/time/mod.ts";
import { loadStrategy, strategyFiles } from "./load.ts";
import { resolveKitEverywhere } from "./resolve-kit.ts";

resolveKitEverywhere();

let library: string;
beforeEach(() => {
  library = mkdtempSync(join(tmpdir(), "crucible-library-"));
});
afterEach(() => rmSync(library, { recursive: true, force: true }));

const entry = (strategy: string, change: object = {}) => ({
  strategy,
  symbols: ["SPY"],
  capitalUsd: 1000,
  from: "09:30",
  until: "16:00",
  parameters: {},
  ...change,
});
const write = (name: string, source: string) => writeFileSync(join(library, name), source);
const strategy = (description: string) => `
import { defineStrategy, z } from "#libs/strategy-kit/mod.ts";
export default defineStrategy({
  name: "x",
  description: ${JSON.stringify(description)},
  parameters: z.strictObject({ k: z.number().max(3).default(2) }),
  initial: (plan: { parameters: { k: number } }) => ({ k: plan.parameters.k }),
});`;

describe("the strategy library", () => {
  it("gives a strategy by its name or its file, with the parameters' defaults filled in", async () => {
    write("one.ts", strategy("first"));
    mkdirSync(join(library, "more"));
    write("more/two.ts", strategy("second"));
    expect(await loadStrategy(library, entry("one"))).toMatchObject({ parameters: { k: 2 }, file: "one.ts" });
    const named = await loadStrategy(library, entry("any-name", { file: "more/two", parameters: { k: 3 } }));
    expect(named).toMatchObject({ parameters: { k: 3 }, definition: { description: "second" } });
    expect(await strategyFiles(library)).toEqual(["more/two", "one"]);
  });

  it("names what it holds when a strategy is not there", async () => {
    write("one.ts", strategy(""));
    write("one.test.ts", "");
    await expect(loadStrategy(library, entry("two"))).rejects.toMatchObject({
      code: "STRATEGY_NOT_FOUND",
      message: expect.stringMatching(/no two\.ts .* It holds: one\. Correct/),
    });
    await expect(loadStrategy(join(library, "nowhere"), entry("two"))).rejects.toMatchObject({
      code: "STRATEGY_LIBRARY_UNREADABLE",
    });
  });

  it.each([
    ["throws when loaded", 'throw new Error("at the top");', /cannot be loaded: Error: at the top/],
    ["does not parse", "export default {", /cannot be loaded/],
    ["has no default export", "export const strategy = 1;", /no strategy as its default export/],
    ["exports something else", "export default { name: 'x' };", /no strategy as its default export/],
  ])("refuses a file that %s", async (_what, source, message) => {
    write("bad.ts", source);
    await expect(loadStrategy(library, entry("bad"))).rejects.toMatchObject({
      code: "STRATEGY_UNREADABLE",
      message: expect.stringMatching(message),
    });
  });

  it("refuses parameters that do not fit, and names them", async () => {
    write("one.ts", strategy(""));
    await expect(loadStrategy(library, entry("one", { parameters: { k: 4, j: 1 } }))).rejects.toMatchObject({
      code: "STRATEGY_PARAMETERS_INVALID",
      message: expect.stringMatching(/parameters\.k: .*; parameters: .*"j"/),
    });
  });

  it("loads a file anew when it has changed", async () => {
    write("one.ts", strategy("before"));
    const before = await loadStrategy(library, entry("one"));
    expect((await loadStrategy(library, entry("one"))).definition).toBe(before.definition);
    write("one.ts", strategy("after"));
    utimesSync(join(library, "one.ts"), 1, 2);
    expect((await loadStrategy(library, entry("one"))).definition.description).toBe("after");
  });

  it("loads the example of its README", async () => {
    const readme = readFileSync(join(import.meta.dirname, "..", "..", "..", "strategies", "README.md"), "utf8");
    write("buy-the-dip.ts", /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
    const { definition, parameters } = await loadStrategy(library, entry("buy-the-dip"));
    const session = createCalendar().sessionOn("2026-03-10");
    if (session === undefined) throw new Error("no session");
    const { openMs: fromMs, closeMs: untilMs } = session;
    const plan = { ...entry("buy-the-dip"), tradingDay: session.date, fromMs, untilMs, session, parameters };
    const bars = [100, 101, 99, 98.9, 101.5, 101.6, 101.6].map((close, minute) => ({
      symbol: "SPY",
      interval: "1m" as const,
      startsAt: fromMs + minute * 60_000,
      open: close,
      high: close,
      low: close,
      close,
      volume: 1,
    }));
    const trial = new Trial(definition, plan).replay(bars);
    expect(trial.intents.map((intent) => `${intent.side} ${intent.quantity}`)).toEqual(["buy 10", "sell 10"]);
    expect(trial.position("SPY").quantity).toBe(0);
  });
});
