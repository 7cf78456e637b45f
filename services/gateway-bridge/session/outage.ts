import { expectedRestart } from "./daily-restart.ts";
import { dayClockMs } from "./day-clock.ts";
import type { Instant, Outage, Phase, Session, SessionSettings } from "./session.ts";

/** Phases in which something may be lost when the connection ends. */
export const ONLINE: ReadonlySet<Phase["name"]> = new Set(["syncing", "ready", "degraded"]);

/** An outage that begins now, by a session that ended or an attempt that failed. */
export function beginOutage(session: Session, at: Instant, settings: SessionSettings): Outage {
  const wasOnline = ONLINE.has(session.phase.name);
  // A bridge that starts while the gateway is in its restart finds it away, and has no session that could end.
  const mayBeInRestart = wasOnline || session.account === null;
  const restart = mayBeInRestart ? expectedRestart(session, dayClockMs(at, settings), settings.restart) : null;
  return {
    startedMs: at.nowMs,
    startedMarketMs: at.marketMs,
    byOperator: false,
    gone: !wasOnline,
    planned: restart !== null,
    expected: restart === null ? null : { kind: "restart", dueMs: restart.endsMs },
    told: "nothing",
  };
}
