#!/usr/bin/env node
import { Command } from "commander";
import pc from "picocolors";
import { BusError } from "#libs/bus/mod.ts";
import { modeOf } from "#libs/contracts/mod.ts";
import { ConfigurationError, EXIT } from "#libs/service/mod.ts";
import { appsFor } from "../deployment/pm2/apps.ts";
import { addGatewayCommands } from "./operator/gateway.ts";
import { addNotifierCommands } from "./operator/notifier.ts";
import { addRiskCommands } from "./operator/risk.ts";
import { addStrategyCommands } from "./operator/strategy.ts";
import { watchHealth } from "./platform/health-watch.ts";
import { daemonRuns, openProcessManager } from "./platform/process-manager.ts";
import { startPlatform, statusesOf } from "./platform/start.ts";
import { statusTable, verdictOf } from "./platform/status-table.ts";
import { stopPlatform } from "./platform/stop.ts";
import { settingsOrExit } from "./settings.ts";

/** Exit code of `start` and `status` when an app is not healthy. */
const EXIT_UNHEALTHY = 3;
/** How long `status` waits for a first heartbeat; they come once a second. */
const FIRST_HEARTBEAT_MS = 1500;

const program = new Command("crucible")
  .description("Runs and watches the trading platform, and asks its services for what the operator may want.")
  .addHelpText(
    "after",
    `\n\`crucible <command> --help\` tells more. Exit codes: 0 done, 1 refused or denied, 2 a wrong command line,\n3 not healthy or nobody there to ask, 78 a .env that cannot be used.`,
  )
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? EXIT.ok : 2);
  });

program.commandsGroup("The platform:");
program.addHelpCommand(
  new Command("help").argument("[command]").description("tells more of a command").helpGroup("The platform:"),
);
program
  .command("start")
  .description("starts what is not already running and waits until every service is healthy")
  .action(async () => {
    const { settings, envFile } = settingsOrExit();
    if (envFile === null) {
      console.log(
        "There is no .env: using the simulated gateway in dry-run. Copy .env.example to .env to change that.",
      );
    }
    console.log(`mode: ${pc.bold(modeOf(settings))}`);
    const manager = await openProcessManager();
    const report = await startPlatform(manager, appsFor(settings), settings, (line) => console.log(line));
    manager.disconnect();
    if (report.alreadyRunning.length > 0) console.log(`already running: ${report.alreadyRunning.join(", ")}`);
    console.log(`\n${statusTable(report.statuses).join("\n")}\n`);
    if (report.problems.length > 0) {
      console.error(pc.red(`Not healthy:\n  ${report.problems.join("\n  ")}`));
      console.error("What runs was left running. Fix the cause and run `npm start` again; `npx pm2 logs` shows more.");
      process.exit(EXIT_UNHEALTHY);
    }
    console.log("All healthy. Next: `npx pm2 monit` to watch, `npx pm2 logs` to read, `npm stop` to stop.");
    process.exit(EXIT.ok);
  });

program
  .command("stop")
  .description("stops everything that was started, the bus last")
  .action(async () => {
    if (!daemonRuns()) {
      console.log("Nothing is running.");
      process.exit(EXIT.ok);
    }
    const manager = await openProcessManager();
    const stopped = await stopPlatform(manager);
    if (await manager.isIdle()) await manager.killDaemon();
    else manager.disconnect();
    console.log(stopped.length > 0 ? `stopped ${stopped.join(", ")}` : "Nothing was running.");
    process.exit(EXIT.ok);
  });

program
  .command("status")
  .description("shows what runs and how it is")
  .action(async () => {
    const { settings } = settingsOrExit();
    if (!daemonRuns()) {
      console.log("Nothing is running. `npm start` starts it.");
      process.exit(EXIT_UNHEALTHY);
    }
    const manager = await openProcessManager();
    const watch = await watchHealth(settings, FIRST_HEARTBEAT_MS).catch((error: unknown) => {
      // The table is shown all the same: what PM2 knows, and no heartbeats.
      if (!(error instanceof BusError)) throw error;
      console.error(error.message);
      return undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, FIRST_HEARTBEAT_MS));
    const statuses = statusesOf(appsFor(settings), await manager.list(), watch);
    manager.disconnect();
    console.log(statusTable(statuses).join("\n"));
    process.exit(statuses.every((status) => verdictOf(status).ok) ? EXIT.ok : EXIT_UNHEALTHY);
  });

program.commandsGroup("Trading:");
addRiskCommands(program);
program.commandsGroup("The services:");
addGatewayCommands(program);
addStrategyCommands(program);
addNotifierCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof ConfigurationError ? EXIT.configuration : EXIT.crash);
}
