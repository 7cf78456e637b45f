import type { Command } from "commander";
import { reason } from "./arguments.ts";
import { askAndExit, control } from "./ask.ts";

/** `crucible strategy reload`: what the operator may ask of the strategy service. */
export function addStrategyCommands(program: Command): void {
  program
    .command("strategy")
    .description("the strategies: reload")
    .command("reload")
    .description("reads the gameplan and changed strategy files again; failed strategies go on from their state")
    .option("--reason <text>", "why, for the log", reason, "asked for on the command line")
    .action(async (options: { reason: string }) => {
      await askAndExit((bus) => control(bus, "strategy", "reload", { reason: options.reason }));
    });
}
