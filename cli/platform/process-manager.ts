import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type PM2 from "pm2";
import type { ProcessDescription, StartOptions } from "pm2";
import { type AppDefinition, KILL_TIMEOUT_MS } from "../../deployment/pm2/apps.ts";

/** The daemon answers within milliseconds; this is for a machine under load. */
const ANSWER_MS = 10_000;
/** Starting the daemon takes a second. */
const CONNECT_MS = 30_000;
/** From the daemon's word that it ends to its end: milliseconds, more on a machine under load. */
const END_MS = 2000;

/** One app as PM2 sees it. */
export interface ManagedApp {
  readonly name: string;
  readonly pid: number;
  readonly status: string;
  readonly restarts: number;
  /** Machine clock, epoch milliseconds; null when it does not run. */
  readonly startedAt: number | null;
  /** Of the process itself, without those it started; null when it does not run. */
  readonly memoryBytes: number | null;
  readonly exitCode: number | null;
  readonly outLog: string;
  readonly errorLog: string;
  /** The variables it was started with. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/** PM2, as a tool: the daemon is another process, spoken to through its API. */
export interface ProcessManager {
  list(): Promise<ManagedApp[]>;
  start(app: AppDefinition): Promise<void>;
  /** Stops the app gracefully and forgets it. */
  remove(name: string): Promise<void>;
  /** Whether nothing at all runs under the daemon, of this platform or of another's. */
  isIdle(): Promise<boolean>;
  disconnect(): void;
  /** Ends the PM2 daemon itself. */
  killDaemon(): Promise<void>;
}

export const pm2Home = (): string => process.env.PM2_HOME ?? join(homedir(), ".pm2");

/** Whether a PM2 daemon runs for this PM2_HOME; asking PM2 itself would start one. */
export function daemonRuns(home: string = pm2Home()): boolean {
  // On Windows the daemon's pipes are the same for every PM2_HOME, so PM2 itself has to be asked.
  if (process.platform === "win32") return true;
  return daemonPid(home) !== undefined;
}

/** The pid of the daemon of a PM2_HOME; undefined when none runs. */
function daemonPid(home: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(home, "pm2.pid"), "utf8"), 10);
    return signal(pid, 0) ? pid : undefined;
  } catch {
    // No pid file.
    return undefined;
  }
}

/** Whether a process of ours with this pid got the signal; signal 0 only asks whether it is there. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // No such process, or another user's that got the number.
    return false;
  }
}

/**
 * PM2's client goes on trying to reach a daemon that closed its socket before the client did, as one that was killed
 * does, and so keeps this process alive for ever (`disconnectRPC` in pm2/lib/Client.js leaves a lost socket alone).
 */
function endReconnecting(pm2: unknown): void {
  const { client_sock: socket } = (pm2 as { Client: { client_sock?: { closing: boolean } } }).Client;
  if (socket) socket.closing = true;
}

/**
 * PM2 calls back when its daemon says that it is about to end, or after three seconds without a word of it. Where
 * nobody asks how it ended, as in a container without an init, its number stays taken: it is not waited for.
 */
async function ended(pid: number): Promise<void> {
  const sinceMs = performance.now();
  while (signal(pid, 0)) {
    const waitedMs = performance.now() - sinceMs;
    if (waitedMs > 2 * END_MS) return;
    if (waitedMs > END_MS) signal(pid, "SIGKILL");
    await sleep(10);
  }
}

/** Connects to the PM2 daemon of `PM2_HOME`, and starts it when it does not run. */
export async function openProcessManager(): Promise<ProcessManager> {
  // No version check over the network, no banner: set before PM2 is loaded, and inherited by the daemon.
  process.env.PM2_DISCRETE_MODE = "true";
  process.env.PM2_DISABLE_VERSION_CHECK = "true";
  process.env.PM2_NO_INTERACTION = "true";
  process.env.PM2_SILENT = "true";
  const pm2 = await clientOf(pm2Home());
  await promise<void>("connect", CONNECT_MS, (done) => pm2.connect((error: Error) => done(error)));
  const connectedTo = daemonPid(pm2Home());
  const list = () => promise<ProcessDescription[]>("list", ANSWER_MS, (done) => pm2.list(done));
  return {
    list: async () =>
      (await list())
        .filter((app) => (app.pm2_env as { namespace?: string } | undefined)?.namespace === "crucible")
        .map(describe),
    start: async (app) => {
      await promise<unknown>(`start ${app.name}`, app.listen_timeout + ANSWER_MS, (done) =>
        pm2.start({ ...app } as unknown as StartOptions, done),
      );
    },
    remove: async (name) => {
      await promise<unknown>(`delete ${name}`, KILL_TIMEOUT_MS + ANSWER_MS, (done) => pm2.delete(name, done));
    },
    isIdle: async () => (await list()).length === 0,
    disconnect: () => pm2.disconnect(),
    killDaemon: async () => {
      // Without its pid file, as when the folder was removed under it, the daemon that answered is still there.
      const pid =
        daemonPid(pm2Home()) ?? (connectedTo !== undefined && signal(connectedTo, 0) ? connectedTo : undefined);
      try {
        // On Windows the daemon need not have a pid file here, so it is asked.
        if (pid === undefined && process.platform !== "win32") return pm2.disconnect();
        await promise<void>("kill", KILL_TIMEOUT_MS + ANSWER_MS, (done) =>
          pm2.killDaemon((error: Error) => done(error)),
        );
      } catch (error) {
        // A daemon that answers no more is ended by its pid; its apps stop when their channel to it closes.
        if (pid === undefined || process.platform === "win32") throw error;
        pm2.disconnect();
      } finally {
        endReconnecting(pm2);
      }
      if (pid !== undefined) await ended(pid);
    },
  };
}

/** The client that PM2 exports stays with the home of its first use; a program that plays two days has two. */
async function clientOf(home: string): Promise<typeof PM2> {
  const { default: pm2 } = await import("pm2");
  const { custom: Client } = pm2 as unknown as { custom: new (options: { pm2_home: string }) => typeof PM2 };
  return new Client({ pm2_home: home });
}

function describe(app: ProcessDescription): ManagedApp {
  const env = (app.pm2_env ?? {}) as NonNullable<ProcessDescription["pm2_env"]> & {
    exit_code?: number;
    env?: Record<string, unknown>;
  };
  return {
    name: app.name ?? "",
    pid: app.pid ?? 0,
    status: env.status ?? "unknown",
    restarts: env.restart_time ?? 0,
    startedAt: app.pid ? (env.pm_uptime ?? null) : null,
    memoryBytes: app.pid ? (app.monit?.memory ?? null) : null,
    exitCode: env.exit_code ?? null,
    outLog: env.pm_out_log_path ?? "",
    errorLog: env.pm_err_log_path ?? "",
    environment: env.env ?? {},
  };
}

/**
 * PM2 calls back with an Error, an array of them, or a bare object with a message; and not at all when its daemon was
 * killed in between.
 */
function promise<Value>(
  what: string,
  timeoutMs: number,
  call: (done: (error: unknown, value?: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`PM2: no answer to "${what}" in ${timeoutMs / 1000} s. Is its daemon still running?`)),
      timeoutMs,
    );
    call((error, value) => {
      clearTimeout(late);
      if (!error) return resolve(value as Value);
      const first: unknown = Array.isArray(error) ? error[0] : error;
      if (first instanceof Error) return reject(first);
      const message = (first as { message?: unknown; msg?: unknown }).message ?? (first as { msg?: unknown }).msg;
      reject(new Error(`PM2: ${typeof message === "string" ? message : String(first)}`));
    });
  });
}
