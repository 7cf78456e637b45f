import type { GatewayStatus, SessionState } from "#libs/contracts/mod.ts";
import type { Session } from "./session.ts";

/** What the session looks like from outside (the state names of architecture section 6). */
export function statusOf(session: Session): GatewayStatus {
  const state = stateOf(session);
  return {
    state,
    reason: reasonOf(session, state),
    acceptsOrders: session.phase.name === "ready" && !session.frozen,
    frozen: session.frozen,
    attempt: session.failures,
    account: session.account,
    // Of an attempt nothing is shown before it gets somewhere (see `stateOf`).
    serverVersion: ANSWERED.has(state) ? session.serverVersion : null,
    lastOutage: session.lastOutage,
  };
}

const ANSWERED: ReadonlySet<SessionState> = new Set(["handshaking", "syncing", "ready", "degraded", "halted"]);

/** Whether two statuses differ in what the ledger should know. The attempt alone is no news: it would flood it. */
export function isNews(before: GatewayStatus, after: GatewayStatus): boolean {
  return (["state", "reason", "acceptsOrders", "frozen", "account", "serverVersion"] as const).some(
    (field) => before[field] !== after[field],
  );
}

function stateOf(session: Session): SessionState {
  const { phase, outage, failures } = session;
  if (phase.name === "halted" || phase.name === "ready" || phase.name === "degraded") return phase.name;
  if (outage?.planned && outage.dueMarketMs !== null) return "planned-restart";
  switch (phase.name) {
    case "waiting":
      return "disconnected";
    // A retry shows only once the gateway answers: an absent one would otherwise write two facts a minute for days.
    case "tcp":
    case "version":
      return failures > 0 || outage !== null ? "disconnected" : "connecting";
    case "identity":
      return failures > 0 ? "disconnected" : "handshaking";
    case "syncing":
      return "syncing";
  }
}

function reasonOf(session: Session, state: SessionState): string {
  const { phase, frozen } = session;
  switch (state) {
    case "planned-restart":
      return "the gateway is in its daily restart";
    case "halted":
    case "degraded":
      return "reason" in phase ? phase.reason : state;
    case "ready":
      return frozen ? "connected; no orders until the daily restart is over" : "connected";
    case "disconnected":
      return session.lastFailure ?? "not connected yet";
    case "connecting":
      return "opening the connection";
    case "handshaking":
      return "waiting for the account and the next order id";
    case "syncing":
      return "reading account, positions, orders and executions";
  }
}
