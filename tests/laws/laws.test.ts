import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const project = new URL("../../", import.meta.url);

it("docs/laws.md names at least one test for each of the ten laws, and each named test is there", () => {
  const page = readFileSync(new URL("docs/laws.md", project), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \|.*$/gm)];
  expect(rows.map(([, law]) => Number(law))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const [row] of rows) {
    const tests = [...row.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, path]) => path ?? "");
    expect(tests.length, row).toBeGreaterThan(0);
    for (const path of tests) expect(existsSync(new URL(path, project)), path).toBe(true);
  }
});
