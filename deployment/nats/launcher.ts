import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, type Logger, onStopRequest } from "#libs/service/mod.ts";
import { ConfigurationError } from "./errors.ts";
import { type LaunchOptions, launch, type RunningServer } from "./launch.ts";
import type { ServerExit } from "./server-process.ts";

/** PM2 signals the whole tree: the server may have stopped before this process hears of it. */
const SIGNAL_GRACE_MS = 500;

/**
 * Runs the server for as long as this process lives, and this process for as long as the server lives.
 *
 * Exit codes: `ok` after a stop that was asked for, `configuration` when no restart can help, `crash` when the server
 * ended by itself or did not come up, `stopTimeout` when it did not stop in time.
 */
export async function runLauncher(options: LaunchOptions, logger: Logger): Promise<void> {
  let server: RunningServer | undefined;
  let stopping = false;

  onStopRequest(logger, () => {
    stopping = true;
    if (server !== undefined) void finish(server, logger);
  });

  try {
    server = await launch({ ...options, log: ({ level, message }) => logger[level]({}, message) });
  } catch (error) {
    if (stopping) process.exit(EXIT.ok);
    const code = error instanceof ConfigurationError ? EXIT.configuration : EXIT.crash;
    const what = error instanceof Error ? error.message : String(error);
    const name = error instanceof Error && "code" in error ? error.code : "UNKNOWN";
    logger.fatal({ code: name, exitCode: code }, what);
    process.exit(code);
  }
  if (stopping) return await finish(server, logger);
  const { port, pid, version, storeDir } = server;
  logger.info({ port, pid, version, storeDir }, "ready");
  process.send?.("ready");

  const exit = await server.exited;
  await sleep(SIGNAL_GRACE_MS);
  // Whoever asked for the stop ends this process.
  if (stopping) return;
  logger.fatal({ ...exit, exitCode: EXIT.crash }, "nats-server ended by itself; it is started again");
  process.exit(EXIT.crash);
}

async function finish(server: RunningServer, logger: Logger): Promise<void> {
  const exit: ServerExit = await server.stop();
  logger.info({ ...exit }, "stopped");
  process.exit(EXIT.ok);
}
