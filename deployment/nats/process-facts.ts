import { readFile } from "node:fs/promises";
import { hasCode } from "./errors.ts";
import { runCommand } from "./run-command.ts";

/**
 * What is known of a living process. Process ids are used again, after a reboot in much the same order; `startedAs`
 * tells two processes with the same id apart. `undefined` where this machine does not say.
 */
export type ProcessFacts = { startedAs: string | undefined; commandLine: string | undefined };

const ASK_TIMEOUT_MS = 10_000;

/** @returns `undefined` when no such process lives (a zombie does not) */
export async function inspectProcess(pid: number): Promise<ProcessFacts | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    switch (process.platform) {
      case "linux":
        return await inspectOnLinux(pid);
      case "darwin":
        return parsePs(await ask("ps", ["-o", "lstart=,command=", "-p", String(pid)]));
      case "win32":
        return parseCim(await ask("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", cimQuery(pid)]));
      default:
        return { startedAs: undefined, commandLine: undefined };
    }
  } catch (error) {
    // It ended while it was looked at, or this machine does not tell.
    if (!isAlive(pid)) return undefined;
    if (error instanceof Error) return { startedAs: undefined, commandLine: undefined };
    throw error;
  }
}

/** Cheap enough to ask in a loop. A zombie, which a container without an init may keep for ever, does not run. */
export async function stillRuns(pid: number): Promise<boolean> {
  if (process.platform === "linux") return (await inspectProcess(pid)) !== undefined;
  return isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return hasCode(error, "EPERM");
  }
}

async function inspectOnLinux(pid: number): Promise<ProcessFacts | undefined> {
  const [stat, boot, commandLine] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readFile(`/proc/${pid}/cmdline`, "utf8"),
  ]);
  return parseProc(stat, boot, commandLine);
}

/** The command's name, in parentheses, may hold anything; state and start time (fields 3 and 22) follow the last one. */
export function parseProc(stat: string, boot: string, commandLine: string): ProcessFacts | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === "Z" || state === "X") return undefined;
  return {
    startedAs: startTicks === undefined ? undefined : `${boot.trim()}:${startTicks}`,
    commandLine: commandLine.split("\0").join(" ").trim(),
  };
}

/** `Mon Nov 22 23:20:11 2026 node main.ts`: the date is always 24 characters wide. */
export function parsePs(output: string): ProcessFacts | undefined {
  const line = output.trim();
  if (line === "") return undefined;
  return { startedAs: line.slice(0, 24), commandLine: line.slice(24).trim() };
}

function cimQuery(pid: number): string {
  return `$p = Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}'; if ($p) { $p.CreationDate.ToUniversalTime().Ticks; $p.CommandLine }`;
}

/** First line the creation time in ticks, the rest the command line. */
export function parseCim(output: string): ProcessFacts | undefined {
  const [ticks, ...commandLine] = output.trim().split(/\r?\n/);
  if (ticks === undefined || ticks === "") return undefined;
  return { startedAs: ticks, commandLine: commandLine.join(" ") };
}

async function ask(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await runCommand(program, args, {
    timeoutMs: ASK_TIMEOUT_MS,
    env: { ...process.env, LC_ALL: "C" },
  });
  return stdout;
}
