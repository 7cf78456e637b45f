import type { WeeklyLogOut } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import * as alerts from "./alerts.ts";
import { dayClockMs } from "./day-clock.ts";
import { alert, stay } from "./decided.ts";
import { mayHaveRestarted } from "./outage-length.ts";
import type { Decided, Instant, Outage, Session, SessionEffect, SessionSettings } from "./session.ts";
import { type Weekend, weekendAt } from "./weekend.ts";

/*
 * A login lasts a week: its tokens end on Sunday at 01:00 New York, and the gateway's next start needs a login by hand
 * or a second factor (tws.md 7.1, windows.md). Until then its port is closed, possibly for days, and nobody but the
 * operator can change that: so it is said ahead, said once when it has come, and said loudly before it costs a session.
 */

/** Says ahead that the week's login ends, and loudly that the gateway still waits for the next one. */
export function followWeek(session: Session, at: Instant, settings: SessionSettings): Decided {
  const nowMs = dayClockMs(at, settings);
  if (nowMs === null) return stay(session);
  const weekend = weekendAt(nowMs, settings.isTradingDay);
  const notes = notesOf(session.weekly, weekend);
  if (notes.told === "nothing" && nowMs >= weekend.saidAheadMs && nowMs < weekend.tokensEndMs) {
    return noted(session, { ...notes, told: "ahead" }, [alert(alerts.loginEnds(weekend.sunday, session.account))]);
  }
  if (!isAwaitingLogin(session) || notes.told !== "waiting" || nowMs < weekend.overdueMs) return stay(session);
  return noted(session, { ...notes, told: "overdue" }, [alert(alerts.loginOverdue(session.lastFailure))]);
}

const isAwaitingLogin = ({ phase, outage }: Session): boolean =>
  phase.name !== "halted" && outage?.expected?.kind === "login";

/** Whether a gateway that is away now most likely waits for the login of the week. */
export function isLoginDue(weekly: WeeklyLogOut | null, at: Instant, settings: SessionSettings): boolean {
  const nowMs = dayClockMs(at, settings);
  if (nowMs === null) return false;
  const weekend = weekendAt(nowMs, settings.isTradingDay);
  const { loggedIn, told } = notesOf(weekly, weekend);
  if (loggedIn || nowMs < weekend.tokensEndMs) return false;
  return nowMs < weekend.endsMs || told === "waiting" || told === "overdue";
}

/**
 * The gateway is taken to wait for its login: one message, the loud one when it is late already, and none when a bridge
 * before this one said it.
 */
export function awaitLogin(session: Session, outage: Outage, at: Instant, settings: SessionSettings): Decided {
  const nowMs = dayClockMs(at, settings) ?? at.wallMs;
  const weekend = weekendAt(nowMs, settings.isTradingDay);
  const notes = notesOf(session.weekly, weekend);
  const waiting: Session = { ...session, outage: { ...outage, expected: { kind: "login" }, told: "lost" } };
  if (notes.told === "waiting" || notes.told === "overdue") return stay(waiting);
  return nowMs >= weekend.overdueMs
    ? noted(waiting, { ...notes, told: "overdue" }, [alert(alerts.loginOverdue(session.lastFailure))])
    : noted(waiting, { ...notes, told: "waiting" }, [alert(alerts.awaitingLogin(weekend))]);
}

/**
 * What a new connection proves: a gateway that went away after the tokens ended and is back was logged in; so was one
 * that is there after Sunday's daily restart.
 */
export function noteLogin(session: Session, outage: Outage | null, at: Instant, settings: SessionSettings): Decided {
  if (at.marketMs === null) return stay(session);
  const weekend = weekendAt(at.marketMs, settings.isTradingDay);
  const notes = notesOf(session.weekly, weekend);
  if (notes.loggedIn || at.marketMs < weekend.tokensEndMs) return stay(session);
  const { restartAt, windowMinutes } = settings.restart;
  const restartedMs = epochMsOf(weekend.sunday, restartAt) + windowMinutes * 60_000;
  const wentAwayMs = (mayHaveRestarted(outage, at) ? outage?.startedMarketMs : null) ?? Number.NEGATIVE_INFINITY;
  const isProof = outage?.expected?.kind === "login" || wentAwayMs >= weekend.tokensEndMs || at.marketMs >= restartedMs;
  return isProof ? noted(session, { ...notes, loggedIn: true }, []) : stay(session);
}

const notesOf = (weekly: WeeklyLogOut | null, { sunday }: Weekend): WeeklyLogOut =>
  weekly?.sunday === sunday ? weekly : { sunday, told: "nothing", loggedIn: false };

const noted = (session: Session, weekly: WeeklyLogOut, effects: readonly SessionEffect[]): Decided => ({
  session: { ...session, weekly },
  effects: [...effects, { type: "remember", weekly }],
});
