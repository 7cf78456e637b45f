import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const HERE = import.meta.dirname;
const read = (file: string) => readFileSync(join(HERE, file), "utf8");

/** Cells of one column of the tables in a section of the README. */
function column(heading: string, index: number): string {
  const [, section = ""] = read("README.md").split(`\n${heading}\n`);
  const lines = (section.split(/\n#{2,3} /)[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) => line.split("|")[index + 1] ?? "").join("\n");
}

it("the README's tables have every alert code of this service, and no other", () => {
  const table = `${column("## Alerts", 0)}\n${column("### What IBC's log says", 1)}`;
  const documented = [...table.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code);
  const sources = globSync("**/*.ts", { cwd: HERE }).filter((file) => !/\.test\.ts$|(^|\/)testing\//.test(file));
  const raised = sources.flatMap((file) => {
    // Files of alerts name nothing else in capitals; elsewhere a code says that it is one.
    const pattern = /(^|\/)(alerts|meanings)\.ts$/.test(file)
      ? /"([A-Z]+(?:_[A-Z]+)+)"/g
      : /\bcode: "([A-Z]+(?:_[A-Z]+)+)"/g;
    return [...read(file).matchAll(pattern)].map(([, code]) => code);
  });
  expect(new Set(documented).size).toBe(documented.length);
  expect(documented.toSorted()).toEqual([...new Set(raised)].toSorted());
});
