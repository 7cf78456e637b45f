/** Where an attempt or a session stood when it failed: each symptom of tws.md 7.2 has its own usual causes. */
export type Stage =
  /** No TCP connection. */
  | "tcp"
  /** Accepted, and hung up on before the version frame. */
  | "hang-up"
  /** Accepted, and no version frame. */
  | "version"
  /** A version frame, and then no accounts or no next order id. */
  | "identity"
  /** All of that, and queries that are not answered. */
  | "snapshot"
  /** A session that worked, and does not answer any more. */
  | "heartbeat"
  /** A session that worked, and ended. */
  | "session";

/** A gateway that is down has its port closed, or something before it that hangs up (tws.md 7.2). */
export const isGone = (stage: Stage): boolean => stage === "tcp" || stage === "hang-up";

/** Deadlines of the stages, milliseconds of machine time. */
export const STAGE_DEADLINE_MS = { tcp: 5000, version: 10_000, identity: 15_000, snapshot: 30_000 } as const;

export interface Failure {
  readonly stage: Stage;
  /** What was seen. */
  readonly what: string;
  /** What usually causes it, and what to do. */
  readonly cause: string;
  /** A gateway that waits for its login looks like one that is down ({@link isGone}). */
  readonly mayAwaitLogin: boolean;
}

const CAUSES: Record<Stage, string> = {
  tcp: "IB Gateway is not running, or it waits at its login or second-factor window (it listens only after the login). Check that it is up and that IBKR_PORT is its API port.",
  "hang-up":
    "Something accepts the connection and hangs up at once: a port forwarder stands in front of a gateway that is down or waits for its login, the gateway is still starting, or this machine's address is not trusted in its API settings.",
  version:
    "Something accepts the connection and says nothing: the gateway is wedged and needs a restart, or it asks in a window whether to accept the connection.",
  identity:
    "The gateway speaks but does not name its accounts and the next order id: its API is half started or wedged. If it lasts, restart the gateway.",
  snapshot:
    "The gateway is connected but does not answer queries: a wedged session, or it has lost its own connection to the broker. If it lasts, restart the gateway.",
  heartbeat:
    "The connection is there and nothing comes back: a wedged session, or a peer that is gone without a word. If the next attempt does not get through either, restart the gateway.",
  session: "The gateway was restarted or stopped, or the connection to it broke.",
};

/** A failure with its likely cause; a known broker text is more telling than the stage. */
export function failureOf(stage: Stage, what: string): Failure {
  const cause = knownCause(what);
  return {
    stage,
    what,
    cause: cause ?? CAUSES[stage],
    mayAwaitLogin: cause === null && isGone(stage),
  };
}

function knownCause(what: string): string | null {
  if (/already in use|\b326\b/i.test(what)) {
    return "The client id is in use: most likely a second bridge runs against this gateway, or the gateway has not noticed yet that the last session ended. Stop the other one, or give this bridge its own IBKR_CLIENT_ID (orders belong to the id that sent them).";
  }
  if (/unsupported version|out of date/i.test(what)) {
    return "The gateway's version is not one this bridge can speak to. Update IB Gateway.";
  }
  if (/EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/.test(what)) {
    return "The machine that IBKR_HOST names cannot be reached. Check IBKR_HOST.";
  }
  return null;
}
