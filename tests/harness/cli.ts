import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../deployment/nats/mod.ts";
import { PROJECT_DIR, pinnedNode } from "../../deployment/pm2/apps.ts";

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
  /** Stops what was started and removes the folder. */
  remove(): Promise<void>;
}

export async function makeInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "crucible-cli-"));
  await mkdir(join(folder, "pm2"));
  const envFile = join(folder, "crucible.env");
  const own = {
    DATA_DIR: join(folder, "data"),
    NATS_PORT: String(await freePort()),
    IBKR_PORT: String(await freePort()),
  };
  const run = (...args: string[]) =>
    new Promise<CliRun>((resolve, reject) => {
      const child = spawn(pinnedNode(), [join(PROJECT_DIR, "cli/main.ts"), ...args], {
        env: { ...process.env, NO_COLOR: "1", CRUCIBLE_ENV_FILE: envFile, PM2_HOME: join(folder, "pm2") },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
  return {
    folder,
    async configure(settings) {
      const lines = Object.entries({ ...own, ...settings }).map(([key, value]) => `${key}=${value}`);
      await writeFile(envFile, `${lines.join("\n")}\n`);
    },
    run,
    async remove() {
      await run("stop");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
