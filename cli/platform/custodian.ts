import { execFile, spawn } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sleep } from "#libs/time/mod.ts";

/** What a throw-away platform leaves in its folder: PM2's own pid file, and that of each NATS server. */
const PID_FILES = new Set(["pm2.pid", "nats-server.pid"]);
/** PM2 stops its apps within their kill time-out of 10 s. */
const GRACE_MS = 12_000;
const POLL_MS = 100;
const RELEASE = "release";

/**
 * Has a process of its own see to it that nothing remains of a throw-away platform, also when this process is killed:
 * PM2 and its apps are detached and would run on. It waits for the end of this process, then ends whatever its pid
 * files under `folder` name, and removes the folder.
 *
 * @returns releases it: from then on this process cleans up by itself
 */
export function haveCleanedUp(folder: string): () => Promise<void> {
  const custodian = spawn(process.execPath, [fileURLToPath(import.meta.url), folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    windowsHide: true,
  });
  const { stdin } = custodian;
  // It may already be gone when it is released.
  stdin.on("error", () => undefined);
  custodian.unref();
  (stdin as typeof stdin & { unref?: () => void }).unref?.();
  return async () => {
    const gone = new Promise<void>((resolve) => custodian.once("close", () => resolve()));
    if (custodian.exitCode !== null) return;
    custodian.ref();
    stdin.end(RELEASE);
    await gone;
  };
}

/** Ends what runs from a folder and removes it. */
async function cleanUp(folder: string): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    let running = await processesOf(folder);
    for (const pid of running) end(pid, signal);
    for (let waitedMs = 0; running.length > 0 && waitedMs < GRACE_MS; waitedMs += POLL_MS) {
      await sleep(POLL_MS);
      running = await processesOf(folder);
    }
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function processesOf(folder: string): Promise<number[]> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const pids = await Promise.all(
    files
      .filter((file) => PID_FILES.has(basename(file)))
      .map(async (file) => Number.parseInt(await readFile(join(folder, file), "utf8").catch(() => ""), 10)),
  );
  const named = await Promise.all(
    pids.filter((pid) => pid > 1).map(async (pid) => ((await commandLine(pid)).includes(folder) ? [pid] : [])),
  );
  return named.flat();
}

/** A pid may be another process's by now; those that are meant have the folder in their command line. */
async function commandLine(pid: number): Promise<string> {
  const [program, ...args] =
    process.platform === "win32"
      ? [
          "powershell",
          "-NoProfile",
          "-Command",
          `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`,
        ]
      : ["ps", "-o", "args=", "-p", String(pid)];
  return await promisify(execFile)(program ?? "", args).then(
    ({ stdout }) => stdout,
    // No such process.
    () => "",
  );
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? "";
  if (folder === "") throw new Error("custodian: it needs the folder to watch over");
  // A Ctrl-C that reaches the whole group of the terminal is exactly when it is needed.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  let said = "";
  process.stdin.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  process.stdin.once("close", () => {
    if (said.includes(RELEASE)) process.exit(0);
    cleanUp(folder).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
