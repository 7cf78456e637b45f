import type { Command } from "commander";
import type { Bus } from "#libs/bus/mod.ts";
import { assessMessage, dayTradesMessage, type Side } from "#libs/contracts/mod.ts";
import { price, quantity, reason, side, symbol } from "./arguments.ts";
import { type Answer, askAndExit, control } from "./ask.ts";
import { assessmentLines } from "./assessment.ts";
import { dayTradeLines } from "./day-trades.ts";
import { type HypotheticalOptions, hypotheticalOrder } from "./hypothetical-order.ts";

const REPLY_TIMEOUT_MS = 5000;

/** `crucible halt`, `reduce`, `resume`, `flatten`, `pdt` and `risk check`: what the operator may ask of risk. */
export function addRiskCommands(program: Command): void {
  const state = (name: "halt" | "reduce", description: string) =>
    program
      .command(name)
      .description(description)
      .requiredOption("--reason <text>", "why, for the ledger", reason)
      .action(async (options: { reason: string }) => {
        await askAndExit((bus) => control(bus, "risk", name, { reason: options.reason }));
      });
  state("halt", "lets nothing pass, exits neither, until you resume; entries that work are canceled");
  state("reduce", "lets only exits pass until you resume; entries that work are canceled");

  program
    .command("resume")
    .description("lets entries pass again; refused while a limit's cause lasts, unless you override it by its name")
    .requiredOption("--reason <text>", "why, for the ledger", reason)
    .option("--override <cause...>", "limits to disregard until the session day ends, such as DAILY_LOSS")
    .action(async ({ reason: why, override = [] }: { reason: string; override?: string[] }) => {
      await askAndExit((bus) => control(bus, "risk", "resume", { reason: why, override }));
    });

  program
    .command("flatten")
    .description("cancels what works, closes what is held, and goes on until the account is flat; entries stop")
    .requiredOption("--reason <text>", "why, for the ledger", reason)
    .option("--everything", "also positions that our own executions do not explain", false)
    .action(async ({ reason: why, everything }: { reason: string; everything: boolean }) => {
      await askAndExit((bus) => control(bus, "risk", "flatten", { reason: why, everything }));
    });

  program
    .command("pdt")
    .description("tells which day-trading rule is in force and why, and which day trades are used and left")
    .action(async () => {
      await askAndExit(dayTrades);
    });

  program
    .command("risk")
    .description("the risk guard: check")
    .command("check")
    .description("tells what every check says of an order, without placing it: exit code 0 approved, 1 denied")
    .argument("<side>", "buy or sell", side)
    .argument("<quantity>", "shares", quantity)
    .argument("<symbol>", 'such as SPY or "BRK B"', symbol)
    .option("--strategy <name>", "who asks", "operator")
    .option("--limit <price>", "limit price, USD", price)
    .option("--stop <price>", "stop price, USD", price)
    .option("--stop-loss <price>", "with a bracket: the price of its stop, USD", price)
    .option("--take-profit <price>", "with a bracket: the price of its target, USD", price)
    .option("--hold-overnight", "the position is to be kept overnight", false)
    .option("--outside-hours", "may trade outside regular hours", false)
    .action(async (wantedSide: Side, shares: number, wanted: string, options: HypotheticalOptions) => {
      const intent = hypotheticalOrder(wantedSide, shares, wanted, options, (message) => program.error(message));
      await askAndExit(async (bus): Promise<Answer> => {
        const assessment = await bus.request(assessMessage, [], intent, { timeoutMs: REPLY_TIMEOUT_MS });
        const outcome = assessment.outcome === "approved" ? "done" : "denied";
        return { outcome, words: assessmentLines(intent, assessment).join("\n") };
      });
    });
}

async function dayTrades(bus: Bus): Promise<Answer> {
  const report = await bus.request(dayTradesMessage, [], {}, { timeoutMs: REPLY_TIMEOUT_MS });
  return { outcome: "done", words: dayTradeLines(report).join("\n") };
}
