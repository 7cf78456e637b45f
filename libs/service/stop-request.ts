import { EXIT } from "./exit-codes.ts";
import type { Logger } from "./logger.ts";

/** PM2 kills after `kill_timeout` (10 s in ecosystem.config.js); this comes first. */
const STOP_DEADLINE_MS = 8000;

/**
 * Calls `stop` once, at the first request to end: SIGINT from a console, SIGTERM from Unix, `shutdown` from PM2 on
 * Windows, where signals run no handler. `stop` ends the process itself; when it has not after 8 s, the process ends
 * with `EXIT.stopTimeout`.
 */
export function onStopRequest(logger: Logger, stop: () => void): void {
  let stopping = false;
  const request = (why: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, "stopping");
    setTimeout(() => {
      logger.error({ deadlineMs: STOP_DEADLINE_MS }, "did not stop in time");
      process.exit(EXIT.stopTimeout);
    }, STOP_DEADLINE_MS).unref();
    stop();
  };
  process.on("SIGINT", () => request("SIGINT"));
  process.on("SIGTERM", () => request("SIGTERM"));
  // PM2 itself is gone. The next one starts its own copy of every app, and this one would stand in its way.
  process.on("disconnect", () => request("the process manager is gone"));
  process.on("message", (message) => {
    if (message === "shutdown") request("shutdown message");
  });
}
