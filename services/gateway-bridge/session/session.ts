import type { Alert, GatewayStatus, Mode } from "#libs/contracts/mod.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { RestartSettings } from "./restart-window.ts";

/** The vocabulary of the session's state machine; `decide.ts` is the machine. Plain data, no clock, no socket. */

export interface SessionSettings {
  readonly mode: Mode;
  /** The one account that live trading may use; empty in the other modes. */
  readonly liveAccount: string;
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly restart: RestartSettings;
}

/** When something happened. */
export interface Instant {
  /** Machine monotonic clock, milliseconds: deadlines, back-off, heartbeats. */
  readonly nowMs: number;
  /** Machine wall clock, epoch milliseconds: the daily start of a session that never learned the market clock. */
  readonly wallMs: number;
  /** Market clock, epoch milliseconds; null while it is not known. */
  readonly marketMs: number | null;
  /** In [0, 1), for the jitter. */
  readonly random: number;
}

export type Phase =
  | { readonly name: "waiting"; readonly retryAtMs: number }
  | { readonly name: "tcp"; readonly deadlineMs: number }
  | { readonly name: "version"; readonly deadlineMs: number }
  | {
      readonly name: "identity";
      readonly deadlineMs: number;
      readonly accounts: readonly string[] | null;
      readonly nextOrderId: number | null;
    }
  | { readonly name: "syncing"; readonly deadlineMs: number; readonly streams: Streams; readonly fresh: boolean }
  | { readonly name: "ready"; readonly sinceMs: number }
  | {
      readonly name: "degraded";
      readonly sinceMs: number;
      readonly escalated: boolean;
      readonly reason: string;
      /** What the syncing that follows has to deal with, when the gateway says that data was kept. */
      readonly streams: Streams;
      readonly fresh: boolean;
    }
  | { readonly name: "halted"; readonly reason: string; readonly connected: boolean; readonly sinceMs: number };

/** What is left of the market-data streams: all must be asked for again, or only those that are quiet. */
export type Streams = "all-gone" | "verify";

export interface Outage {
  readonly startedMs: number;
  readonly startedMarketMs: number | null;
  /** Began inside the window of the daily restart. */
  readonly planned: boolean;
  /** Market time at which a planned outage becomes an outage; null when not planned or already overdue. */
  readonly dueMarketMs: number | null;
  /** How much of it the operator was told; what was told is followed by news of its end. */
  readonly told: "nothing" | "lost" | "unstable" | "unreachable";
}

export interface Session {
  readonly phase: Phase;
  /** Number of the newest connection attempt; what older ones still say is not heard. */
  readonly connection: number;
  /** Failed attempts since the last time the session was ready. */
  readonly failures: number;
  /** Sessions in a row that ended soon after they were ready. */
  readonly drops: number;
  readonly account: string | null;
  readonly serverVersion: number | null;
  readonly frozen: boolean;
  /** The New York day whose restart is over, or was missed. */
  readonly restartedOn: string | null;
  readonly outage: Outage | null;
  readonly lastOutage: GatewayStatus["lastOutage"];
  readonly heartbeat: Heartbeat;
  /** What the gateway said before it hung up (326), which tells more than the hang-up. */
  readonly lastWords: string | null;
  /** What the newest failure looked like, for the status. */
  readonly lastFailure: string | null;
}

/** What a connection says; `connection` tells which. */
type Said =
  | { readonly type: "tcp-open" }
  | { readonly type: "version"; readonly serverVersion: number }
  | { readonly type: "accounts"; readonly accounts: readonly string[] }
  | { readonly type: "next-order-id"; readonly nextOrderId: number }
  | { readonly type: "time" }
  /** The snapshot is complete and reconciled. */
  | { readonly type: "synced" }
  | { readonly type: "notice"; readonly code: number; readonly text: string }
  | { readonly type: "read-only"; readonly text: string }
  | { readonly type: "closed"; readonly error: string | null };

export type SessionEvent =
  | { readonly type: "tick" }
  | { readonly type: "operator-reconnect"; readonly reason: string }
  | { readonly type: "operator-resume"; readonly reason: string }
  | ({ readonly connection: number } & Said);

export type SessionEffect =
  | { readonly type: "connect"; readonly connection: number }
  | { readonly type: "disconnect"; readonly connection: number }
  | { readonly type: "take-snapshot"; readonly connection: number }
  | { readonly type: "ask-time" }
  /** Orders written to the socket and not answered are unknown from here on. */
  | { readonly type: "session-lost"; readonly reason: string }
  | { readonly type: "became-ready"; readonly streams: Streams }
  | { readonly type: "verify-streams" }
  | { readonly type: "alert"; readonly alert: Alert };

export interface Decided {
  readonly session: Session;
  readonly effects: readonly SessionEffect[];
}
