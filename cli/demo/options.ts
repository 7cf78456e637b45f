import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";

export interface DemoOptions {
  /** Folder with minute bars, `SYMBOL-DATE.csv`; undefined for the seeded day. */
  readonly data: string | undefined;
  /** New York date, YYYY-MM-DD. */
  readonly date: string;
  readonly seed: number;
  /** How many times faster than life. */
  readonly speed: number;
  /** Where to write the summary as JSON as well. */
  readonly json: string | undefined;
  readonly symbols: readonly string[];
}

const SEEDED_DATE = "2026-03-10";
const SEEDED_SYMBOLS = ["SPY", "AAPL", "MSFT"];

/** Reads the command line. Ends the process with 2 and a sentence where it cannot be understood. */
export function readOptions(argv: readonly string[]): DemoOptions {
  const program = new Command("npm run demo --")
    .description("Plays one New York trading day in dry-run, with every process of the platform.")
    .option("--data <folder>", "play a real day from minute bars (files SYMBOL-DATE.csv) instead of the seeded one")
    .option("--date <day>", "the New York date to play, YYYY-MM-DD", dateOption)
    .option("--seed <n>", "seed of the generated prices", wholeNumber(0, 2 ** 31 - 1), 7)
    .option("--speed <n>", "how many times faster than life", wholeNumber(1, 600), 240)
    .option("--json <file>", "write the summary as JSON, too")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse([...argv]);
  const options = program.opts<{ data?: string; date?: string; seed: number; speed: number; json?: string }>();
  const json = options.json === undefined ? undefined : resolve(options.json);
  if (options.data === undefined) {
    return { ...options, data: undefined, date: options.date ?? SEEDED_DATE, json, symbols: SEEDED_SYMBOLS };
  }
  const folder = resolve(options.data);
  if (!existsSync(folder)) program.error(`--data: there is no folder ${options.data}.`);
  if (options.date === undefined) program.error("--date: say which day of the folder to play, e.g. --date 2013-10-08.");
  const suffix = `-${options.date}.csv`;
  const symbols = readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort();
  if (symbols.length === 0) program.error(`--date: ${options.data} has no file that ends in ${suffix}.`);
  return { ...options, data: folder, date: options.date ?? "", json, symbols };
}

function dateOption(value: string): string {
  try {
    return Temporal.PlainDate.from(value).toString();
  } catch {
    throw new InvalidArgumentError(`${JSON.stringify(value)} is not a date. Give one such as 2026-03-10.`);
  }
}

function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`${JSON.stringify(value)} is not a whole number from ${least} to ${most}.`);
  };
}
