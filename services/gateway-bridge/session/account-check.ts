import type { SessionSettings } from "./session.ts";

export type AccountCheck =
  | { readonly ok: true; readonly account: string }
  | { readonly ok: false; readonly reason: string; readonly todo: string };

/** Whether the connected account may be used in this mode (architecture section 10). */
export function checkAccount(
  accounts: readonly string[],
  { mode, liveAccount }: Pick<SessionSettings, "mode" | "liveAccount">,
): AccountCheck {
  const [first] = accounts;
  const named = accounts.join(", ");
  if (first === undefined) {
    return { ok: false, reason: "The gateway names no account.", todo: "Log in to the gateway with the right user." };
  }
  if (mode === "dry-run") return { ok: true, account: first };
  if (mode === "paper") {
    if (accounts.every((account) => account.startsWith("D"))) return { ok: true, account: first };
    return {
      ok: false,
      reason: `Paper trading is configured, but the gateway is connected to ${named}, and a paper account begins with D.`,
      todo: "Log in to the gateway's paper mode, or change PAPER_TRADING.",
    };
  }
  if (accounts.length === 1 && first === liveAccount) return { ok: true, account: first };
  return {
    ok: false,
    reason: `Live trading is configured for ${liveAccount || "no account"}, but the gateway is connected to ${named}.`,
    todo: "Log in to the gateway with that account's user, or correct LIVE_ACCOUNT.",
  };
}
