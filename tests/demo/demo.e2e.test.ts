import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PROJECT_DIR, pinnedNode } from "../../deployment/pm2/apps.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crucible-demo-test-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const play = (...args: string[]) =>
  new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(pinnedNode(), [join(PROJECT_DIR, "cli/demo/main.ts"), ...args], {
      env: { ...process.env, TMPDIR: folder, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });

it("plays the seeded day to its end, shows what it promises, and leaves nothing behind", {
  timeout: 300_000,
}, async () => {
  const json = join(folder, "day.json");
  const { code, output } = await play("--speed", "500", "--json", json);
  expect(output, output).not.toContain("MISSING");
  expect(code, output).toBe(0);
  expect(output.includes("\u001b"), "plain lines when piped").toBe(false);
  expect(output).toMatch(/planned-restart/);
  expect(output).toMatch(/0 place-order messages among \d+/);
  const day = JSON.parse(await readFile(json, "utf8"));
  expect(day.framesAtGateway.PLACE_ORDER).toBeUndefined();
  expect(day.framesAtGateway.START_API).toBe(2);
  expect(day.failedStrategies).toEqual(["faulty"]);
  expect(Object.keys(day.denialsByCode).length).toBeGreaterThanOrEqual(4);
  expect(await readdir(folder)).toEqual(["day.json"]);
});

it("refuses a folder without that day, in a sentence", async () => {
  const { code, output } = await play("--data", folder, "--date", "2013-10-08");
  expect(code).toBe(2);
  expect(output).toContain("2013-10-08");
});
