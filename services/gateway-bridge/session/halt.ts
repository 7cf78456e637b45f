import type { GatewayStatus } from "#libs/contracts/mod.ts";
import { epochMsOf, tradingDayOf } from "#libs/time/mod.ts";
import * as alerts from "./alerts.ts";
import { reconnect } from "./attempts.ts";
import { alert, stay } from "./decided.ts";
import type { Decided, Instant, OutlivesBridge, Phase, Session } from "./session.ts";

/** A halted session is tried again at the next daily start (architecture section 6). */
const DAILY_START = "06:00";

export interface HaltReason {
  readonly reason: string;
  /** What the operator can do about it; empty when the reason says it. */
  readonly todo: string;
  /** Whether the connection is kept, for the executions that may still come over it. */
  readonly keepsConnection: boolean;
  /** Why a bridge that starts anew goes on with it; null for a reason that it finds again before it can do harm. */
  readonly outlivesBridge: OutlivesBridge | null;
}

/** No orders and no retry until the operator resumes the session, or the next daily start. One alert. */
export function halt(session: Session, why: HaltReason, at: Instant): Decided {
  const { reason, todo, keepsConnection, outlivesBridge } = why;
  if (session.phase.name === "halted") return stay(session);
  const isOpen = session.phase.name !== "waiting";
  return {
    session: {
      ...session,
      phase: {
        name: "halted",
        reason,
        connected: keepsConnection,
        since: { wallMs: at.wallMs, marketMs: at.marketMs },
        outlivesBridge,
      },
      lastFailure: reason,
      // The halt is the word about this outage; what follows is news of its end, or of the attempts after it.
      outage: session.outage === null ? null : { ...session.outage, expected: null, told: "lost" },
    },
    effects: [
      ...(isOpen && !keepsConnection ? [{ type: "disconnect", connection: session.connection } as const] : []),
      alert(alerts.halted(reason, todo)),
    ],
  };
}

/**
 * A login that failed fails again, and each try may lock the account or ask for a second factor: the session is not
 * tried until somebody has looked. A session that works proves the login good, so trouble then is news and no halt.
 */
export function onLoginTrouble(session: Session, text: string, at: Instant): Decided {
  const { name } = session.phase;
  if (name === "halted") return stay(session);
  if (name === "syncing" || name === "ready") return { session, effects: [alert(alerts.loginTrouble(text))] };
  return halt(session, { reason: text, todo: "", keepsConnection: name === "degraded", outlivesBridge: "login" }, at);
}

/** The halt in which a bridge before this one ended, and with which this one goes on; null when there is none. */
export function haltLeftBehind(status: GatewayStatus | null): Extract<Phase, { name: "halted" }> | null {
  const wallMs = status?.state === "halted" ? (status.haltOutlivesBridgeSince ?? null) : null;
  if (status === null || wallMs === null) return null;
  const outlivesBridge = status.haltOutlivesBridgeFor ?? "login";
  const since = { wallMs, marketMs: null };
  return { name: "halted", reason: status.reason, connected: false, since, outlivesBridge };
}

export const resume = (session: Session, at: Instant): Decided => reconnect(session, "resumed", at);

/**
 * By the market clock; by the machine's where that is not known at both ends: a wrong account is seen before the gateway
 * was asked for its time, and a halt that a bridge before this one left is seen without a gateway.
 */
export function isDailyStartSince(since: Pick<Instant, "wallMs" | "marketMs">, at: Instant): boolean {
  if (since.marketMs === null || at.marketMs === null) return isStartBetween(since.wallMs, at.wallMs);
  return isStartBetween(since.marketMs, at.marketMs);
}

function isStartBetween(fromMs: number, toMs: number): boolean {
  const startMs = epochMsOf(tradingDayOf(toMs), DAILY_START);
  return fromMs < startMs && toMs >= startMs;
}
