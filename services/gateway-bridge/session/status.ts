import type { GatewayStatus, SessionState } from "#libs/contracts/mod.ts";
import type { Session } from "./session.ts";

/** What the session looks like from outside (the state names of architecture section 6). */
export function statusOf(session: Session): GatewayStatus {
  const { phase } = session;
  const state = stateOf(session);
  return {
    state,
    reason: reasonOf(session, state),
    acceptsOrders: phase.name === "ready" && !isFrozen(session),
    frozen: isFrozen(session),
    attempt: session.failures,
    account: session.account,
    // Of an attempt nothing is shown before it gets somewhere (see `stateOf`).
    serverVersion: ANSWERED.has(state) ? session.serverVersion : null,
    lastOutage: session.lastOutage,
    ...(phase.name === "halted" && phase.outlivesBridge !== null
      ? { haltOutlivesBridgeSince: Math.round(phase.since.wallMs), haltOutlivesBridgeFor: phase.outlivesBridge }
      : {}),
  };
}

const ANSWERED: ReadonlySet<SessionState> = new Set(["handshaking", "syncing", "ready", "degraded", "halted"]);

/** Whether two statuses differ in what the ledger should know. The attempt alone is no news: it would flood it. */
export function isNews(before: GatewayStatus, after: GatewayStatus): boolean {
  return (["state", "reason", "acceptsOrders", "frozen", "account", "serverVersion"] as const).some(
    (field) => before[field] !== after[field],
  );
}

const isFrozen = ({ frozen, askedRestart }: Session): boolean => frozen || askedRestart !== null;

function stateOf(session: Session): SessionState {
  const { phase, outage, failures } = session;
  if (phase.name === "halted" || phase.name === "ready" || phase.name === "degraded") return phase.name;
  if (outage?.expected?.kind === "restart") return "planned-restart";
  if (outage?.expected?.kind === "login" && phase.name !== "syncing") return "awaiting-login";
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
  const { phase, frozen, askedRestart } = session;
  switch (state) {
    case "planned-restart":
      return "the gateway is in its daily restart";
    case "halted":
    case "degraded":
      return "reason" in phase ? phase.reason : state;
    case "ready":
      if (frozen) return "connected; no orders until the daily restart is over";
      return askedRestart === null
        ? "connected"
        : "connected; no orders: IBC was asked to restart the gateway, which goes down within a minute";
    case "awaiting-login":
      return "the gateway's weekly log-out: somebody has to log in at its window, or confirm the second factor";
    case "disconnected":
      if (session.lastFailure === null) return "not connected yet";
      return session.outage?.planned ? `not back from the daily restart: ${session.lastFailure}` : session.lastFailure;
    case "connecting":
      return "opening the connection";
    case "handshaking":
      return "waiting for the account and the next order id";
    case "syncing":
      return "reading account, positions, orders and executions";
  }
}
