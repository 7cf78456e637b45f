import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../../tests/harness/bus.ts";

const CUSTODIAN = fileURLToPath(new URL("./custodian.ts", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crucible-custodian-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/**
 * A process that has its folder looked after, and leaves a detached one behind: with a pid file in the folder, or known
 * by a variable alone, as a PM2 daemon is that has just begun.
 */
const OWNER = `
  import { execFileSync } from "node:child_process";
  import { writeFileSync } from "node:fs";
  const { haveCleanedUp } = await import(process.argv[1]);
  const [folder, known, then] = process.argv.slice(2);
  const { release, cleanUp } = haveCleanedUp(folder);
  const byFile = known === "by-file";
  const env = byFile ? process.env : { ...process.env, PM2_HOME: folder + "/pm2" };
  const args = ["-e", "setInterval(() => {}, 1000)", byFile ? folder : ""];
  // By way of another process, as a daemon of a test is none of the runner's children.
  const starter = \`console.log(require("node:child_process").spawn(process.execPath, \${JSON.stringify(args)}, { detached: true, stdio: "ignore" }).pid); process.exit()\`;
  const left = { pid: Number(execFileSync(process.execPath, ["-e", starter], { env })) };
  if (byFile) writeFileSync(folder + "/nats-server.pid", String(left.pid));
  console.log(left.pid);
  if (then === "release") { await release(); process.exit(0); }
  if (then === "clean-up") {
    const ended = await cleanUp();
    process.exit(ended.length === 1 && ended[0].includes("setInterval") ? 1 : 0);
  }
  setInterval(() => {}, 1000);
`;

async function own(known: "by-file" | "by-variable", then = "") {
  const args = ["--input-type=module", "-e", OWNER, CUSTODIAN, folder, known, then];
  const owner = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => owner.once("exit", resolve));
  const left = Number(String(await new Promise((resolve) => owner.stdout.once("data", resolve))));
  return { owner, left, ended };
}

const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Windows shows no process the variables of another. */
const WAYS = process.platform === "win32" ? (["by-file"] as const) : (["by-file", "by-variable"] as const);

it.each(WAYS)(
  "ends what runs from the folder, known %s, and removes it, when its owner is killed with kill -9",
  async (known) => {
    const { owner, left } = await own(known);
    expect(runs(left)).toBe(true);
    owner.kill("SIGKILL");
    await eventually("nothing runs, nothing lies there", () => !runs(left) && !existsSync(folder));
  },
);

it.each(WAYS)("does so at once when its owner asks, and says that something still ran, known %s", async (known) => {
  const { left, ended } = await own(known, "clean-up");
  expect(await ended).toBe(1);
  // Its number may stay taken for a moment: nobody but the system asks how it ended.
  await eventually("it is gone", () => !runs(left));
  expect(existsSync(folder)).toBe(false);
});

/** An owner whose own children come and go while it has everything cleaned up, as the workers of a runner do. */
const RESTLESS_OWNER = `
  import { spawn } from "node:child_process";
  const { haveCleanedUp } = await import(process.argv[1]);
  const { cleanUp } = haveCleanedUp(process.argv[2]);
  let over = false;
  const env = { ...process.env, PM2_HOME: process.argv[2] + "/pm2" };
  const again = () => over || spawn("sleep", ["0.02"], { env, stdio: "ignore" }).once("exit", () => setImmediate(again));
  for (let count = 0; count < 16; count += 1) again();
  const ended = await cleanUp();
  over = true;
  console.log(JSON.stringify(ended));
`;

// On Windows processes are not found by their environment, only by the file that names them.
it.skipIf(process.platform === "win32")(
  "says nothing of its owner's children, not even of one that just ends",
  async () => {
    const args = ["--input-type=module", "-e", RESTLESS_OWNER, CUSTODIAN, folder];
    const owner = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    expect(JSON.parse(String(await new Promise((resolve) => owner.stdout.once("data", resolve))))).toEqual([]);
  },
);

it("touches nothing once it is released", async () => {
  const { left, ended } = await own("by-file", "release");
  // The owner has waited for the end of its custodian.
  expect(await ended).toBe(0);
  expect(existsSync(folder)).toBe(true);
  expect(runs(left)).toBe(true);
  process.kill(left, "SIGKILL");
});
