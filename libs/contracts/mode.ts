import { z } from "zod";

/**
 * What happens to an approved order (architecture section 10): filled by the dry-run engine, sent to a paper
 * account, or sent to the live account. The store directory is per mode, so the modes can never mix.
 */
export const modeSchema = z.enum(["dry-run", "paper", "live"]);
export type Mode = z.infer<typeof modeSchema>;

/** `DRY_RUN` wins over `PAPER_TRADING`; absent configuration means dry-run. */
export function modeOf(settings: { readonly dryRun: boolean; readonly paperTrading: boolean }): Mode {
  if (settings.dryRun) return "dry-run";
  return settings.paperTrading ? "paper" : "live";
}
