import { z } from "zod";
import type { SimulatedGatewayOptions } from "./gateway/options.ts";
import { readScenario } from "./scenario/scenario.ts";

/** Raw values as they come from flags and environment, all text. */
export type RawSettings = Readonly<Record<string, string | undefined>>;

export interface SettingFlag {
  readonly key: string;
  readonly flag: string;
  readonly env: string;
  readonly help: string;
  readonly fallback: string | undefined;
}

/** Every setting once: its flag, its environment variable, its default. The README's table is checked against this. */
export const settingFlags: readonly SettingFlag[] = [
  setting("port", "<number>", "TCP port on 127.0.0.1; 0 takes a free one", "4002"),
  setting("date", "<yyyy-mm-dd>", "market date, New York", "2025-10-07"),
  setting("startTime", "<hh:mm:ss>", "market time at the start, New York", "09:30:00"),
  setting("speed", "<factor>", "market seconds in a machine second", "1"),
  setting("hold", "[bool]", "hold the market clock until POST /clock/start on the control port", "false"),
  setting("seed", "<number>", "seed of the made-up prices and of the broker's ids", "1"),
  setting("symbols", "<list>", 'symbols offered, commas between, a price after "=": "SPY,BRK B=460"', undefined),
  setting("data", "<folder>", "folder of minute bars SYMBOL-YYYY-MM-DD.csv to take prices from", undefined),
  setting("account", "<id>", "account id; paper accounts begin with D", "DU1234567"),
  setting("equityUsd", "<usd>", "cash at the start", "100000"),
  setting(
    "dayTradesRemaining",
    "<list>",
    'day trades left today and the next four days: "3,3,3,3,3"; -1 unlimited',
    "-1",
  ),
  setting("restartAt", "<hh:mm>", "market time of the daily restart, New York; none when not given", undefined),
  setting("restartDowntimeS", "<seconds>", "market seconds for which the port is closed in a restart", "75"),
  setting("frameLog", "<file>", "file to append every frame to, as JSON lines", undefined),
  setting(
    "scenario",
    "<file>",
    "scenario of faults, a JSON file such as simulator/scenarios/nightly-reset.json",
    undefined,
  ),
  setting("controlPort", "<number>", "HTTP control port on 127.0.0.1; off when not given", undefined),
  setting("serverVersionMax", "<number>", "highest server version offered, 177 to 193", "193"),
];

const numberBetween = (least: number, most: number) =>
  z
    .string()
    .refine((text) => text.trim() !== "" && Number(text) >= least && Number(text) <= most, {
      error: `give a number from ${least} to ${most}`,
    })
    .transform(Number);

const wholeBetween = (least: number, most: number) =>
  numberBetween(least, most).refine(Number.isInteger, { error: "give a whole number" });

const time = (example: string) =>
  z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, { error: `give a New York time such as ${example}` });

const symbols = z
  .string()
  .transform((text) => text.split(",").map((entry) => entry.split("=").map((part) => part.trim())))
  .refine(
    (entries) => entries.every(([symbol, price]) => /^[A-Z][A-Z0-9 ]{0,11}$/.test(symbol ?? "") && isPrice(price)),
    {
      error: 'give symbols in capitals with commas between, a price after "=" where wanted, such as SPY,BRK B=460',
    },
  )
  .transform((entries) =>
    entries.map(([symbol = "", price]) => (price === undefined ? { symbol } : { symbol, startPrice: Number(price) })),
  );

const schema = z.object({
  port: wholeBetween(0, 65535),
  date: z.string().refine(isDate, { error: "give a date such as 2013-10-08" }),
  startTime: time("09:30:00"),
  speed: numberBetween(0.001, 10_000),
  hold: z
    .enum(["true", "false", "1", "0"], { error: "give true or false" })
    .transform((text) => text === "true" || text === "1"),
  seed: wholeBetween(0, 2 ** 32 - 1),
  symbols: symbols.optional(),
  data: z.string().min(1, { error: "give a folder" }).optional(),
  account: z.string().regex(/^[A-Z][A-Z0-9]{2,11}$/, { error: "give an account id such as DU1234567" }),
  equityUsd: numberBetween(0, 1e12),
  dayTradesRemaining: z
    .string()
    .regex(/^((-1|\d+)(,(-1|\d+)){0,4}|absent)$/, { error: "give -1, absent, or up to five counts such as 3,3,3,3,3" })
    .transform((text) =>
      text === "absent" ? "absent" : text === "-1" ? [-1, -1, -1, -1, -1] : text.split(",").map(Number),
    ),
  restartAt: time("16:30").optional(),
  restartDowntimeS: numberBetween(0, 86_400),
  frameLog: z.string().min(1, { error: "give a file" }).optional(),
  scenario: z.string().min(1, { error: "give a file" }).optional(),
  controlPort: wholeBetween(0, 65535).optional(),
  serverVersionMax: wholeBetween(177, 193),
});

export type Settings = z.infer<typeof schema>;

export type SettingsResult =
  | { readonly ok: true; readonly settings: Settings }
  /** One line a field: its name, what was given, what is wanted. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks raw values; an empty text counts as not given, as in a commented-out `.env` line. */
export function parseSettings(raw: RawSettings): SettingsResult {
  const given = Object.fromEntries(
    settingFlags.map(({ key, fallback }) => [key, raw[key] === undefined || raw[key] === "" ? fallback : raw[key]]),
  );
  const result = schema.safeParse(given);
  if (result.success) return { ok: true, settings: result.data };
  const problems = result.error.issues.map((issue) => {
    const key = String(issue.path[0]);
    const named = settingFlags.find((flag) => flag.key === key);
    return `${named?.flag.split(" ")[0]} (${named?.env}) is "${given[key]}": ${issue.message}`;
  });
  return { ok: false, problems: [...new Set(problems)] };
}

/** The settings as the gateway takes them. @throws ScenarioError for a scenario that cannot be used. */
export function gatewayOptions(settings: Settings): SimulatedGatewayOptions {
  return {
    port: settings.port,
    date: settings.date,
    startTime: settings.startTime,
    speed: settings.speed,
    hold: settings.hold,
    seed: settings.seed,
    account: settings.account,
    equityUsd: settings.equityUsd,
    dayTradesRemaining: settings.dayTradesRemaining,
    restartDowntimeS: settings.restartDowntimeS,
    serverVersionMax: settings.serverVersionMax,
    // Nobody looks at frames inside the program: the frame log and the counts are what it shows.
    framesKept: 0,
    ...(settings.symbols === undefined ? {} : { symbols: settings.symbols }),
    ...(settings.data === undefined ? {} : { dataFolder: settings.data }),
    ...(settings.restartAt === undefined ? {} : { restartAt: settings.restartAt }),
    ...(settings.scenario === undefined ? {} : { scenario: readScenario(settings.scenario) }),
    ...(settings.frameLog === undefined ? {} : { frameLogPath: settings.frameLog }),
  };
}

function setting(key: string, value: string, help: string, fallback: string | undefined): SettingFlag {
  const words = key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
  return { key, flag: `--${words} ${value}`, env: `SIM_${words.replaceAll("-", "_").toUpperCase()}`, help, fallback };
}

function isPrice(text: string | undefined): boolean {
  return text === undefined || Number(text) > 0;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
