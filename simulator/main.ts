#!/usr/bin/env node
import { Command, Option } from "commander";
import { type ControlServer, startControlServer } from "./control/server.ts";
import { exitCodes } from "./exit-codes.ts";
import { type Ending, listingCommand, replayCommand } from "./frames/commands.ts";
import { FrameLogError } from "./frames/frame-log-error.ts";
import type { Log } from "./gateway/log.ts";
import { BarFileError, PortError, type SimulatedGateway, startSimulatedGateway } from "./mod.ts";
import { ScenarioError, scenarioJsonSchema } from "./scenario/scenario.ts";
import { gatewayOptions, parseSettings, type RawSettings, type Settings, settingFlags } from "./settings.ts";

const log: Log = (level, message, detail = {}) => {
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ level, time, app: "gateway-sim", msg: message, ...detail })}\n`);
};

const command = new Command("crucible-sim")
  // What stands behind a command's name belongs to that command: replay has a --seed too.
  .enablePositionalOptions()
  .description("A simulated IB Gateway: speaks the TWS wire protocol on 127.0.0.1, trades with nobody.")
  .addHelpText(
    "after",
    "\nExit codes: 2 bad setting or scenario, 3 port taken, 4 unusable data folder or frame log, 5 replay differs, 1 anything else.",
  );
for (const { flag, env, help, fallback } of settingFlags) {
  const option = new Option(flag, fallback === undefined ? help : `${help} (default: ${fallback})`).env(env);
  // Only --hold takes no value; alone it means true.
  command.addOption(flag.endsWith("]") ? option.preset("true") : option);
}
command.action(async (raw: RawSettings) => {
  const parsed = parseSettings(raw);
  if (parsed.ok) await run(parsed.settings);
  else end(exitCodes.badSetting, "bad settings", parsed.problems);
});
command
  .command("schema")
  .description("print the JSON schema of scenario files")
  .action(() => {
    process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  });
const ending: Ending = {
  badSettings: (problems) => end(exitCodes.badSetting, "bad settings", problems),
  differs: () => {
    process.exitCode = exitCodes.differs;
  },
  failed: fail,
};
command.addCommand(listingCommand(ending));
command.addCommand(replayCommand(ending));
for (const each of [command, ...command.commands]) {
  // A flag or an argument that does not exist is a bad setting too; it has been named by now.
  each.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.badSetting));
}
await command.parseAsync();

async function run(settings: Settings): Promise<void> {
  let gateway: SimulatedGateway | undefined;
  let control: ControlServer | undefined;
  try {
    gateway = await startSimulatedGateway({ ...gatewayOptions(settings), log });
    if (settings.controlPort !== undefined) control = await startControlServer(gateway, settings.controlPort, log);
  } catch (error) {
    await gateway?.close();
    fail(error);
    return;
  }
  const { port, isClockHeld } = gateway;
  log("info", "simulated gateway ready", { port, controlPort: control?.port, isClockHeld });
  stopOnRequest(async () => {
    await control?.close();
    await gateway.close();
  });
  // PM2 (wait_ready) and any other parent learn here that the port is open.
  process.send?.("ready");
}

/** SIGINT, SIGTERM, and PM2's shutdown message, which is all there is on Windows. */
function stopOnRequest(close: () => Promise<void>): void {
  let isStopping = false;
  const stop = (reason: string) => {
    if (isStopping) return;
    isStopping = true;
    log("info", "stopping", { reason });
    close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("message", (message) => {
    if (message === "shutdown") stop("shutdown message");
  });
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PortError) end(exitCodes.portTaken, "port taken", [message]);
  else if (error instanceof ScenarioError) end(exitCodes.badSetting, "bad scenario", error.problems);
  else if (error instanceof FrameLogError) end(exitCodes.badData, "unusable frame log", [message]);
  else if (error instanceof BarFileError) end(exitCodes.badData, "unusable data", [message]);
  else end(exitCodes.failed, "failed", [message]);
}

/** Ends the program once everything is written: under PM2, whose container listens for messages, it would live on. */
function end(exitCode: number, what: string, problems: readonly string[]): void {
  log("error", what, { problems });
  const words = problems.map((problem) => `crucible-sim: ${problem}\n`).join("");
  process.stdout.write("", () => process.stderr.write(words, () => process.exit(exitCode)));
}
