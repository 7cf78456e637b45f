import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Mode } from "#libs/contracts/mod.ts";

export interface RiskProcessOptions {
  readonly mode: Mode;
  readonly dataDir: string;
  readonly natsPort: number;
  readonly gameplanPath: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Risk as a process of its own, so that it can end as in a crash: between any two instructions. */
export class RiskProcess {
  readonly #child: ChildProcess;

  constructor({ mode, dataDir, natsPort, gameplanPath, env = {} }: RiskProcessOptions) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, "..", "main.ts")], {
      cwd: dataDir,
      env: {
        PATH: process.env.PATH,
        DATA_DIR: dataDir,
        NATS_PORT: String(natsPort),
        GAMEPLAN_PATH: gameplanPath,
        DRY_RUN: String(mode === "dry-run"),
        PAPER_TRADING: String(mode !== "live"),
        ...env,
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
  }

  /** kill -9. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}
