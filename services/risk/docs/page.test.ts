import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHECKS } from "../checks/table.ts";
import { riskChecksPage } from "./page.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("the deny codes", () => {
  it.each(CHECKS.map(({ code }) => code))("%s stands in the README and on the generated page", (code) => {
    expect(readme).toContain(`\`${code}\``);
    expect(riskChecksPage()).toContain(`\`${code}\``);
  });

  it("in the README are those that exist", () => {
    const table = readme.slice(readme.indexOf("## Why it denies"), readme.indexOf("`LEDGER_REFUSED`"));
    const told = [...table.matchAll(/`([A-Z_]{5,})`/g)].map(([, code]) => code);
    expect(told.toSorted()).toEqual(CHECKS.map(({ code }) => code).toSorted());
  });

  it("are in italics in the README where they stop exits too", () => {
    for (const { code, exitsExempt } of CHECKS) expect(readme.includes(`_\`${code}\`_`), code).toBe(!exitsExempt);
  });
});
