/** Where an attempt stood when it failed; each stage has its own deadline and its own usual causes (tws.md 7.2). */
export type Stage = "tcp" | "version" | "identity" | "snapshot" | "session";

/** Deadlines of the stages, milliseconds of machine time. */
export const STAGE_DEADLINE_MS = { tcp: 5000, version: 10_000, identity: 15_000, snapshot: 30_000 } as const;

export interface Failure {
  readonly stage: Stage;
  /** What was seen. */
  readonly what: string;
  /** What usually causes it, and what to do. */
  readonly cause: string;
}

const CAUSES: Record<Stage, string> = {
  tcp: "IB Gateway is not running, or it waits at its login or second-factor window (it listens only after the login). Check that it is up and that IBKR_PORT is its API port.",
  version:
    "Something accepts the connection and says nothing, or hangs up: the gateway is still starting, a port forwarder stands in front of a gateway that is down, this machine's address is not trusted in its API settings, or the gateway is wedged and needs a restart.",
  identity:
    "The gateway speaks but does not name its accounts and the next order id: its API is half started or wedged. If it lasts, restart the gateway.",
  snapshot:
    "The gateway is connected but does not answer queries: a wedged session, or it has lost its own connection to the broker. If it lasts, restart the gateway.",
  session: "The gateway was restarted or stopped, or the connection to it broke.",
};

/** A failure with its likely cause; a known broker text is more telling than the stage. */
export function failureOf(stage: Stage, what: string): Failure {
  if (/already in use|\b326\b/i.test(what)) {
    return {
      stage,
      what,
      cause:
        "The client id is in use: most likely a second bridge runs against this gateway, or the gateway has not noticed yet that the last session ended. Stop the other one, or give this bridge its own IBKR_CLIENT_ID (orders belong to the id that sent them).",
    };
  }
  if (/unsupported version|out of date/i.test(what)) {
    return { stage, what, cause: "The gateway's version is not one this bridge can speak to. Update IB Gateway." };
  }
  if (/EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/.test(what)) {
    return { stage, what, cause: "The machine that IBKR_HOST names cannot be reached. Check IBKR_HOST." };
  }
  return { stage, what, cause: CAUSES[stage] };
}
