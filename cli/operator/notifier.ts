import type { Command } from "commander";
import { reason } from "./arguments.ts";
import { askAndExit, control } from "./ask.ts";

/** The notifier waits 8 s for Discord before it answers that the message is still queued. */
const REPLY_TIMEOUT_MS = 12_000;

/** `crucible notifier test`: whether alerts reach the operator. */
export function addNotifierCommands(program: Command): void {
  program
    .command("notifier")
    .description("the alerts: test")
    .command("test")
    .description("sends a test message to Discord, the way every alert goes; also after the webhook was refused")
    .option("--reason <text>", "what the message says", reason, "Asked for on the command line.")
    .action(async (options: { reason: string }) => {
      await askAndExit((bus) => control(bus, "notifier", "test", { reason: options.reason }, REPLY_TIMEOUT_MS));
    });
}
