import type { Alert } from "#libs/contracts/mod.ts";
import type { Failure } from "./causes.ts";
import type { Outage, SessionSettings } from "./session.ts";

/** The alerts of the session; their codes are listed in the README of this service. */

export const connectionLost = (failure: Failure): Alert => ({
  severity: "warning",
  code: "GATEWAY_CONNECTION_LOST",
  title: "The connection to IB Gateway is lost",
  text: `${failure.what}. No orders are sent until it is back; it is tried again without end. ${failure.cause}`,
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
  text: `${failure.what}. ${failure.cause} It is tried again without end; you are told when it is back.`,
  fields: [
    { name: "address", value: `${settings.host}:${settings.port}, client id ${settings.clientId}` },
    { name: "failed attempts", value: String(failures) },
  ],
});

const STAGE_NAMES: Record<Failure["stage"], string> = {
  tcp: "no TCP connection",
  version: "no answer to the handshake",
  identity: "no account or order id",
  snapshot: "queries are not answered",
  session: "connection lost",
};

export const reconnected = (outage: Outage, seconds: OutageSeconds): Alert => ({
  severity: "info",
  code: outage.planned && outage.dueMarketMs !== null ? "GATEWAY_RESTARTED" : "GATEWAY_RECONNECTED",
  title:
    outage.planned && outage.dueMarketMs !== null
      ? `IB Gateway is back from its daily restart after ${seconds.marketSeconds} s`
      : `IB Gateway is back after ${seconds.marketSeconds} s`,
  text: "What happened meanwhile was read before anything else, market data is subscribed anew, and orders are accepted again.",
  fields: [
    { name: "outage, market time", value: `${seconds.marketSeconds} s` },
    { name: "outage, machine time", value: `${seconds.machineSeconds} s` },
  ],
});

export interface OutageSeconds {
  readonly marketSeconds: number;
  readonly machineSeconds: number;
}

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
  text: `${reason} ${todo} Then resume the bridge (control.gateway-bridge.resume), or wait for the next daily start.`,
  fields: [],
});

export const brokerLost = (text: string): Alert => ({
  severity: "warning",
  code: "GATEWAY_LOST_BROKER",
  title: "IB Gateway lost its connection to Interactive Brokers",
  text: `${text} No new orders; orders resting at the exchange keep working, and what is executed is still recorded. It usually comes back by itself within minutes (server reset, network).`,
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
  text: `${text} Set IBKR_PORT to the new port and restart the bridge.`,
  fields: [],
});
