import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const CUSTODIAN = fileURLToPath(new URL("./custodian.ts", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crucible-custodian-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A process that has its folder looked after, and leaves a detached one behind whose pid file is in it. */
const OWNER = `
  import { spawn } from "node:child_process";
  import { writeFileSync } from "node:fs";
  const { haveCleanedUp } = await import(process.argv[1]);
  const folder = process.argv[2];
  const release = haveCleanedUp(folder);
  const left = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", folder], { detached: true, stdio: "ignore" });
  writeFileSync(folder + "/nats-server.pid", String(left.pid));
  console.log("ready");
  if (process.argv[3] === "release") { await release(); process.exit(0); }
  setInterval(() => {}, 1000);
`;

async function own(...extra: string[]) {
  const args = ["--input-type=module", "-e", OWNER, CUSTODIAN, folder, ...extra];
  const owner = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => owner.stdout.once("data", resolve));
  return { owner, left: Number(readFileSync(join(folder, "nats-server.pid"), "utf8")) };
}

const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const until = async (condition: () => boolean) => {
  for (let waited = 0; waited < 10_000 && !condition(); waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

it("ends what runs from the folder, and removes it, when its owner is killed with kill -9", async () => {
  const { owner, left } = await own();
  expect(runs(left)).toBe(true);
  owner.kill("SIGKILL");
  await until(() => !runs(left) && !existsSync(folder));
  expect(runs(left)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

it("touches nothing once it is released", async () => {
  const { owner, left } = await own("release");
  await new Promise((resolve) => owner.once("exit", resolve));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(existsSync(folder)).toBe(true);
  expect(runs(left)).toBe(true);
  process.kill(left, "SIGKILL");
});
