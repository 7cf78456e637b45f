import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSettings, type Settings } from "#libs/config/mod.ts";
import { gameplanSchema } from "#libs/contracts/mod.ts";
import { PROJECT_DIR } from "../../deployment/pm2/apps.ts";
import type { DemoOptions } from "./options.ts";

/** The folder and the settings of one demo: its own PM2 home, its own store, its own ports. */
export interface Stage {
  readonly folder: string;
  readonly settings: Settings;
  readonly frameLog: string;
  readonly controlPort: number;
  /** Removes the folder. */
  strike(): Promise<void>;
}

/** Sets the stage; nothing runs yet. Sets `PM2_HOME` of this process to the stage's own. */
export async function setStage(options: DemoOptions, discordWebhookUrl: string): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "crucible-demo-"));
  await mkdir(join(folder, "pm2"));
  process.env.PM2_HOME = join(folder, "pm2");
  const [natsPort, gatewayPort, controlPort] = await freePorts(3);
  const frameLog = join(folder, "frames.jsonl");
  const settings = parseSettings({
    DRY_RUN: "true",
    SIMULATED_GATEWAY: "true",
    MARKET_CLOCK_SPEED: String(options.speed),
    DATA_DIR: join(folder, "data"),
    NATS_PORT: String(natsPort),
    IBKR_PORT: String(gatewayPort),
    DISCORD_WEBHOOK_URL: discordWebhookUrl,
    GAMEPLAN_PATH: await gameplanPath(options, folder),
    STRATEGY_LIBRARY_PATH: join(PROJECT_DIR, "strategies"),
    // Below 25,000 USD the day-trade limit is in force, which the day is meant to show.
    DRY_RUN_EQUITY_USD: "24000",
    MAX_POSITION_PCT: "0.25",
    SIM_DATE: options.date,
    SIM_START_TIME: "09:28",
    SIM_HOLD: "true",
    SIM_SEED: String(options.seed),
    SIM_SYMBOLS: options.symbols.join(","),
    SIM_DATA: options.data ?? "",
    SIM_EQUITY_USD: "24000",
    SIM_DAY_TRADES_REMAINING: "3,3,3,3,3",
    SIM_FRAME_LOG: frameLog,
    SIM_CONTROL_PORT: String(controlPort),
  });
  return {
    folder,
    settings,
    frameLog,
    controlPort: controlPort ?? 0,
    strike: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The seeded day has its plan in the repository; a day from a folder is traded by the plain strategy alone. */
async function gameplanPath(options: DemoOptions, folder: string): Promise<string> {
  if (options.data === undefined) return join(PROJECT_DIR, "gameplans/demo.json");
  const plan = gameplanSchema.parse({
    tradingDay: options.date,
    strategies: [
      {
        strategy: "opening-range-breakout",
        symbols: options.symbols,
        capitalUsd: 12_000,
        from: "09:45",
        until: "15:30",
      },
    ],
  });
  const path = join(folder, "gameplan.json");
  await writeFile(path, JSON.stringify(plan, null, 2));
  return path;
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
