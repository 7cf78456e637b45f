import type { Alert, GatewayStatus, Mode, WeeklyLogOut } from "#libs/contracts/mod.ts";
import type { Stage } from "./causes.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { RestartSettings } from "./restart-window.ts";

/** The vocabulary of the session's state machine; `decide.ts` is the machine. No clock, no socket. */

export interface SessionSettings {
  readonly mode: Mode;
  /** The one account that live trading may use; empty in the other modes. */
  readonly liveAccount: string;
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly restart: RestartSettings;
  /** Whether the exchange has a session on a New York date, "YYYY-MM-DD". */
  readonly isTradingDay: (date: string) => boolean;
  /** The gateway is the simulated one, which may live on any day. */
  readonly simulated: boolean;
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
      readonly sinceMarketMs: number | null;
      /** What the operator was told of it; nothing while it is expected. */
      readonly told: "nothing" | "lost" | "still-lost";
      /** How long it had lasted when it was last said loudly, milliseconds; 0 before that. */
      readonly toldAfterMs: number;
      readonly reason: string;
      /** What the syncing that follows has to deal with, when the gateway says that data was kept. */
      readonly streams: Streams;
      readonly fresh: boolean;
    }
  | {
      readonly name: "halted";
      readonly reason: string;
      readonly connected: boolean;
      readonly since: Pick<Instant, "wallMs" | "marketMs">;
      /** Why a bridge that starts anew goes on with it; null for one that is found again by looking. */
      readonly outlivesBridge: OutlivesBridge | null;
    };

export interface RestartSeen {
  /** Its New York day. */
  readonly day: string;
  /** When the gateway was first back, market time. */
  readonly atMs: number;
}

export interface AskedRestart {
  /** Machine monotonic clock. */
  readonly askedAtMs: number;
  /** The gateway was seen to be away since. */
  readonly seenAway: boolean;
}

export type OutlivesBridge = NonNullable<GatewayStatus["haltOutlivesBridgeFor"]>;

/** What is left of the market-data streams: all must be asked for again, or only those that are quiet. */
export type Streams = "all-gone" | "verify";

export interface Outage {
  readonly startedMs: number;
  readonly startedMarketMs: number | null;
  /** The connection was opened anew at the operator's word, and no attempt failed. */
  readonly byOperator: boolean;
  /** The gateway was found away, or nobody was connected who would have seen it go. */
  readonly gone: boolean;
  /** Began inside the window of the daily restart. */
  readonly planned: boolean;
  /** Why the gateway may be away, as long as it may be; null when it should be there. */
  readonly expected: Expected | null;
  /** How much of it the operator was told; what was told is followed by news of its end. */
  readonly told: "nothing" | "lost" | "unstable" | "unreachable";
}

export type Expected =
  /** The daily restart, until this time of the day clock. */
  | { readonly kind: "restart"; readonly dueMs: number }
  /** The weekly log-out, until somebody logs in. */
  | { readonly kind: "login" };

export interface Session {
  readonly phase: Phase;
  /** Number of the newest connection attempt; what older ones still say is not heard. */
  readonly connection: number;
  /** Failed attempts since the last time the session was ready. */
  readonly failures: number;
  /** Failed attempts in a row in which the gateway took the connection and then said nothing: a wedged one. */
  readonly silences: number;
  /** Sessions in a row that ended soon after they were ready. */
  readonly drops: number;
  readonly account: string | null;
  readonly serverVersion: number | null;
  readonly frozen: boolean;
  /** The New York day whose restart is over, or was missed. */
  readonly restartedOn: string | null;
  /** The newest daily restart from which the gateway was seen to come back; null before the first. */
  readonly restartSeen: RestartSeen | null;
  /** A restart of the gateway that IBC was asked for and that is not over; null when there is none. */
  readonly askedRestart: AskedRestart | null;
  readonly outage: Outage | null;
  readonly lastOutage: GatewayStatus["lastOutage"];
  readonly heartbeat: Heartbeat;
  /** What the gateway said before it hung up (326), which tells more than the hang-up. */
  readonly lastWords: string | null;
  /** What the newest failure looked like, for the status. */
  readonly lastFailure: string | null;
  /** The newest weekend whose log-out was dealt with; null before the first. */
  readonly weekly: WeeklyLogOut | null;
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
  /** IBC's log says that a login failed; the text says it, and what to do, in words for the operator. */
  | { readonly type: "login-trouble"; readonly text: string }
  /** IBC is about to be asked to restart the gateway. */
  | { readonly type: "restart-asked" }
  /** It said no, or was not there. */
  | { readonly type: "restart-called-off" }
  | ({ readonly connection: number } & Said);

/** What a bridge before this one left behind. */
export interface Kept {
  readonly weekly?: WeeklyLogOut | null;
  /** What it told last. */
  readonly status?: GatewayStatus | null;
  /** How long ago IBC was asked for a restart that may be still to come, milliseconds; null for none. */
  readonly restartAskedMsAgo?: number | null;
}

export type SessionEffect =
  | { readonly type: "connect"; readonly connection: number }
  | { readonly type: "disconnect"; readonly connection: number }
  | { readonly type: "take-snapshot"; readonly connection: number }
  | { readonly type: "ask-time" }
  /** Orders written to the socket and not answered are unknown from here on. */
  | { readonly type: "session-lost"; readonly reason: string }
  | { readonly type: "became-ready"; readonly streams: Streams }
  /** The gateway took the connection and did not answer; `times` in a row. */
  | { readonly type: "fell-silent"; readonly stage: Stage; readonly times: number }
  | { readonly type: "verify-streams" }
  /** To be kept where the next start finds it. */
  | { readonly type: "remember"; readonly weekly: WeeklyLogOut }
  | { readonly type: "alert"; readonly alert: Alert };

export interface Decided {
  readonly session: Session;
  readonly effects: readonly SessionEffect[];
}
