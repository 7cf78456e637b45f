import { execFile, spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sleep } from "#libs/time/mod.ts";

/** What a throw-away platform leaves in its folder: PM2's own pid file, and that of each NATS server. */
const PID_FILES = new Set(["pm2.pid", "nats-server.pid"]);
/**
 * Variables of which every process of a throw-away platform has one that leads into its folder. By them a process is
 * known that has written no pid file yet, as a PM2 daemon in its first second, or whose pid file is gone already.
 */
const VARIABLES = ["PM2_HOME", "DATA_DIR", "CRUCIBLE_TEST_FOLDER"];
/** A process may start another while it is looked for: nothing is left when this many looks in a row found nothing. */
const QUIET_LOOKS = 3;
const LOOKS_MAX = 100;
const PAUSE_MS = 100;
const RELEASE = "release";
const CLEAN_UP = "clean up";

export interface Custody {
  /** From now on this process cleans up by itself. */
  release(): Promise<void>;
  /** Cleans up now, but for the children of this process, which are its own affair. @returns what still ran */
  cleanUp(): Promise<readonly string[]>;
}

/**
 * Has a process of its own see to it that nothing remains of a throw-away platform, also when this process is killed:
 * PM2 and its apps are detached and would run on. It waits for the end of this process, then ends whatever belongs to
 * `folder`, and removes it.
 */
export function haveCleanedUp(folder: string): Custody {
  const custodian = spawn(process.execPath, [fileURLToPath(import.meta.url), folder], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  const { stdin, stdout } = custodian;
  // It may already be gone when it is released.
  stdin.on("error", () => undefined);
  let told = "";
  stdout.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  custodian.unref();
  for (const pipe of [stdin, stdout] as { unref?: () => void }[]) pipe.unref?.();
  const ended = new Promise<void>((resolve) => custodian.once("close", () => resolve()));
  const finish = async (lastWord: string) => {
    if (custodian.exitCode === null) custodian.ref();
    stdin.end(lastWord);
    await ended;
  };
  return {
    release: () => finish(RELEASE),
    cleanUp: async () => {
      await finish(CLEAN_UP);
      return told.split("\n").filter((line) => line !== "");
    },
  };
}

/** Ends what belongs to a folder and removes it. Nothing of it is needed any more, so nothing is asked to end. */
async function cleanUp(folder: string, owner?: number): Promise<readonly string[]> {
  const ended = new Map<number, string>();
  for (let looks = 0, quiet = 0; looks < LOOKS_MAX && quiet < QUIET_LOOKS; looks += 1) {
    const running = await processesOf(folder, owner);
    for (const { pid, command } of running) {
      end(pid);
      ended.set(pid, command);
    }
    quiet = running.length === 0 ? quiet + 1 : 0;
    await sleep(PAUSE_MS);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  return [...ended.values()];
}

interface Running {
  readonly pid: number;
  /** Empty where the system does not tell. */
  readonly command: string;
}

/** @param owner whose children are left alone, if it lives */
async function processesOf(folder: string, owner?: number): Promise<readonly Running[]> {
  const found = await Promise.all([byPidFile(folder), byVariable(folder)]);
  const others = [...new Set(found.flat())].filter((pid) => pid !== process.pid);
  const looked = await Promise.all(others.map((pid) => lookAt(pid, owner)));
  return looked.flat();
}

/** Nothing for one that has ended meanwhile by itself, and for a `ps` of this process, which has its variables. */
async function lookAt(pid: number, owner?: number): Promise<readonly Running[]> {
  if (process.platform === "win32") return [{ pid, command: await commandLine(pid) }];
  const told = (await output("ps", ["-ww", "-o", "ppid=,args=", "-p", String(pid)])).trim();
  const [, parent, command = ""] = /^(\d+)\s*(.*)$/s.exec(told) ?? [];
  if (parent === undefined || [owner, process.pid].includes(Number(parent))) return [];
  return [{ pid, command: command.replaceAll("\n", " ") }];
}

async function byPidFile(folder: string): Promise<number[]> {
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

/** Windows shows no process the variables of another: there the pid files have to do. */
async function byVariable(folder: string): Promise<number[]> {
  const environments = process.platform === "linux" ? await linuxEnvironments() : await otherEnvironments();
  const starts = VARIABLES.map((name) => `${name}=${folder}`);
  const isOurs = (entry: string) => starts.some((start) => entry === start || entry.startsWith(`${start}/`));
  return environments.flatMap(({ pid, entries }) => (entries.some(isOurs) ? [pid] : []));
}

interface Environment {
  readonly pid: number;
  readonly entries: readonly string[];
}

async function linuxEnvironments(): Promise<Environment[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 1);
  return await Promise.all(
    pids.map(async (pid) => {
      // Gone by now, or another user's.
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return { pid, entries: environment.split("\0") };
    }),
  );
}

async function otherEnvironments(): Promise<Environment[]> {
  if (process.platform === "win32") return [];
  const listing = await output("ps", ["-axEww", "-o", "pid=,command="]);
  return listing.split("\n").map((line) => {
    const [pid, ...entries] = line.trim().split(" ");
    return { pid: Number(pid), entries };
  });
}

/** A pid may be another process's by now; those that are meant have the folder in their command line. */
async function commandLine(pid: number): Promise<string> {
  return process.platform === "win32"
    ? await output("powershell", [
        "-NoProfile",
        "-Command",
        `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`,
      ])
    : await output("ps", ["-o", "args=", "-p", String(pid)]);
}

/** Empty when the program fails, as `ps` does for a process that is gone. */
async function output(program: string, args: readonly string[]): Promise<string> {
  return await promisify(execFile)(program, args, { maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    () => "",
  );
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
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
    // Its parent still lives only where that asked for it.
    const isAsked = said.includes(CLEAN_UP);
    cleanUp(folder, isAsked ? process.ppid : undefined).then(
      (ended) => {
        // Nobody listens any more where nobody asked.
        if (isAsked) writeSync(1, ended.map((command) => `${command || "a process"}\n`).join(""));
        process.exit(0);
      },
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
