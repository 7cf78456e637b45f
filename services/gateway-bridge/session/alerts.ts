import type { Alert } from "#libs/contracts/mod.ts";
import { formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";
import type { Failure } from "./causes.ts";
import type { Outage, SessionSettings } from "./session.ts";
import type { Weekend } from "./weekend.ts";

/** The alerts of the session; their codes are listed in the README of this service. */

export const connectionLost = (failure: Failure): Alert => ({
  severity: "warning",
  code: "GATEWAY_CONNECTION_LOST",
  title: "The connection to IB Gateway is lost",
  text: `${sentence(failure.what)} No orders are sent until it is back; it is tried again without end. ${failure.cause}`,
  fields: [],
});

export const unstable = (failure: Failure, drops: number): Alert => ({
  severity: "critical",
  code: "GATEWAY_UNSTABLE",
  title: "The connection to IB Gateway comes and goes",
  text: `${drops} sessions in a row ended within a minute, the last because ${failure.what}. Orders pass only while it is there, and it is tried ever more slowly; you are told when it has been steady for a minute. Look at the gateway's window and log; restart the gateway if it goes on.`,
  fields: [],
});

export const steady = (): Alert => ({
  severity: "info",
  code: "GATEWAY_RECONNECTED",
  title: "The connection to IB Gateway is steady again",
  text: "It has been there for a minute, and orders are accepted.",
  fields: [],
});

export const unreachable = (failure: Failure, failures: number, settings: SessionSettings): Alert => ({
  severity: "critical",
  code: /\b326\b/.test(failure.what) ? "GATEWAY_CLIENT_ID_IN_USE" : "GATEWAY_UNREACHABLE",
  title: `IB Gateway cannot be reached (${STAGE_NAMES[failure.stage]})`,
  text: `${sentence(failure.what)} ${failure.cause} It is tried again without end; you are told when it is back.`,
  fields: [
    { name: "address", value: `${settings.host}:${settings.port}, client id ${settings.clientId}` },
    { name: "failed attempts", value: String(failures) },
  ],
});

const STAGE_NAMES: Record<Failure["stage"], string> = {
  tcp: "no TCP connection",
  "hang-up": "it hangs up before the handshake",
  version: "no answer to the handshake",
  identity: "no account or order id",
  snapshot: "queries are not answered",
  heartbeat: "it stopped answering",
  session: "connection lost",
};

/** @param restarted it is the daily restart that is over; a connection that only broke in its window is none */
export const reconnected = (
  { expected }: Outage,
  seconds: OutageSeconds,
  { restarted, acceptsOrders }: { readonly restarted: boolean; readonly acceptsOrders: boolean },
): Alert => ({
  severity: "info",
  ...backFrom(expected?.kind === "restart" && !restarted ? null : expected, seconds.marketSeconds),
  text: `What happened meanwhile was read before anything else, and market data is subscribed anew. ${
    acceptsOrders ? "Orders are accepted again." : "No order is sent before its restart is over."
  }`,
  fields: [
    { name: "outage, market time", value: `${seconds.marketSeconds} s` },
    { name: "outage, machine time", value: `${seconds.machineSeconds} s` },
  ],
});

function backFrom(expected: Outage["expected"], seconds: number): Pick<Alert, "code" | "title"> {
  switch (expected?.kind) {
    case "restart":
      return { code: "GATEWAY_RESTARTED", title: `IB Gateway is back from its daily restart after ${seconds} s` };
    case "login":
      return { code: "GATEWAY_LOGGED_IN", title: `IB Gateway is logged in again after ${seconds} s` };
    case undefined:
      return { code: "GATEWAY_RECONNECTED", title: `IB Gateway is back after ${seconds} s` };
  }
}

export interface OutageSeconds {
  readonly marketSeconds: number;
  readonly machineSeconds: number;
}

export const restartNotSeen = (): Alert => ({
  severity: "warning",
  code: "GATEWAY_RESTART_NOT_SEEN",
  title: "IB Gateway was to be restarted, and did not go down",
  text: "IBC was asked to restart it three minutes ago and the connection is still there. Orders are accepted again. If it was not answering, look at its window.",
  fields: [],
});

export const restartOverdue = (settings: SessionSettings, what: string): Alert => ({
  severity: "critical",
  code: "GATEWAY_RESTART_OVERDUE",
  title: "IB Gateway did not come back from its daily restart",
  text: `The window of ${settings.restart.windowMinutes} minutes after ${settings.restart.restartAt} New York is over and the gateway is still away: ${what}. Most likely it waits for a login or a second factor: look at its window. It is tried again without end.`,
  fields: [],
});

export const restartMissed = (settings: SessionSettings): Alert => ({
  severity: "warning",
  code: "GATEWAY_RESTART_MISSED",
  title: "IB Gateway did not restart today",
  text: `It was expected to restart at ${settings.restart.restartAt} New York and stayed connected. It leaks memory without its daily restart: check AutoRestartTime in the IBC configuration, and GATEWAY_RESTART_AT here.`,
  fields: [],
});

export const halted = (reason: string, todo: string): Alert => ({
  severity: "critical",
  code: "GATEWAY_SESSION_HALTED",
  title: "The gateway session is halted: no orders until you resume it",
  text: [reason, todo, "Then `npx crucible gateway resume`, or wait for the next daily start."]
    .filter((part) => part !== "")
    .join(" "),
  fields: [],
});

export const loginTrouble = (text: string): Alert => ({
  severity: "warning",
  code: "GATEWAY_LOGIN_TROUBLE",
  title: "IBC reports a login that failed, while the session works",
  text: `${text} The session with the gateway goes on, and orders are accepted as before.`,
  fields: [],
});

export const brokerLost = (text: string): Alert => ({
  severity: "warning",
  code: "GATEWAY_LOST_BROKER",
  title: "IB Gateway lost its connection to Interactive Brokers",
  text: `${text} No new orders; orders resting at the exchange keep working, and what is executed is still recorded. It usually comes back by itself within minutes (server reset, network).`,
  fields: [],
});

/** @param account of a paper account the id begins with D; its login needs no second factor. */
export const loginEnds = (sunday: string, account: string | null): Alert => ({
  severity: "warning",
  code: "GATEWAY_LOGIN_ENDS",
  title: "IB Gateway's login ends this weekend",
  text: `On Sunday ${sunday} at 01:00 New York the week's login ends, and the gateway's next start after it (its daily restart of Sunday at the latest) asks for a new one. ${
    account?.startsWith("D")
      ? "A paper login needs no second factor: IBC does it by itself, if it runs."
      : "Have the phone for the second factor at hand then, best on Sunday before the restart."
  } Until it is done the gateway cannot be reached; you are told once when that begins and once when it is over.`,
  fields: [],
});

export const awaitingLogin = ({ overdueMs }: Weekend): Alert => ({
  severity: "warning",
  code: "GATEWAY_AWAITING_LOGIN",
  title: "IB Gateway waits for its weekly login",
  text: `The week's login is over and the gateway cannot be reached: log in at its window, or confirm the second factor on the phone. If it does, nothing is lost: the markets are closed. It is tried again without end; you are told when it is back, and loudly if it still waits at ${newYorkMoment(overdueMs)} New York.`,
  fields: [],
});

export const loginOverdue = (lastFailure: string | null): Alert => ({
  severity: "critical",
  code: "GATEWAY_LOGIN_OVERDUE",
  title: "IB Gateway still waits for its weekly login, and the next session is near",
  text: `Log in at the gateway's window, or confirm the second factor on the phone: without it nothing is traded and no position is watched. The last attempt: ${lastFailure ?? "no answer"}. It is tried again without end; you are told when it is back.`,
  fields: [],
});

const newYorkMoment = (epochMs: number): string => `${tradingDayOf(epochMs)} ${formatNewYorkTime(epochMs).slice(0, 5)}`;

export const tooFast = (code: number, text: string): Alert => ({
  severity: "critical",
  code: "GATEWAY_TOO_FAST",
  title: "IB Gateway says that too many messages were sent",
  text: `It said ${code}: ${text}. It hangs up after the third time. The bridge sends at most 45 messages a second, so most likely another program uses the same client; if there is none, this is a defect of the bridge.`,
  fields: [],
});

export const brokerStillLost = (minutes: number): Alert => ({
  severity: "critical",
  code: "GATEWAY_BROKER_STILL_LOST",
  title: `IB Gateway has had no connection to Interactive Brokers for ${minutes} minutes`,
  text: "Outside the nightly server reset this usually means a second login took the session, or the gateway shows a login window. Look at the gateway's window and at the network.",
  fields: [],
});

export const brokerRestored = (dataLost: boolean): Alert => ({
  severity: "info",
  code: "GATEWAY_BROKER_RESTORED",
  title: "IB Gateway is connected to Interactive Brokers again",
  text: dataLost
    ? "Its data streams were lost: all are subscribed again, and orders are compared with the broker first."
    : "Its data streams were kept: each is checked, and orders are compared with the broker first.",
  fields: [],
});

export const portChanged = (text: string): Alert => ({
  severity: "critical",
  code: "GATEWAY_PORT_CHANGED",
  title: "IB Gateway changed its API port",
  text: `${text} Set IBKR_PORT to the new port, then \`npm stop\` and \`npm start\`.`,
  fields: [],
});

/** What was seen, as a sentence of its own; what the operating system says begins with a small letter. */
function sentence(what: string): string {
  const begun = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
