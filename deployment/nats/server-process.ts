import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { NatsServerStartError } from "./errors.ts";
import { knock } from "./port-probe.ts";
import { type LogLine, parseServerLog } from "./server-log.ts";

export type ServerExit = { code: number | null; signal: NodeJS.Signals | null };

export type ServerProcess = {
  pid: number;
  /** Settles when the process has ended, for whatever reason. */
  exited: Promise<ServerExit>;
  /** Asks it to stop and, after six seconds, ends it. */
  stop: () => Promise<ServerExit>;
  /** Ends it at once, as a crash would. */
  kill: () => Promise<ServerExit>;
  /** The last warnings and errors it printed, oldest first. */
  complaints: readonly string[];
};

/** Shorter than the launcher's own deadline, so that a server that hangs is ended and not left behind. */
const STOP_GRACE_MS = 6_000;
const COMPLAINTS_MAX = 5;

/** The server gets none of this process's variables but these: it reads its config and nothing else. */
const ENVIRONMENT_NAMES = ["SystemRoot", "TEMP", "TMP"];

/**
 * Go's garbage collector. What lives in the server's heap is the block of 8 MiB that each file stream is writing, one
 * more for each that is read from behind, and the last market data: measured 24 MiB, at most 96. By default Go lets the
 * garbage grow to as much again before it collects; a quarter costs a collection every few seconds, which is not felt.
 * The limit is soft: beyond it the server collects harder, and does not fail.
 */
const GARBAGE_COLLECTION = { GOGC: "25", GOMEMLIMIT: "160MiB" };

/** Starts nats-server as a child of this process. @throws NatsServerStartError when it cannot be started at all */
export async function startServerProcess(
  path: string,
  configFile: string,
  onLog: (line: LogLine) => void,
): Promise<ServerProcess> {
  const given = ENVIRONMENT_NAMES.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  const env = { ...Object.fromEntries(given), ...GARBAGE_COLLECTION };
  const child = spawn(path, ["-c", configFile], { env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
  const pid = await spawned(child, path);
  const exited = new Promise<ServerExit>((resolve) => {
    // `close`, not `exit`: by then its last words have been read.
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  // A parent that exits takes its server along; only a killed one leaves an orphan, which the next start recognises.
  const endWithParent = () => child.kill("SIGKILL");
  process.once("exit", endWithParent);
  void exited.then(() => process.off("exit", endWithParent));
  const complaints: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (text) => {
      const line = parseServerLog(text);
      if (line === undefined) return;
      if (line.level !== "info" && line.level !== "debug") complaints.push(line.message);
      if (complaints.length > COMPLAINTS_MAX) complaints.shift();
      onLog(line);
    });
  }
  return {
    pid,
    exited,
    complaints,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
    async kill() {
      child.kill("SIGKILL");
      return await exited;
    },
  };
}

function spawned(child: ChildProcess, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
    child.once("error", (error) => {
      reject(new NatsServerStartError(`${path} could not be started: ${error.message}`, { cause: error }));
    });
  });
}

const PROBE_INTERVAL_MS = 20;

/**
 * Waits until this very server answers with JetStream on; it listens after it has recovered its store.
 *
 * @throws NatsServerStartError when it ends, or does not answer in time
 */
export async function waitUntilListening(
  server: ServerProcess,
  port: number,
  serverName: string,
  timeoutMs: number,
): Promise<void> {
  let ended: ServerExit | undefined;
  void server.exited.then((exit) => {
    ended = exit;
  });
  const deadlineMs = performance.now() + timeoutMs;
  while (performance.now() < deadlineMs) {
    if (ended !== undefined) {
      const how = ended.signal === null ? `code ${ended.code}` : ended.signal;
      throw new NatsServerStartError(
        `nats-server ended with ${how} while it started: ${server.complaints.join(" | ") || "it printed no reason"}`,
      );
    }
    // To listen there, to see whether it is free, would take the port from the server at the moment it needs it.
    const answer = await knock(port);
    if (answer?.kind === "nats" && answer.serverName === serverName && answer.jetstream) return;
    await sleep(PROBE_INTERVAL_MS);
  }
  throw new NatsServerStartError(
    `nats-server did not listen on port ${port} within ${timeoutMs} ms: ${server.complaints.join(" | ") || "it printed no reason"}`,
  );
}
