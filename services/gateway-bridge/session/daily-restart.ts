import * as alerts from "./alerts.ts";
import { dayClockMs } from "./day-clock.ts";
import { alert, stay } from "./decided.ts";
import { type RestartSettings, type RestartWindow, restartWindowOn } from "./restart-window.ts";
import type { Decided, Instant, Outage, RestartSeen, Session, SessionSettings } from "./session.ts";
import { isLoginDue } from "./weekly-log-out.ts";

/** Freeze, missed restart, overdue restart: what the market clock alone decides. */
export function followRestart(session: Session, at: Instant, settings: SessionSettings): Decided {
  const { outage } = session;
  if (outage?.expected?.kind === "restart") {
    const nowMs = dayClockMs(at, settings);
    return nowMs !== null && nowMs >= outage.expected.dueMs ? overdue(session, outage, at, settings) : stay(session);
  }
  if (at.marketMs === null) return stay(session);
  // A halted session says nothing of the gateway's restart, and takes no orders that a freeze could save.
  if (outage !== null || session.phase.name === "halted") return stay(session);
  const window = restartWindowOn(at.marketMs, settings.restart);
  if (window.day !== session.restartedOn && at.marketMs >= window.endsMs && session.frozen) {
    return {
      session: { ...session, frozen: false, restartedOn: window.day },
      effects: [alert(alerts.restartMissed(settings))],
    };
  }
  const frozen = isFreezing(window, session.restartedOn, at.marketMs);
  return frozen === session.frozen ? stay(session) : stay({ ...session, frozen });
}

/** The window is over, and the gateway is still away. */
function overdue(session: Session, outage: Outage, at: Instant, settings: SessionSettings): Decided {
  const late: Session = { ...session, outage: { ...outage, expected: null }, failures: 0 };
  // On a Sunday it waits for a login, as the operator was told ahead: the next attempts say so, if it does.
  if (isLoginDue(session.weekly, at, settings)) return stay(late);
  return {
    session: { ...late, outage: { ...outage, expected: null, told: "unreachable" } },
    effects: [alert(alerts.restartOverdue(settings, session.lastFailure ?? "no answer"))],
  };
}

/** The restart in whose window `marketMs` lies. */
export function restartAround(marketMs: number | null, settings: RestartSettings): RestartWindow | null {
  if (marketMs === null) return null;
  const window = restartWindowOn(marketMs, settings);
  return marketMs >= window.startsMs && marketMs < window.endsMs ? window : null;
}

/**
 * A gateway that has just started may come and go while it logs in and loads: for so long after its first return what it
 * does belongs to its restart, market time.
 */
const SETTLES_WITHIN_MS = 60_000;

/**
 * The restart to which a gateway that goes away now is expected to go. A window covers one: after it was seen to be over,
 * and has settled, a drop is an outage like any other.
 */
export function expectedRestart(
  { restartSeen }: Session,
  marketMs: number | null,
  settings: RestartSettings,
): RestartWindow | null {
  const window = restartAround(marketMs, settings);
  if (window === null || marketMs === null || restartSeen?.day !== window.day) return window;
  return marketMs - restartSeen.atMs < SETTLES_WITHIN_MS ? window : null;
}

/** Whether no order may be submitted now that the session is ready. */
export function isFrozen(
  session: Session,
  restartedOn: string | null,
  at: Instant,
  settings: SessionSettings,
): boolean {
  if (at.marketMs === null) return session.frozen;
  return isFreezing(restartWindowOn(at.marketMs, settings.restart), restartedOn, at.marketMs);
}

const isFreezing = (window: RestartWindow, restartedOn: string | null, marketMs: number): boolean =>
  window.day !== restartedOn && marketMs >= window.freezesMs && marketMs < window.endsMs;

/**
 * The day whose restart is over for a gateway that is there at `marketMs` and may have restarted before; null when it has
 * it still to come.
 */
export function restartJustOver(marketMs: number, settings: SessionSettings): string | null {
  const window = restartWindowOn(marketMs, settings.restart);
  return marketMs < window.restartsMs ? null : window.day;
}

/**
 * What is known of it when a session is ready: a bridge that began after its time knows that it is over, and has not seen
 * it. Of several returns from one the first counts.
 */
export function restartSeen(
  session: Session,
  outage: Outage | null,
  justOver: string | null,
  { marketMs }: Instant,
): RestartSeen | null {
  if (outage === null || justOver === null || marketMs === null) return session.restartSeen;
  return session.restartSeen?.day === justOver ? session.restartSeen : { day: justOver, atMs: marketMs };
}
