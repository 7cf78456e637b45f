import * as alerts from "./alerts.ts";
import { isGone, type Stage } from "./causes.ts";
import { alert, stay } from "./decided.ts";
import type { AskedRestart, Decided, Instant, Session } from "./session.ts";

/*
 * A restart that IBC was asked for, by the operator or by the bridge. The gateway goes down with the next full minute
 * (windows.md 1.8), and an order that is written in the last moment can vanish without a reply (Lean#242): from the
 * question on nothing is written, until the gateway was away and is back. A connection that breaks proves nothing: the
 * port of a gateway that restarts is closed for a minute or more.
 */

/** A gateway that has not gone down after this was not restarted, machine time: a minute to begin, and as long to end. */
const COMES_WITHIN_MS = 180_000;

export const restartAsked = (session: Session, at: Instant): Decided =>
  stay({ ...session, askedRestart: { askedAtMs: at.nowMs, seenAway: false } });

/** IBC refused it, or never heard of it. */
export const restartCalledOff = (session: Session): Decided => stay({ ...session, askedRestart: null });

/** A restart that did not come is told, and orders are accepted again. */
export function followAskedRestart(session: Session, at: Instant): Decided {
  const { askedRestart, outage } = session;
  // While the gateway is away it may be on its way.
  if (askedRestart === null || outage !== null || at.nowMs - askedRestart.askedAtMs < COMES_WITHIN_MS) {
    return stay(session);
  }
  return { session: { ...session, askedRestart: null }, effects: [alert(alerts.restartNotSeen())] };
}

/**
 * What a failed attempt says of a restart that was asked for: a gateway whose port is closed, or that hangs up before the
 * handshake, has gone down. One that is silent may be the wedged one that is still to be restarted.
 */
export const awayAt = (stage: Stage, asked: AskedRestart | null): AskedRestart | null =>
  asked !== null && isGone(stage) ? { ...asked, seenAway: true } : asked;

/** What is left of it when a session is ready. */
export const stillToCome = (asked: AskedRestart | null): AskedRestart | null => (asked?.seenAway ? null : asked);

/** What a bridge that starts anew makes of a restart that was asked for before; machine monotonic milliseconds. */
export const askedBefore = (msAgo: number | null, nowMs: number): AskedRestart | null =>
  msAgo !== null && msAgo < COMES_WITHIN_MS ? { askedAtMs: nowMs - msAgo, seenAway: false } : null;
