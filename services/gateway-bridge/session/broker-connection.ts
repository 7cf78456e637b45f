import { formatNewYorkTime } from "#libs/time/mod.ts";
import { actionForSession } from "../gateway/codes.ts";
import * as alerts from "./alerts.ts";
import { STAGE_DEADLINE_MS } from "./causes.ts";
import { restartAround } from "./daily-restart.ts";
import { alert, stay } from "./decided.ts";
import { ONLINE } from "./outage.ts";
import { serverResetEnd } from "./server-reset.ts";
import type { Decided, Instant, Phase, Session, SessionSettings, Streams } from "./session.ts";

/** How long the gateway may be without its broker before it is said louder, market time: it is the day that is lost. */
const ESCALATION_MS = 300_000;
/** How often that is repeated while it lasts, market time: who was asleep at the first finds it, and no storm of them. */
const REPEAT_MS = 3_600_000;

/** Codes of the connection as a whole (tws.md 6.1). What concerns one order or one stream is not the session's business. */
export function onNotice(
  session: Session,
  code: number,
  text: string,
  at: Instant,
  settings: SessionSettings,
): Decided {
  switch (actionForSession(code)) {
    case "client-id-in-use":
      return stay({ ...session, lastWords: `the gateway said ${code}: ${text}` });
    case "port-changed":
      return {
        session: { ...session, lastWords: `the gateway said ${code}: ${text}` },
        effects: [alert(alerts.portChanged(text))],
      };
    case "too-fast":
      return { session, effects: [alert(alerts.tooFast(code, text))] };
    case "broker-lost":
      return brokerLost(session, code, text, at, settings);
    case "data-lost":
      return brokerRestored(session, true, at);
    case "data-kept":
      return brokerRestored(session, false, at);
    case "verify-streams":
      // A farm that came back may have left streams dead without a word (nautilus#3968).
      return session.phase.name === "ready" ? { session, effects: [{ type: "verify-streams" }] } : stay(session);
    case "note":
      return stay(session);
  }
}

function brokerLost(session: Session, code: number, text: string, at: Instant, settings: SessionSettings): Decided {
  const { phase } = session;
  // It repeats many times (833 in 15 hours, tws.md 6.1).
  if (!ONLINE.has(phase.name) || phase.name === "degraded") return stay(session);
  const resetEndMs = at.marketMs === null ? null : serverResetEnd(at.marketMs);
  const reason =
    resetEndMs === null
      ? `the gateway lost Interactive Brokers (${code})`
      : `the server reset of Interactive Brokers, which may last until ${formatNewYorkTime(resetEndMs).slice(0, 5)} New York (${code})`;
  const expected = isAbsenceExpected(session, at, settings);
  return {
    session: {
      ...session,
      phase: {
        name: "degraded",
        sinceMs: at.nowMs,
        sinceMarketMs: at.marketMs,
        told: expected ? "nothing" : "lost",
        toldAfterMs: 0,
        reason,
        ...owedBy(phase),
      },
    },
    effects: expected ? [] : [alert(alerts.brokerLost(`The gateway said ${code}: ${text}`))],
  };
}

/** In the server reset; and on its way down for the daily restart the gateway loses the broker too. */
function isAbsenceExpected({ restartedOn }: Session, { marketMs }: Instant, { restart }: SessionSettings): boolean {
  if (marketMs === null) return false;
  const window = restartAround(marketMs, restart);
  return serverResetEnd(marketMs) !== null || (window !== null && window.day !== restartedOn);
}

/** Says louder that the gateway is still without its broker, hourly while it lasts, and never while that is expected. */
export function followBroker(session: Session, at: Instant, settings: SessionSettings): Decided {
  const { phase } = session;
  if (phase.name !== "degraded") return stay(session);
  const lostForMs =
    at.marketMs === null || phase.sinceMarketMs === null ? at.nowMs - phase.sinceMs : at.marketMs - phase.sinceMarketMs;
  const dueMs = phase.told === "still-lost" ? phase.toldAfterMs + REPEAT_MS : ESCALATION_MS;
  if (lostForMs < dueMs || isAbsenceExpected(session, at, settings)) return stay(session);
  return {
    session: { ...session, phase: { ...phase, told: "still-lost", toldAfterMs: lostForMs } },
    effects: [alert(alerts.brokerStillLost(Math.floor(lostForMs / 60_000)))],
  };
}

/** Everything is read and compared before orders are accepted; what was missed meanwhile would be missed for good. */
function brokerRestored(session: Session, dataLost: boolean, at: Instant): Decided {
  const { phase } = session;
  if (!ONLINE.has(phase.name)) return stay(session);
  const owed = owedBy(phase);
  const streams: Streams = dataLost ? "all-gone" : owed.streams;
  // Who was told nothing, as in the nightly reset, need not be told that it is over.
  const isNews = phase.name === "degraded" && phase.told !== "nothing";
  return {
    session: {
      ...session,
      phase: { name: "syncing", deadlineMs: at.nowMs + STAGE_DEADLINE_MS.snapshot, streams, fresh: owed.fresh },
    },
    effects: [
      ...(isNews ? [alert(alerts.brokerRestored(dataLost))] : []),
      { type: "take-snapshot", connection: session.connection },
    ],
  };
}

/** A connection that never got to ready has no streams to keep, whatever the gateway says it kept. */
function owedBy(phase: Phase): { readonly streams: Streams; readonly fresh: boolean } {
  return phase.name === "syncing" || phase.name === "degraded"
    ? { streams: phase.streams, fresh: phase.fresh }
    : { streams: "verify", fresh: false };
}
