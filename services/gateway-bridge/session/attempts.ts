import type { Alert } from "#libs/contracts/mod.ts";
import * as alerts from "./alerts.ts";
import { awayAt } from "./asked-restart.ts";
import { backOffMs, PLANNED_RETRY_MS } from "./back-off.ts";
import { type Failure, failureOf, isGone, STAGE_DEADLINE_MS, type Stage } from "./causes.ts";
import { alert } from "./decided.ts";
import { heartbeatAfter } from "./heartbeat.ts";
import { beginOutage, ONLINE } from "./outage.ts";
import type { Decided, Instant, Outage, Session, SessionSettings } from "./session.ts";
import { dropsWith, UNSTABLE_AFTER_DROPS } from "./steadiness.ts";
import { awaitLogin, isLoginDue } from "./weekly-log-out.ts";

/** One alert after this many failed attempts in a row: the first two are over in three seconds and may be a hiccup. */
const FAILURES_BEFORE_ALERT = 3;

export function connect(session: Session, at: Instant): Decided {
  const connection = session.connection + 1;
  return {
    session: { ...session, connection, phase: { name: "tcp", deadlineMs: at.nowMs + STAGE_DEADLINE_MS.tcp } },
    effects: [{ type: "connect", connection }],
  };
}

/** Drops what there is and connects at once; the operator asked for it, so nobody needs to be alerted. */
export function reconnect(session: Session, why: string, at: Instant): Decided {
  const { phase } = session;
  // A halt that keeps listening: what was sent over that connection is lost with it.
  const wasOnline = ONLINE.has(phase.name) || (phase.name === "halted" && phase.connected);
  const outage: Outage = session.outage ?? {
    startedMs: at.nowMs,
    startedMarketMs: at.marketMs,
    byOperator: true,
    gone: !wasOnline,
    planned: false,
    expected: null,
    told: "nothing",
  };
  const fresh: Session = {
    ...session,
    failures: 0,
    silences: 0,
    outage,
    heartbeat: heartbeatAfter(session.heartbeat),
    lastWords: null,
    lastFailure: why,
  };
  const next = connect(fresh, at);
  return {
    session: next.session,
    effects: [
      { type: "disconnect", connection: session.connection },
      ...(wasOnline ? [{ type: "session-lost", reason: why } as const] : []),
      ...next.effects,
    ],
  };
}

/** An attempt or an established session ended: what was in flight is lost, and a new attempt is due. */
export function failed(session: Session, stage: Stage, what: string, at: Instant, settings: SessionSettings): Decided {
  const failure = failureOf(stage, what);
  const wasOnline = ONLINE.has(session.phase.name);
  const begun = session.outage ?? beginOutage(session, at, settings);
  const outage: Outage = { ...begun, byOperator: false, gone: begun.gone || isGone(stage) };
  const planned = outage.expected?.kind === "restart";
  const failures = session.failures + 1;
  const drops = dropsWith(session, at.nowMs, planned);
  const next: Session = {
    ...session,
    phase: {
      name: "waiting",
      retryAtMs: at.nowMs + (planned ? PLANNED_RETRY_MS : backOffMs(Math.max(failures, drops), at.random)),
    },
    failures,
    silences: 0,
    drops,
    outage,
    askedRestart: awayAt(stage, session.askedRestart),
    serverVersion: null,
    heartbeat: heartbeatAfter(session.heartbeat),
    lastWords: null,
    lastFailure: failure.what,
  };
  const told = tell(next, outage, failure, wasOnline, at, settings);
  return {
    session: told.session,
    effects: [
      { type: "disconnect", connection: session.connection },
      ...(wasOnline ? [{ type: "session-lost", reason: failure.what } as const] : []),
      ...told.effects,
    ],
  };
}

/** The gateway took the connection and missed a deadline. One that told why (326) is not wedged. */
export function silent(session: Session, stage: Stage, what: string, at: Instant, settings: SessionSettings): Decided {
  const decided = failed(session, stage, what, at, settings);
  if (session.lastWords !== null) return decided;
  const times = session.silences + 1;
  return {
    session: { ...decided.session, silences: times },
    effects: [...decided.effects, { type: "fell-silent", stage, times }],
  };
}

/** What the operator hears of a failure: nothing while it is expected, and each thing once. */
function tell(
  session: Session,
  outage: Outage,
  failure: Failure,
  wasOnline: boolean,
  at: Instant,
  settings: SessionSettings,
): Decided {
  const { failures, drops, weekly } = session;
  const say = (told: Outage["told"], what: Alert | null): Decided => ({
    session: { ...session, outage: { ...outage, told } },
    effects: what === null ? [] : [alert(what)],
  });
  if (outage.expected !== null) return say(outage.told, null);
  if (failures >= FAILURES_BEFORE_ALERT) {
    if (failure.mayAwaitLogin && isLoginDue(weekly, at, settings)) return awaitLogin(session, outage, at, settings);
    if (outage.told === "unreachable") return say("unreachable", null);
    return say("unreachable", alerts.unreachable(failure, failures, settings));
  }
  if (!wasOnline || outage.told !== "nothing") return say(outage.told, null);
  if (drops > UNSTABLE_AFTER_DROPS) return say("unstable", null);
  if (drops === UNSTABLE_AFTER_DROPS) return say("unstable", alerts.unstable(failure, drops));
  return say("lost", alerts.connectionLost(failure));
}
