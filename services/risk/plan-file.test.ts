import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PlanFile } from "./plan-file.ts";
import { PLAN } from "./testing/world.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-file-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("reads a gameplan as the strategies do, also one that begins with a byte order mark", async () => {
  const path = join(folder, "plan.json");
  await writeFile(path, `\uFEFF${JSON.stringify(PLAN)}`);
  const file = new PlanFile(path);
  expect(await file.refresh()).toBe(true);
  expect(file.view).toEqual({ known: true, plan: PLAN });
  expect(await file.refresh()).toBe(false);
});
