#!/usr/bin/env node
import { Command, Option } from "commander";
import { type ControlServer, startControlServer } from "./control/server.ts";
import type { Log } from "./gateway/log.ts";
import { BarFileError, PortError, type SimulatedGateway, startSimulatedGateway } from "./mod.ts";
import { gatewayOptions, parseSettings, type RawSettings, type Settings, settingFlags } from "./settings.ts";

/** Documented in README.md. */
const exitCodes = { failed: 1, badSetting: 2, portTaken: 3, badData: 4 } as const;

const log: Log = (level, message, detail = {}) => {
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ level, time, app: "gateway-sim", msg: message, ...detail })}\n`);
};

const command = new Command("crucible-sim")
  .description("A simulated IB Gateway: speaks the TWS wire protocol on 127.0.0.1, trades with nobody.")
  .addHelpText("after", "\nExit codes: 2 bad setting, 3 port taken, 4 unusable data folder, 1 anything else.");
for (const { flag, env, help, fallback } of settingFlags) {
  const option = new Option(flag, fallback === undefined ? help : `${help} (default: ${fallback})`).env(env);
  // Only --hold takes no value; alone it means true.
  command.addOption(flag.endsWith("]") ? option.preset("true") : option);
}
command.parse();
const parsed = parseSettings(command.opts<RawSettings>());
if (parsed.ok) await run(parsed.settings);
else end(exitCodes.badSetting, "bad settings", parsed.problems);

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
  else if (error instanceof BarFileError) end(exitCodes.badData, "unusable data", [message]);
  else end(exitCodes.failed, "failed", [message]);
}

function end(exitCode: number, what: string, problems: readonly string[]): void {
  log("error", what, { problems });
  for (const problem of problems) process.stderr.write(`crucible-sim: ${problem}\n`);
  process.exitCode = exitCode;
}
