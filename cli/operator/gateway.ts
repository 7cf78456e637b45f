import type { Command } from "commander";
import { reason, symbol } from "./arguments.ts";
import { askAndExit, control } from "./ask.ts";

/** The bridge gives IBC 13 s (connect 3, answer 10), and writes to the ledger before and after. */
const IBC_REPLY_TIMEOUT_MS = 20_000;
/** What the ledger says when the operator gave no reason. */
const NO_REASON = "asked for on the command line";

/** `crucible gateway ...`: what the operator may ask of the gateway bridge. */
export function addGatewayCommands(program: Command): void {
  const gateway = program
    .command("gateway")
    .description("the gateway session: restart, reconnect, resume, global-cancel, accept-position and more");

  const verb = (name: "restart" | "reconnect" | "reconnect-data" | "reconnect-account" | "resume") =>
    gateway.command(name).option("--reason <text>", "why, for the ledger", reason, NO_REASON);
  const asks =
    (
      name: "restart" | "reconnect" | "reconnect-data" | "reconnect-account" | "resume" | "global-cancel",
      replyTimeoutMs?: number,
    ) =>
    async (options: { reason: string }) => {
      await askAndExit((bus) => control(bus, "gateway-bridge", name, { reason: options.reason }, replyTimeoutMs));
    };

  verb("restart")
    .description("has IBC restart IB Gateway, without a new login; the port is closed for about a minute and a half")
    .action(asks("restart", IBC_REPLY_TIMEOUT_MS));
  verb("reconnect").description("opens the bridge's own connection to IB Gateway anew").action(asks("reconnect"));
  verb("reconnect-data")
    .description("has IBC reconnect IB Gateway to the market-data farms")
    .action(asks("reconnect-data", IBC_REPLY_TIMEOUT_MS));
  verb("reconnect-account")
    .description("has IBC reconnect IB Gateway to the account server")
    .action(asks("reconnect-account", IBC_REPLY_TIMEOUT_MS));
  verb("resume").description("tries a halted session again").action(asks("resume"));

  gateway
    .command("global-cancel")
    .description(
      "cancels every order of the account at the broker, also those of other programs and those placed by hand",
    )
    .requiredOption("--reason <text>", "why, for the ledger", reason)
    .action(asks("global-cancel"));

  gateway
    .command("accept-position")
    .description("accepts a position that our executions do not explain: a split, a transfer, a trade by hand")
    .argument("<symbol>", 'the position, such as SPY or "BRK B"', symbol)
    .requiredOption("--reason <text>", "what explains it, for the ledger", reason)
    .action(async (accepted: string, options: { reason: string }) => {
      await askAndExit((bus) =>
        control(bus, "gateway-bridge", "accept-position", { reason: options.reason, symbol: accepted }),
      );
    });
}
