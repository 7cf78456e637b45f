// `install_tasks.cmd`: registers the tasks for the user who runs it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join, win32 } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EXIT } from "#libs/service/mod.ts";
import { readinessOf } from "./readiness.ts";
import { TaskPlaceError, type TaskPlaces, taskFile } from "./task-file.ts";

const HELP = `install_tasks.cmd [options]

  --ibc FOLDER       where IBC is (default: C:\\IBC)
  --platform-only    only the task \\Crucible\\Start, not \\Crucible\\Gateway
  --write FOLDER     register nothing, write the filled-in XML files there
  --project FOLDER   with --write: where the project is on the machine they are for (default: here)
`;

const PROJECT_FOLDER = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

type Task = { name: string; file: string };
const START: Task = { name: "\\Crucible\\Start", file: "task_scheduler.xml" };
const GATEWAY: Task = { name: "\\Crucible\\Gateway", file: "task_scheduler_gateway.xml" };

class Refusal extends Error {}

try {
  await main();
} catch (error) {
  const isExpected =
    error instanceof Refusal ||
    error instanceof TaskPlaceError ||
    (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  if (!isExpected) throw error;
  console.error(error.message);
  process.exitCode = EXIT.configuration;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ibc: { type: "string", default: "C:\\IBC" },
      "platform-only": { type: "boolean", default: false },
      write: { type: "string" },
      project: { type: "string", default: PROJECT_FOLDER },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);

  const tasks = values["platform-only"] ? [START] : [START, GATEWAY];
  const places = {
    user: currentUser(),
    projectFolder: values.project,
    ibcFolder: win32.normalize(values.ibc).replace(/\\$/, ""),
  };
  if (values.write !== undefined) return await writeTaskFiles(tasks, places, values.write);

  if (process.platform !== "win32") {
    throw new Refusal("Tasks can be registered on Windows only. --write FOLDER writes their files on any system.");
  }
  checkMachine(places.ibcFolder, tasks.includes(GATEWAY));
  const folder = await mkdtemp(join(tmpdir(), "crucible-tasks-"));
  try {
    await writeTaskFiles(tasks, places, folder);
    for (const { name, file } of tasks) schtasks("/Create", "/TN", name, "/XML", join(folder, file), "/F");
    console.log(
      `Registered for ${places.user}. They run at the next log-on, or now with: schtasks /Run /TN ${START.name}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTaskFiles(tasks: readonly Task[], places: TaskPlaces, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { file } of tasks) {
    const template = await readFile(new URL(file, import.meta.url), "utf8");
    await writeFile(join(folder, file), taskFile(template, places));
  }
}

function checkMachine(ibcFolder: string, withGateway: boolean): void {
  const { refusals, warnings } = readinessOf({
    timeZone: ask("tzutil.exe", ["/g"])?.trim(),
    regionalFormat: ask("reg.exe", ["query", "HKCU\\Control Panel\\International", "/v", "LocaleName"])
      ?.match(/REG_SZ\s+(\S+)/)
      ?.at(1),
  });
  const startGateway = win32.join(ibcFolder, "StartGateway.bat");
  if (withGateway && !existsSync(startGateway)) {
    refusals.push(`${startGateway} is not there. Install IBC 3.24.1 first, or give --ibc FOLDER or --platform-only.`);
  }
  for (const warning of warnings) console.warn(`Warning: ${warning}`);
  if (refusals.length > 0) throw new Refusal(refusals.join("\n"));
}

/** What a program of Windows prints; `undefined` when it is missing or fails. */
function ask(program: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(windowsProgram(program), args, { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

function schtasks(...args: string[]): void {
  const { status, error } = spawnSync(windowsProgram("schtasks.exe"), args, {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status === 0) return;
  throw new Refusal(
    `schtasks ${args.join(" ")} failed (${error?.message ?? `exit code ${status}; its reason is above`}). If access is denied, run this once from a terminal that was opened with "Run as administrator" under the same user: the tasks still run without elevation.`,
  );
}

/** By its full path: nothing else of that name on the PATH is run. */
function windowsProgram(name: string): string {
  return win32.join(process.env.SystemRoot ?? "C:\\Windows", "System32", name);
}

function currentUser(): string {
  const name = process.env.USERNAME ?? userInfo().username;
  const domain = process.env.USERDOMAIN;
  return domain ? `${domain}\\${name}` : name;
}
