import type { Alert } from "#libs/contracts/mod.ts";
import { epochMsOf, tradingDayOf } from "#libs/time/mod.ts";
import { checkAccount } from "./account-check.ts";
import * as alerts from "./alerts.ts";
import { backOffMs, PLANNED_RETRY_MS } from "./back-off.ts";
import { type Failure, failureOf, STAGE_DEADLINE_MS, type Stage } from "./causes.ts";
import { heartbeatDue, heartbeatHeard, heartbeatOverdue, heartbeatSent, newHeartbeat } from "./heartbeat.ts";
import { type RestartWindow, restartWindowOn } from "./restart-window.ts";
import type {
  Decided,
  Instant,
  Outage,
  Phase,
  Session,
  SessionEffect,
  SessionEvent,
  SessionSettings,
  Streams,
} from "./session.ts";
import { dropsWith, isSteadyAgain, UNSTABLE_AFTER_DROPS } from "./steadiness.ts";

/** One alert after this many failed attempts in a row: the first two are over in three seconds and may be a hiccup. */
const FAILURES_BEFORE_ALERT = 3;
/** How long code 1100 may last before it is said louder, machine time. */
const DEGRADED_ESCALATION_MS = 300_000;
/** A halt made by the account or the API's settings is tried again at the next daily start. */
const DAILY_START = "06:00";

/** A session that has not been tried yet; the first tick opens a connection. */
export function newSession(): Session {
  return {
    phase: { name: "waiting", retryAtMs: Number.NEGATIVE_INFINITY },
    connection: 0,
    failures: 0,
    drops: 0,
    account: null,
    serverVersion: null,
    frozen: false,
    restartedOn: null,
    outage: null,
    lastOutage: null,
    heartbeat: newHeartbeat(),
    lastWords: null,
    lastFailure: null,
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
    default:
      // An older connection says nothing that counts (tws.md 1.5 P15).
      return event.connection === session.connection ? onSaid(session, event, at, settings) : stay(session);
  }
}

function onTick(session: Session, at: Instant, settings: SessionSettings): Decided {
  const window = at.marketMs === null ? null : restartWindowOn(at.marketMs, settings.restart);
  return inTurn(
    session,
    (now) => followWindow(now, window, at, settings),
    (now) => followDeadlines(now, at, settings),
  );
}

/** Freeze, missed restart, overdue restart: what the market clock alone decides. */
function followWindow(session: Session, window: RestartWindow | null, at: Instant, settings: SessionSettings): Decided {
  const { outage } = session;
  if (outage?.dueMarketMs != null && at.marketMs !== null && at.marketMs >= outage.dueMarketMs) {
    return {
      session: { ...session, outage: { ...outage, dueMarketMs: null, told: "unreachable" }, failures: 0 },
      effects: [alert(alerts.restartOverdue(settings, session.lastFailure ?? "no answer"))],
    };
  }
  if (window === null || at.marketMs === null || outage !== null) return stay(session);
  if (window.day !== session.restartedOn && at.marketMs >= window.endsMs && session.frozen) {
    return {
      session: { ...session, frozen: false, restartedOn: window.day },
      effects: [alert(alerts.restartMissed(settings))],
    };
  }
  const frozen = isFreezing(window, session.restartedOn, at.marketMs);
  return frozen === session.frozen ? stay(session) : stay({ ...session, frozen });
}

const isFreezing = (window: RestartWindow, restartedOn: string | null, marketMs: number): boolean =>
  window.day !== restartedOn && marketMs >= window.freezesMs && marketMs < window.endsMs;

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
        ? failed(session, "version", "connected, but no answer to the handshake within 10 s", at, settings)
        : stay(session);
    case "identity":
      return at.nowMs >= phase.deadlineMs
        ? failed(session, "identity", `connected, but no ${missingOf(phase)} within 15 s`, at, settings)
        : stay(session);
    case "syncing":
      if (at.nowMs >= phase.deadlineMs) {
        return failed(session, "snapshot", "queries were not all answered within 30 s", at, settings);
      }
      return beat(session, at, settings);
    case "ready":
      if (isSteadyAgain(session, at.nowMs))
        return { session: { ...session, drops: 0 }, effects: [alert(alerts.steady())] };
      return beat(session, at, settings);
    case "degraded": {
      if (phase.escalated || at.nowMs - phase.sinceMs < DEGRADED_ESCALATION_MS) return beat(session, at, settings);
      const minutes = Math.round(DEGRADED_ESCALATION_MS / 60_000);
      return {
        session: { ...session, phase: { ...phase, escalated: true } },
        effects: [alert(alerts.brokerStillLost(minutes))],
      };
    }
    case "halted":
      return isDailyStartSince(phase.sinceMs, dayClockMs(at)) ? resume(session, at) : stay(session);
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
      return halt(
        session,
        `The gateway refused an order because its API is read-only: ${event.text}`,
        READ_ONLY_REMEDY,
        at,
        true,
      );
    case "closed":
      return onClosed(session, event.error, at, settings);
    case "notice":
      return onNotice(session, event.code, event.text, at);
  }
}

const READ_ONLY_REMEDY = "Switch off Read-Only API in the gateway's API settings (IBC: ReadOnlyApi=no).";

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
    const decided = halt({ ...session, account: phase.accounts.join(",") }, checked.reason, checked.todo, at, false);
    return {
      ...decided,
      effects: [{ type: "disconnect", connection: session.connection }, ...decided.effects],
    };
  }
  return {
    session: {
      ...session,
      account: checked.account,
      phase: { name: "syncing", deadlineMs: at.nowMs + STAGE_DEADLINE_MS.snapshot, streams: "all-gone", fresh: true },
      heartbeat: heartbeatSent(newHeartbeat(), at.nowMs),
    },
    effects: [{ type: "ask-time" }, { type: "take-snapshot", connection: session.connection }],
  };
}

/** Connectivity codes (tws.md 6.1). What concerns one order or one stream is not the session's business. */
function onNotice(session: Session, code: number, text: string, at: Instant): Decided {
  const { phase } = session;
  const online = phase.name === "ready" || phase.name === "syncing" || phase.name === "degraded";
  switch (code) {
    case 326:
      return stay({ ...session, lastWords: `the gateway said 326: ${text}` });
    case 1300:
      return {
        session: { ...session, lastWords: `the gateway said 1300: ${text}` },
        effects: [alert(alerts.portChanged(text))],
      };
    case 1100:
    case 2110:
      if (!online || phase.name === "degraded") return stay(session);
      return {
        session: {
          ...session,
          phase: {
            name: "degraded",
            sinceMs: at.nowMs,
            escalated: false,
            reason: `the gateway lost Interactive Brokers (${code})`,
            ...owedBy(phase),
          },
        },
        // On its way down for the daily restart the gateway loses the broker too: expected.
        effects: session.frozen ? [] : [alert(alerts.brokerLost(`The gateway said ${code}: ${text}`))],
      };
    case 1101:
    case 1102: {
      if (!online) return stay(session);
      const owed = owedBy(phase);
      const streams: Streams = code === 1101 ? "all-gone" : owed.streams;
      return {
        session: {
          ...session,
          phase: { name: "syncing", deadlineMs: at.nowMs + STAGE_DEADLINE_MS.snapshot, streams, fresh: owed.fresh },
        },
        effects: [
          ...(phase.name === "degraded" && !session.frozen ? [alert(alerts.brokerRestored(code === 1101))] : []),
          { type: "take-snapshot", connection: session.connection },
        ],
      };
    }
    case 2104:
    case 2106:
      // A farm that came back may have left streams dead without a word (nautilus#3968).
      return phase.name === "ready" ? { session, effects: [{ type: "verify-streams" }] } : stay(session);
    default:
      return stay(session);
  }
}

/** A connection that never got to ready has no streams to keep, whatever the gateway says it kept. */
function owedBy(phase: Phase): { readonly streams: Streams; readonly fresh: boolean } {
  return phase.name === "syncing" || phase.name === "degraded"
    ? { streams: phase.streams, fresh: phase.fresh }
    : { streams: "verify", fresh: false };
}

function becomeReady(
  session: Session,
  { streams, fresh }: Extract<Phase, { name: "syncing" }>,
  at: Instant,
  settings: SessionSettings,
): Decided {
  const { outage } = session;
  const justOver = fresh && at.marketMs !== null ? restartJustOver(outage, at.marketMs, settings) : null;
  const restartedOn = justOver ?? session.restartedOn;
  const ready: Session = {
    ...session,
    phase: { name: "ready", sinceMs: at.nowMs },
    failures: 0,
    outage: null,
    lastWords: null,
    lastFailure: null,
    restartedOn,
    frozen:
      at.marketMs === null
        ? session.frozen
        : isFreezing(restartWindowOn(at.marketMs, settings.restart), restartedOn, at.marketMs),
  };
  const effects: SessionEffect[] = [{ type: "became-ready", streams }];
  if (outage === null) return { session: ready, effects };
  const seconds = secondsOf(outage, at);
  const isNews = outage.told === "lost" || outage.told === "unreachable" || outage.planned;
  if (isNews) effects.push(alert(alerts.reconnected(outage, seconds)));
  return { session: { ...ready, lastOutage: { planned: outage.planned, ...seconds } }, effects };
}

/** The day whose restart this new connection proves to be over; null when it proves nothing. */
function restartJustOver(outage: Outage | null, marketMs: number, settings: SessionSettings): string | null {
  const window = restartWindowOn(marketMs, settings.restart);
  const wentAwayMs = outage?.startedMarketMs ?? null;
  // Without a drop that was seen, a gateway that is up after the time of the restart is taken to have had it.
  if (wentAwayMs === null) return marketMs >= window.restartsMs ? window.day : null;
  return wentAwayMs >= window.freezesMs && wentAwayMs < window.endsMs ? window.day : null;
}

function secondsOf(outage: Outage, at: Instant): alerts.OutageSeconds {
  const machineSeconds = round(at.nowMs - outage.startedMs);
  if (outage.startedMarketMs === null || at.marketMs === null) return { machineSeconds, marketSeconds: machineSeconds };
  return { machineSeconds, marketSeconds: round(Math.max(0, at.marketMs - outage.startedMarketMs)) };
}

const round = (ms: number): number => Math.round(ms / 100) / 10;

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
        "version",
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

/** An attempt or an established session ended: what was in flight is lost, and a new attempt is due. */
function failed(session: Session, stage: Stage, what: string, at: Instant, settings: SessionSettings): Decided {
  const failure = failureOf(stage, what);
  const wasOnline = ONLINE.has(session.phase.name);
  const outage = session.outage ?? beginOutage(session, at, settings);
  const planned = outage.planned && outage.dueMarketMs !== null;
  const failures = session.failures + 1;
  const drops = dropsWith(session, at.nowMs, planned);
  const told = planned ? null : whatToTell(failure, failures, drops, outage, wasOnline, settings);
  return {
    session: {
      ...session,
      phase: {
        name: "waiting",
        retryAtMs: at.nowMs + (planned ? PLANNED_RETRY_MS : backOffMs(Math.max(failures, drops), at.random)),
      },
      failures,
      drops,
      outage: { ...outage, told: told?.told ?? outage.told },
      serverVersion: null,
      heartbeat: newHeartbeat(),
      lastWords: null,
      lastFailure: failure.what,
    },
    effects: [
      { type: "disconnect", connection: session.connection },
      ...(wasOnline ? [{ type: "session-lost", reason: failure.what } as const] : []),
      ...(told?.alert == null ? [] : [alert(told.alert)]),
    ],
  };
}

const ONLINE: ReadonlySet<Phase["name"]> = new Set(["syncing", "ready", "degraded"]);

function whatToTell(
  failure: Failure,
  failures: number,
  drops: number,
  outage: Outage,
  wasOnline: boolean,
  settings: SessionSettings,
): { readonly alert: Alert | null; readonly told: Outage["told"] } | null {
  if (outage.told === "unreachable") return null;
  if (failures >= FAILURES_BEFORE_ALERT) {
    return { alert: alerts.unreachable(failure, failures, settings), told: "unreachable" };
  }
  if (!wasOnline || outage.told !== "nothing") return null;
  if (drops > UNSTABLE_AFTER_DROPS) return { alert: null, told: "unstable" };
  if (drops === UNSTABLE_AFTER_DROPS) return { alert: alerts.unstable(failure, drops), told: "unstable" };
  return { alert: alerts.connectionLost(failure), told: "lost" };
}

function beginOutage(session: Session, at: Instant, settings: SessionSettings): Outage {
  const window = at.marketMs === null ? null : restartWindowOn(at.marketMs, settings.restart);
  const planned =
    window !== null &&
    at.marketMs !== null &&
    ONLINE.has(session.phase.name) &&
    at.marketMs >= window.startsMs &&
    at.marketMs < window.endsMs;
  return {
    startedMs: at.nowMs,
    startedMarketMs: at.marketMs,
    planned,
    dueMarketMs: planned ? window.endsMs : null,
    told: "nothing",
  };
}

function connect(session: Session, at: Instant): Decided {
  const connection = session.connection + 1;
  return {
    session: { ...session, connection, phase: { name: "tcp", deadlineMs: at.nowMs + STAGE_DEADLINE_MS.tcp } },
    effects: [{ type: "connect", connection }],
  };
}

/** Drops what there is and connects at once; the operator asked for it, so nobody needs to be alerted. */
function reconnect(session: Session, why: string, at: Instant): Decided {
  const { phase } = session;
  // A halt for a read-only API keeps listening: what was sent over that connection is lost with it.
  const wasOnline = ONLINE.has(phase.name) || (phase.name === "halted" && phase.connected);
  const outage: Outage = session.outage ?? {
    startedMs: at.nowMs,
    startedMarketMs: at.marketMs,
    planned: false,
    dueMarketMs: null,
    told: "nothing",
  };
  const fresh: Session = {
    ...session,
    failures: 0,
    outage,
    heartbeat: newHeartbeat(),
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

const resume = (session: Session, at: Instant): Decided => reconnect(session, "resumed", at);

function halt(session: Session, reason: string, todo: string, at: Instant, connected: boolean): Decided {
  if (session.phase.name === "halted") return stay(session);
  return {
    session: {
      ...session,
      phase: { name: "halted", reason, connected, sinceMs: dayClockMs(at) },
      lastFailure: reason,
    },
    effects: [alert(alerts.halted(reason, todo))],
  };
}

/** A wrong account is seen before the gateway was asked for its time, so the market clock may not be known. */
const dayClockMs = ({ marketMs, wallMs }: Instant): number => marketMs ?? wallMs;

function isDailyStartSince(haltedAtMs: number, nowMs: number): boolean {
  const startMs = epochMsOf(tradingDayOf(nowMs), DAILY_START);
  return haltedAtMs < startMs && nowMs >= startMs;
}

function beat(session: Session, at: Instant, settings: SessionSettings): Decided {
  if (heartbeatOverdue(session.heartbeat, at.nowMs)) {
    return failed(
      session,
      "session",
      "the gateway stopped answering (no reply to a heartbeat within 10 s)",
      at,
      settings,
    );
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

const stay = (session: Session): Decided => ({ session, effects: [] });
const alert = (what: Alert): SessionEffect => ({ type: "alert", alert: what });

function inTurn(session: Session, ...steps: readonly ((session: Session) => Decided)[]): Decided {
  return steps.reduce<Decided>(
    (done, step) => {
      const next = step(done.session);
      return { session: next.session, effects: [...done.effects, ...next.effects] };
    },
    { session, effects: [] },
  );
}
