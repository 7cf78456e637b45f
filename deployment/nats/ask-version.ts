import { describe, NatsServerTooOldError, NatsServerUnusableError } from "./errors.ts";
import { lastLines, runCommand } from "./run-command.ts";
import { formatVersion, parseVersion, reasonTooOld } from "./version.ts";

/** `-v` prints and ends in milliseconds; a cold virus scanner may hold the first start of a new binary for seconds. */
const ASK_TIMEOUT_MS = 15_000;

/**
 * Runs `nats-server -v` and returns the version, for example `2.15.1`.
 *
 * @throws NatsServerUnusableError when the file cannot be run or prints something else.
 * @throws NatsServerTooOldError when the version is older than 2.12.0.
 */
export async function askVersion(path: string): Promise<string> {
  const printed = await printedVersion(path);
  // `nats-server: v2.15.1`
  const version = /^nats-server: v?\d/m.test(printed) ? parseVersion(printed) : undefined;
  if (version === undefined) {
    throw new NatsServerUnusableError(
      `${path} -v did not print a nats-server version but: ${lastLines(printed, 2) || "nothing"}.`,
    );
  }
  const tooOld = reasonTooOld(version);
  if (tooOld !== undefined) throw new NatsServerTooOldError(`${path}: ${tooOld}.`);
  return formatVersion(version);
}

async function printedVersion(path: string): Promise<string> {
  try {
    const { stdout, stderr } = await runCommand(path, ["-v"], { timeoutMs: ASK_TIMEOUT_MS });
    return `${stdout}\n${stderr}`;
  } catch (error) {
    throw new NatsServerUnusableError(`${path} cannot be run: ${describe(error)}.`, { cause: error });
  }
}
