import type { OutageSeconds } from "./alerts.ts";
import type { Instant, Outage } from "./session.ts";

/**
 * How long a restart of the gateway takes at least, market seconds: 2 to 3 were measured, and minutes (tws.md 7.1). A
 * fast market clock may be over it before the next attempt.
 */
const RESTART_SECONDS_MIN = 2;

/**
 * Whether the gateway may have restarted before this connection, of which the outage is the one that it ends; null when
 * there was no session before. A connection that broke and is back at once, or that the operator opened anew, proves
 * nothing.
 */
export function mayHaveRestarted(outage: Outage | null, at: Instant): boolean {
  if (outage === null || outage.gone) return true;
  return !outage.byOperator && secondsOf(outage, at).marketSeconds >= RESTART_SECONDS_MIN;
}

/** The fastest market clock that can be configured, market seconds a second of the machine. */
const SPEED_MAX = 1000;

/**
 * How long it lasted, on both clocks. A market clock that did not go on from where it was, such as that of a simulated
 * gateway whose process began anew, says nothing of it: the machine's counts then.
 */
export function secondsOf(outage: Outage, at: Instant): OutageSeconds {
  const machineMs = at.nowMs - outage.startedMs;
  const marketMs = outage.startedMarketMs === null || at.marketMs === null ? 0 : at.marketMs - outage.startedMarketMs;
  const wentOn = marketMs > 0 && marketMs <= machineMs * SPEED_MAX + GUESSED_MS;
  return { machineSeconds: tenths(machineMs), marketSeconds: tenths(wentOn ? marketMs : machineMs) };
}

/** By so much a market clock that is heard in whole seconds may be set right meanwhile. */
const GUESSED_MS = 2000;

/** An outage of which nothing is left by rounding was one all the same. */
const tenths = (ms: number): number => Math.max(1, Math.round(ms / 100)) / 10;
