import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, type Logger } from "#libs/service/mod.ts";
import { ConfigurationError } from "./errors.ts";
import { type LaunchOptions, launch, type RunningServer } from "./launch.ts";
import type { ServerExit } from "./server-process.ts";

/** PM2 kills after `kill_timeout`; this comes first. */
const STOP_DEADLINE_MS = 8_000;

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

  const stop = (why: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, "stopping");
    setTimeout(() => {
      logger.error({ deadlineMs: STOP_DEADLINE_MS }, "did not stop in time");
      process.exit(EXIT.stopTimeout);
    }, STOP_DEADLINE_MS).unref();
    if (server !== undefined) void finish(server, logger);
  };
  // SIGINT from a console, SIGTERM from Unix, `shutdown` from PM2 on Windows, where signals run no handler.
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("message", (message) => {
    if (message === "shutdown") stop("shutdown message");
  });
  // PM2 itself is gone. The next one starts its own copy of every app, and this one would stand in its way.
  process.on("disconnect", () => stop("the process manager is gone"));

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
