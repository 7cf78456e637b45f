import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PITFALLS } from "./pitfalls.ts";
import type { Row } from "./stage.ts";
import { SYMPTOMS } from "./symptoms.ts";
import { THEMES } from "./themes.ts";

/** tws.md 7.2, in its words. */
const ALL_SYMPTOMS = [
  "ECONNREFUSED",
  "TCP accepted, closed before version frame",
  "TCP accepted, no version frame",
  "version frame, no nextValidId/managedAccounts",
  "ready, but requests never answered",
  "ready, 1100 repeating beyond reset window",
  "reads OK, orders 321 read-only",
];

/** The themes of risk-rules.md 4 that concern the gateway, and the nightly reset of tws.md 7.1. */
const ALL_THEMES = [
  "restart or login fails silently",
  "order ids reused after a restart",
  "order in the restart window",
  "fills lost or doubled",
  "market data dies quietly",
  "rejection not seen",
  "clocks",
  "slow strategy",
  "nightly server reset",
];

/** The codes that "rejection not seen" names. */
const REJECTIONS = [103, 200, 201, 203, 320, 321, 326, 460, 10289, 10293];

const here = import.meta.dirname;
const tests = new Map(
  globSync("*.integration.test.ts", { cwd: here }).map((file) => [file, readFileSync(join(here, file), "utf8")]),
);
/** What a theme's block in a file of tests holds. */
const blocks = (theme: string) =>
  [...tests.values()].flatMap((source) =>
    source.split(/^describe\(/m).filter((block) => block.startsWith(`"${theme}"`)),
  );

const proved = (...tables: readonly (readonly Row[])[]) => new Set(tables.flat().flatMap(({ proves }) => proves));

describe("the acceptance tables", () => {
  it("have a row for each of the fifteen pitfalls of the client library", () => {
    const numbers = Array.from({ length: 15 }, (_, index) => `P${index + 1}`);
    expect(numbers.filter((number) => !proved(PITFALLS).has(number))).toEqual([]);
  });

  it("have a row for each symptom of a gateway that is up and no use", () => {
    expect(ALL_SYMPTOMS.filter((symptom) => !proved(SYMPTOMS, PITFALLS).has(symptom))).toEqual([]);
  });

  it("have a row, or a block of tests of that name, for each theme that concerns the gateway", () => {
    const rows = proved(THEMES, PITFALLS);
    expect(ALL_THEMES.filter((theme) => !rows.has(theme) && blocks(theme).length === 0)).toEqual([]);
  });

  it("provoke each rejection that the theme names", () => {
    const block = blocks("rejection not seen").join();
    expect(REJECTIONS.filter((code) => !new RegExp(`\\[\\s*${code},\\s+"|it\\("${code}[,:]`).test(block))).toEqual([]);
  });

  it("stand in the README, each file that plays one", () => {
    const readme = readFileSync(join(here, "README.md"), "utf8");
    const missing = [...tests.keys()].filter((file) => !readme.includes(file.replace(".integration.test.ts", "")));
    expect(missing).toEqual([]);
  });

  it("say what each row must show, each in words of its own", () => {
    const said = [...PITFALLS, ...SYMPTOMS, ...THEMES].map(({ says }) => says);
    expect(new Set(said).size).toBe(said.length);
  });
});
