import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT_DIR } from "../../deployment/pm2/apps.ts";

const read = (path: string) => readFileSync(join(PROJECT_DIR, path), "utf8");
const codesIn = (rows: string) => [...rows.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code ?? "");
const firstColumn = (page: string) => [...page.matchAll(/^\|([^|]+)\|/gm)].map(([, cell]) => cell ?? "").join();
const page = new Set(codesIn(firstColumn(read("docs/alerts.md"))));

it("docs/alerts.md says what to do at every alert that a service raises as critical", () => {
  const sources = globSync("services/**/*.ts", { cwd: PROJECT_DIR }).filter(
    (file) => !/\.test\.ts$|\.fixture\.ts$|\/(acceptance|testing)\//.test(file),
  );
  const critical = sources.flatMap((file) => {
    const source = read(file);
    const objects = [...source.matchAll(/severity: [^\n]*"critical"[^\n]*\n\s*code: ([^\n]+)/g)];
    const rows = [...source.matchAll(/("[A-Z_]+"),\n\s*"critical",/g)];
    return [...objects, ...rows].flatMap(([, code = ""]) => [...code.matchAll(/"([A-Z]+_[A-Z_]+)"/g)].map((m) => m[1]));
  });
  expect(new Set(critical).size).toBeGreaterThan(25);
  expect(critical.filter((code) => !page.has(code ?? ""))).toEqual([]);
});

it("docs/alerts.md names no alert that the READMEs of the services do not list", () => {
  const listed = new Set(
    globSync("services/*/README.md", { cwd: PROJECT_DIR }).flatMap((readme) => codesIn(read(readme))),
  );
  expect([...page].filter((code) => !listed.has(code))).toEqual([]);
});
