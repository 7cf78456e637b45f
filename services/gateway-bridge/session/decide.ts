import { checkAccount } from "./account-check.ts";
import * as alerts from "./alerts.ts";
import { askedBefore, followAskedRestart, restartAsked, restartCalledOff, stillToCome } from "./asked-restart.ts";
import { connect, failed, reconnect, silent } from "./attempts.ts";
import { followBroker, onNotice } from "./broker-connection.ts";
import { STAGE_DEADLINE_MS } from "./causes.ts";
import { followRestart, isFrozen, restartJustOver, restartSeen } from "./daily-restart.ts";
import { alert, inTurn, stay } from "./decided.ts";
import { halt, haltLeftBehind, isDailyStartSince, onLoginTrouble, resume } from "./halt.ts";
import { heartbeatDue, heartbeatHeard, heartbeatOverdue, heartbeatSent, newHeartbeat } from "./heartbeat.ts";
import { mayHaveRestarted, secondsOf } from "./outage-length.ts";
import type { Decided, Instant, Kept, Outage, Phase, Session, SessionEvent, SessionSettings } from "./session.ts";
import { statusOf } from "./status.ts";
import { isSteadyAgain } from "./steadiness.ts";
import { followWeek, noteLogin } from "./weekly-log-out.ts";

/**
 * A session that has not been tried yet; the first tick opens a connection.
 *
 * @param nowMs machine monotonic clock
 */
export function newSession({ weekly = null, status = null, restartAskedMsAgo = null }: Kept = {}, nowMs = 0): Session {
  return {
    phase: haltLeftBehind(status) ?? { name: "waiting", retryAtMs: Number.NEGATIVE_INFINITY },
    connection: 0,
    failures: 0,
    silences: 0,
    drops: 0,
    account: null,
    serverVersion: null,
    frozen: false,
    restartedOn: null,
    restartSeen: null,
    askedRestart: askedBefore(restartAskedMsAgo, nowMs),
    outage: null,
    lastOutage: null,
    heartbeat: newHeartbeat(),
    lastWords: null,
    lastFailure: null,
    weekly,
  };
}

/** The session's state machine (architecture section 6): a pure function; timers are the `tick` event. */
export function decide(session: Session, event: SessionEvent, at: Instant, settings: SessionSettings): Decided {
  switch (event.type) {
    case "tick":
      return onTick(session, at, settings);
    case "operator-reconnect":
      return session.phase.name === "halted" ? stay(session) : reconnect(session, `the operator: ${event.reason}`, at);
    case "operator-resume":
      return session.phase.name === "halted" ? resume(session, at) : stay(session);
    case "restart-asked":
      return restartAsked(session, at);
    case "restart-called-off":
      return restartCalledOff(session);
    case "login-trouble":
      return onLoginTrouble(session, event.text, at);
    default:
      // An older connection says nothing that counts (tws.md 1.5 P15).
      return event.connection === session.connection ? onSaid(session, event, at, settings) : stay(session);
  }
}

function onTick(session: Session, at: Instant, settings: SessionSettings): Decided {
  return inTurn(
    session,
    (now) => followRestart(now, at, settings),
    (now) => followAskedRestart(now, at),
    (now) => followWeek(now, at, settings),
    (now) => followBroker(now, at, settings),
    (now) => followDeadlines(now, at, settings),
  );
}

function followDeadlines(session: Session, at: Instant, settings: SessionSettings): Decided {
  const { phase } = session;
  switch (phase.name) {
    case "waiting":
      return at.nowMs >= phase.retryAtMs ? connect(session, at) : stay(session);
    case "tcp":
      return at.nowMs >= phase.deadlineMs
        ? failed(session, "tcp", "no TCP connection within 5 s", at, settings)
        : stay(session);
    case "version":
      return at.nowMs >= phase.deadlineMs
        ? silent(session, "version", "connected, but no answer to the handshake within 10 s", at, settings)
        : stay(session);
    case "identity":
      return at.nowMs >= phase.deadlineMs
        ? silent(session, "identity", `connected, but no ${missingOf(phase)} within 15 s`, at, settings)
        : stay(session);
    case "syncing":
      if (at.nowMs >= phase.deadlineMs) {
        return silent(session, "snapshot", "queries were not all answered within 30 s", at, settings);
      }
      return beat(session, at, settings);
    case "ready":
      if (isSteadyAgain(session, at.nowMs))
        return { session: { ...session, drops: 0 }, effects: [alert(alerts.steady())] };
      return beat(session, at, settings);
    case "degraded":
      return beat(session, at, settings);
    case "halted":
      if (isDailyStartSince(phase.since, at)) return resume(session, at);
      return phase.connected ? beat(session, at, settings) : stay(session);
  }
}

function onSaid(
  session: Session,
  event: Extract<SessionEvent, { connection: number }>,
  at: Instant,
  settings: SessionSettings,
): Decided {
  const { phase } = session;
  switch (event.type) {
    case "tcp-open":
      if (phase.name !== "tcp") return stay(session);
      return stay({ ...session, phase: { name: "version", deadlineMs: at.nowMs + STAGE_DEADLINE_MS.version } });
    case "version":
      if (phase.name !== "tcp" && phase.name !== "version") return stay(session);
      return stay({
        ...session,
        serverVersion: event.serverVersion,
        phase: {
          name: "identity",
          deadlineMs: at.nowMs + STAGE_DEADLINE_MS.identity,
          accounts: null,
          nextOrderId: null,
        },
      });
    case "accounts":
      return phase.name === "identity"
        ? identify(session, { ...phase, accounts: event.accounts }, at, settings)
        : stay(session);
    case "next-order-id":
      return phase.name === "identity"
        ? identify(session, { ...phase, nextOrderId: event.nextOrderId }, at, settings)
        : stay(session);
    case "time":
      return stay({ ...session, heartbeat: heartbeatHeard(session.heartbeat) });
    case "synced":
      return phase.name === "syncing" ? becomeReady(session, phase, at, settings) : stay(session);
    case "read-only":
      return halt(session, readOnly(event.text), at);
    case "closed":
      return onClosed(session, event.error, at, settings);
    case "notice":
      return onNotice(session, event.code, event.text, at, settings);
  }
}

const readOnly = (text: string) => ({
  reason: `The gateway refused an order because its API is read-only: ${text}`,
  todo: "Switch off Read-Only API in the gateway's API settings (IBC: ReadOnlyApi=no).",
  keepsConnection: true,
  outlivesBridge: "read-only" as const,
});

/** Accounts and next order id may come in either order; the session goes on when both are there. */
function identify(
  session: Session,
  phase: Extract<Phase, { name: "identity" }>,
  at: Instant,
  settings: SessionSettings,
): Decided {
  if (phase.accounts === null || phase.nextOrderId === null) return stay({ ...session, phase });
  const checked = checkAccount(phase.accounts, settings);
  if (!checked.ok) {
    const named = { ...session, account: phase.accounts.join(",") };
    const { reason, todo } = checked;
    return halt(named, { reason, todo, keepsConnection: false, outlivesBridge: null }, at);
  }
  const deadlineMs = at.nowMs + STAGE_DEADLINE_MS.snapshot;
  return inTurn(
    { ...session, account: checked.account, phase: { name: "syncing", deadlineMs, streams: "all-gone", fresh: true } },
    (now) => beat(now, at, settings),
    (now) => ({ session: now, effects: [{ type: "take-snapshot", connection: now.connection }] }),
  );
}

function becomeReady(
  session: Session,
  { streams, fresh }: Extract<Phase, { name: "syncing" }>,
  at: Instant,
  settings: SessionSettings,
): Decided {
  const { outage } = session;
  const mayBeOver = fresh && mayHaveRestarted(outage, at);
  const justOver = mayBeOver && at.marketMs !== null ? restartJustOver(at.marketMs, settings) : null;
  const restartedOn = justOver ?? session.restartedOn;
  const ready: Session = {
    ...session,
    phase: { name: "ready", sinceMs: at.nowMs },
    failures: 0,
    silences: 0,
    outage: null,
    lastWords: null,
    lastFailure: null,
    askedRestart: stillToCome(session.askedRestart),
    restartedOn,
    restartSeen: restartSeen(session, outage, justOver, at),
    frozen: isFrozen(session, restartedOn, at, settings),
  };
  return inTurn(
    ready,
    (now) => ({ session: now, effects: [{ type: "became-ready", streams }] }),
    (now) => (fresh ? noteLogin(now, outage, at, settings) : stay(now)),
    (now) => (outage === null ? stay(now) : endOutage(now, outage, justOver !== null, at)),
  );
}

function endOutage(session: Session, outage: Outage, restarted: boolean, at: Instant): Decided {
  const seconds = secondsOf(outage, at);
  const { acceptsOrders } = statusOf(session);
  const isNews = outage.told === "lost" || outage.told === "unreachable" || outage.planned;
  return {
    session: { ...session, lastOutage: { planned: outage.planned, ...seconds } },
    effects: isNews ? [alert(alerts.reconnected(outage, seconds, { restarted, acceptsOrders }))] : [],
  };
}

function onClosed(session: Session, error: string | null, at: Instant, settings: SessionSettings): Decided {
  const { phase, lastWords } = session;
  switch (phase.name) {
    case "waiting":
      return stay(session);
    case "halted":
      return {
        session: { ...session, phase: { ...phase, connected: false } },
        effects: phase.connected
          ? [
              { type: "disconnect", connection: session.connection },
              { type: "session-lost", reason: error ?? "the gateway closed the connection" },
            ]
          : [],
      };
    case "tcp":
      return failed(session, "tcp", lastWords ?? error ?? "the connection was refused", at, settings);
    case "version":
      return failed(
        session,
        "hang-up",
        lastWords ?? `the gateway hung up before the handshake${because(error)}`,
        at,
        settings,
      );
    case "identity":
      return failed(
        session,
        "identity",
        lastWords ?? `the gateway hung up during the handshake${because(error)}`,
        at,
        settings,
      );
    case "syncing":
    case "ready":
    case "degraded":
      return failed(
        session,
        "session",
        lastWords ?? `the gateway closed the connection${because(error)}`,
        at,
        settings,
      );
  }
}

const because = (error: string | null): string => (error === null ? "" : `: ${error}`);

const STOPPED_ANSWERING = "the gateway stopped answering (no reply to a heartbeat within 10 s)";

function beat(session: Session, at: Instant, settings: SessionSettings): Decided {
  if (heartbeatOverdue(session.heartbeat, at.nowMs)) {
    // A halt stays one; what it listened to is over.
    if (session.phase.name === "halted") return onClosed(session, STOPPED_ANSWERING, at, settings);
    return silent(session, "heartbeat", STOPPED_ANSWERING, at, settings);
  }
  if (!heartbeatDue(session.heartbeat, at.nowMs)) return stay(session);
  return {
    session: { ...session, heartbeat: heartbeatSent(session.heartbeat, at.nowMs) },
    effects: [{ type: "ask-time" }],
  };
}

function missingOf(phase: Extract<Phase, { name: "identity" }>): string {
  if (phase.accounts === null && phase.nextOrderId === null) return "account and next order id";
  return phase.accounts === null ? "account" : "next order id";
}
