import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_DIR, pinnedNode } from "../../deployment/pm2/apps.ts";
import { claimPort } from "./port.ts";

export interface CliRun {
  readonly code: number | null;
  readonly output: string;
}

/** An installation of its own: `.env`, PM2 home, data folder and ports, for running the command line as a user would. */
export interface Installation {
  readonly folder: string;
  /** The settings of the next runs; everything else is the default. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  run(...args: string[]): Promise<CliRun>;
  /** The `pm2` command line, as an operator types it. */
  pm2(...args: string[]): Promise<CliRun>;
  readonly gatewayPort: number;
  /** Pid of the PM2 daemon. */
  daemonPid(): Promise<number>;
  /** Stops what was started and removes the folder. */
  remove(): Promise<void>;
}

export async function makeInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "crucible-cli-"));
  await mkdir(join(folder, "pm2"));
  const envFile = join(folder, "crucible.env");
  const own = {
    DATA_DIR: join(folder, "data"),
    NATS_PORT: String(await claimPort()),
    IBKR_PORT: String(await claimPort()),
  };
  const gatewayPort = Number(own.IBKR_PORT);
  const runScript = (script: string, args: readonly string[]) =>
    new Promise<CliRun>((resolve, reject) => {
      const child = spawn(pinnedNode(), [join(PROJECT_DIR, script), ...args], {
        cwd: PROJECT_DIR,
        env: {
          ...process.env,
          NO_COLOR: "1",
          CRUCIBLE_ENV_FILE: envFile,
          PM2_HOME: join(folder, "pm2"),
          PM2_DISCRETE_MODE: "true",
          PM2_DISABLE_VERSION_CHECK: "true",
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
  const run = (...args: string[]) => runScript("cli/main.ts", args);
  return {
    folder,
    gatewayPort,
    pm2: (...args) => runScript("node_modules/pm2/bin/pm2", args),
    daemonPid: async () => Number.parseInt(await readFile(join(folder, "pm2", "pm2.pid"), "utf8"), 10),
    async configure(settings) {
      const lines = Object.entries({ ...own, ...settings }).map(([key, value]) => `${key}=${value}`);
      await writeFile(envFile, `${lines.join("\n")}\n`);
    },
    run,
    async remove() {
      const stopped = await run("stop");
      await rm(folder, { recursive: true, force: true });
      // What still runs is ended with the run; the test that left it is to say so.
      if (stopped.code !== 0) throw new Error(`stop ended with ${stopped.code}: ${stopped.output}`);
    },
  };
}
