import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "crucible-pm2-"));
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

/** A program that uses the process manager and then has nothing more to do: does it end? */
async function run(body: string): Promise<{ code: number | null; output: string }> {
  const module = fileURLToPath(new URL("./process-manager.ts", import.meta.url));
  const program = `
    import { readFileSync } from "node:fs";
    const { openProcessManager, daemonRuns } = await import(${JSON.stringify(module)});
    const manager = await openProcessManager();
    const daemon = () => Number(readFileSync(process.env.PM2_HOME + "/pm2.pid", "utf8"));
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${body}
    console.log("runs", daemonRuns());`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, PM2_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const late = setTimeout(() => child.kill("SIGKILL"), 50_000);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(late);
  return { code, output };
}

describe("a program that ended the PM2 daemon", () => {
  it("ends itself", async () => {
    expect(await run("await manager.list(); await manager.killDaemon();")).toMatchObject({
      code: 0,
      output: "runs false\n",
    });
  });

  it("ends itself also when the daemon closed the connection first", async () => {
    // As a loaded machine does it: the daemon is gone before its client hears of it.
    const { code, output } = await run(`
      const pid = daemon();
      const killing = manager.killDaemon();
      await wait(20);
      // Where this process was held up for a moment, it has ended by itself.
      if (daemonRuns()) process.kill(pid, "SIGKILL");
      await killing;`);
    expect({ code, output }).toEqual({ code: 0, output: "runs false\n" });
  });

  it.runIf(process.platform === "linux")("ends itself also when nobody asks how the daemon ended", async () => {
    // As in a container without an init: the number of what has ended stays taken.
    const { code } = await run(`
      const { spawn } = await import("node:child_process");
      const { writeFileSync } = await import("node:fs");
      // It ends after the shell, which would have asked, has become a program that does not.
      const script = "sleep 1 & echo $!; exec sleep 30";
      const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
      const unasked = await new Promise((resolve) => parent.stdout.once("data", resolve));
      const state = () => readFileSync("/proc/" + String(unasked).trim() + "/stat", "utf8").split(" ")[2];
      while (state() !== "Z") await wait(50);
      await manager.list();
      writeFileSync(process.env.PM2_HOME + "/pm2.pid", String(unasked).trim());
      await manager.killDaemon();
      parent.kill();`);
    expect(code).toBe(0);
  });

  it("ends it also when its pid file is gone", async () => {
    const { code, output } = await run(`
      const pid = daemon();
      const { rmSync } = await import("node:fs");
      rmSync(process.env.PM2_HOME + "/pm2.pid");
      await manager.killDaemon();
      let there = true;
      try { process.kill(pid, 0); } catch { there = false; }
      console.log("there", there);`);
    expect({ code, output }).toEqual({ code: 0, output: "there false\nruns false\n" });
  });

  it("does not wait for an answer of a daemon that was killed", async () => {
    const { code } = await run('process.kill(daemon(), "SIGKILL"); await wait(300); await manager.killDaemon();');
    expect(code).toBe(0);
  }, 60_000);
});

it("works in another home after the first one is gone", async () => {
  const second = join(home, "second");
  const { code, output } = await run(`
    await manager.killDaemon();
    const { mkdirSync, rmSync } = await import("node:fs");
    rmSync(process.env.PM2_HOME, { recursive: true });
    process.env.PM2_HOME = ${JSON.stringify(second)};
    mkdirSync(process.env.PM2_HOME, { recursive: true });
    const other = await openProcessManager();
    const apps = await other.list();
    while (!daemonRuns()) await wait(10);
    console.log(apps.length, "apps");
    await other.killDaemon();`);
  expect({ code, output }).toEqual({ code: 0, output: "0 apps\nruns false\n" });
});
