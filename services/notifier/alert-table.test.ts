import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

it("the README's table has every alert code of this service, and no other", () => {
  const here = import.meta.dirname;
  const readme = readFileSync(join(here, "README.md"), "utf8");
  const documented = [...readme.matchAll(/^\| `([A-Z_]+)`\s*\|/gm)].map(([, code]) => code);
  const sources = globSync("**/*.ts", { cwd: here }).filter((file) => !/\.(test|fixture)\.ts$/.test(file));
  const raised = sources.flatMap((file) => {
    const source = readFileSync(join(here, file), "utf8");
    return [...source.matchAll(/(?<!readonly )(?:\bcode: |^export const [A-Z_]+ = )"([A-Z]+_[A-Z_]+)"/gm)].map(
      ([, code]) => code,
    );
  });
  expect([...documented].sort()).toEqual([...new Set(raised)].sort());
});
