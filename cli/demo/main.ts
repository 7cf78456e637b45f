import { writeFile } from "node:fs/promises";
import { EXIT } from "#libs/service/mod.ts";
import { haveCleanedUp } from "../platform/custodian.ts";
import { startFakeDiscord } from "./discord/mod.ts";
import { readOptions } from "./options.ts";
import { playDay } from "./play-day.ts";
import { reportLines, shortcomingsOf } from "./report.ts";
import { Screen } from "./screen.ts";
import { setStage } from "./stage.ts";

/** The day was played, but it did not show what it has to show, or something of it could not be started. */
const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

const options = readOptions(process.argv);
const screen = new Screen();
const interrupted = new AbortController();
// `on`, not `once`: npm passes a Ctrl-C on a second time, and an impatient third must not leave everything running.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());

screen.line(
  options.data === undefined
    ? `A seeded trading day (${options.date}, seed ${options.seed}), ${options.speed} times faster than life, in dry-run.`
    : `${options.date} from minute bars (${options.symbols.join(", ")}), ${options.speed} times faster than life, in dry-run.`,
);
const discord = await startFakeDiscord();
const stage = await setStage(options, discord.webhookUrl);
const { release } = haveCleanedUp(stage.folder);
let exitCode: number = EXIT_FAILED;
try {
  const day = await playDay(options, stage, screen, interrupted.signal);
  screen.line();
  for (const line of reportLines(day)) screen.line(line);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(day, null, 2)}\n`);
  const shortcomings = shortcomingsOf(day, options.data === undefined);
  for (const shortcoming of shortcomings) screen.line(`MISSING: ${shortcoming}`);
  exitCode = shortcomings.length === 0 ? EXIT.ok : EXIT_FAILED;
} catch (error) {
  screen.endProgress();
  if (interrupted.signal.aborted) {
    exitCode = EXIT_INTERRUPTED;
    screen.line("Interrupted. Everything it had started is stopped.");
  } else {
    screen.line(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  }
} finally {
  await release();
  await discord.stop();
  if (exitCode === EXIT.ok || exitCode === EXIT_INTERRUPTED) await stage.strike();
  else screen.line(`What the processes wrote was kept in ${stage.folder}`);
}
process.exit(exitCode);
