import type { Instant, SessionSettings } from "./session.ts";

/**
 * The time of day, epoch milliseconds: the market's, and the machine's before the gateway has told it. A simulated
 * gateway lives on a day of its own: without its clock, the machine's says nothing about it, and this is null.
 */
export const dayClockMs = (
  { marketMs, wallMs }: Instant,
  { simulated }: Pick<SessionSettings, "simulated">,
): number | null => marketMs ?? (simulated ? null : wallMs);
