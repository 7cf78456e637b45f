import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { eventually } from "../harness/bus.ts";
import { type Installation, makeInstallation } from "../harness/cli.ts";
import { claimPort } from "../harness/port.ts";

const TOKEN = "a-token-that-nobody-else-may-see";
const appsSchema = z.array(
  z.object({
    name: z.string(),
    pid: z.number(),
    pm2_env: z.object({ status: z.string(), axm_monitor: z.record(z.string(), z.object({ value: z.unknown() })) }),
  }),
);

describe("pm2, typed by hand", () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await makeInstallation();
    await installation.configure({
      SIMULATED_GATEWAY: "true",
      DISCORD_WEBHOOK_URL: `http://127.0.0.1:${await claimPort()}/api/webhooks/123456789/${TOKEN}`,
    });
  });
  afterAll(async () => {
    await installation.remove();
  });

  const apps = async () => {
    const { output } = await installation.pm2("jlist");
    return appsSchema.parse(JSON.parse(output.slice(output.indexOf("[{"))));
  };

  it("starts everything from ecosystem.config.js, streams included, also the first time", async () => {
    const { code, output } = await installation.pm2("start", "ecosystem.config.js");
    expect(output).not.toMatch(/error/i);
    expect(code).toBe(0);
    await eventually("gateway session, strategy and risk are well", async () => {
      const status = (await installation.run("status")).output;
      return ["gateway-bridge", "strategy", "risk"].every((app) => new RegExp(`^${app} .* ok`, "m").test(status));
    });
  });

  it("shows each service's figures", async () => {
    await eventually("figures", async () => {
      const figures = new Map((await apps()).map(({ name, pm2_env }) => [name, Object.keys(pm2_env.axm_monitor)]));
      return (
        ["session", "quotes/s", "open orders"].every((name) => figures.get("gateway-bridge")?.includes(name)) &&
        ["trading state", "day P&L"].every((name) => figures.get("risk")?.includes(name)) &&
        figures.get("strategy")?.includes("strategies") === true &&
        figures.get("notifier")?.includes("queue length") === true
      );
    });
    expect((await installation.pm2("describe", "risk")).output).toMatch(/trading state +│ active/);
  });

  // Linux shows the environment of a process; elsewhere there is nothing to look at.
  it.runIf(process.platform === "linux")("has the webhook in the environment of the notifier alone", async () => {
    const running = await apps();
    const pids = new Map([
      ...running.map(({ name, pid }) => [name, pid] as const),
      ["PM2", await installation.daemonPid()],
    ]);
    const holders: string[] = [];
    for (const [name, pid] of pids) {
      if ((await readFile(`/proc/${pid}/environ`, "utf8")).includes(TOKEN)) holders.push(name);
    }
    expect(pids.size).toBe(7);
    expect(holders).toEqual(["notifier"]);
  });

  it("has written the webhook into no log and no file of the store", async () => {
    const files = (await readdir(installation.folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    const holders: string[] = [];
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      if ((await readFile(path)).includes(TOKEN)) holders.push(file.name);
    }
    expect(holders).toEqual(["crucible.env"]);
  });
});
