import type { Alert } from "#libs/contracts/mod.ts";

/** Alerts of the bridge that are not the session's; all codes are listed in the README of this service. */

export const garbage = (text: string): Alert => ({
  severity: "warning",
  code: "GATEWAY_GARBAGE",
  title: "IB Gateway sent something that makes no sense",
  text: `${text.slice(0, 500)}. The stream cannot be followed, so the connection is opened anew. ${VERSIONS}`,
  fields: [],
});

/** @param last whether others that follow within the hour are not told */
export const leftOut = (text: string, last: boolean): Alert => ({
  severity: "warning",
  code: "GATEWAY_GARBAGE",
  title: "IB Gateway sent something that cannot be, and it was left out",
  text: `${text}. Nothing was made of it; the connection goes on. ${last ? "More of it, in the next hour, is in the log alone. " : ""}${VERSIONS}`,
  fields: [],
});

const VERSIONS = "If it happens again, the gateway's version and this bridge's may not fit.";

export const handlerFailed = (error: string): Alert => ({
  severity: "critical",
  code: "BRIDGE_DEFECT",
  title: "The bridge failed on a message of the gateway",
  text: `A defect of the bridge: ${error.slice(0, 1000)}. The message was not acted on; the connection is opened anew, and everything is compared with the broker.`,
  fields: [],
});

export const ledgerWentBackwards = (remembered: number, found: number): Alert => ({
  severity: "critical",
  code: "LEDGER_WENT_BACKWARDS",
  title: "The ledger holds less than the bridge has seen: no new entries",
  text: `It ends at ${found}, and the bridge remembers ${remembered}. The store was damaged or replaced. Only orders that reduce risk are sent. Stop the platform, put the newest backup of the store folder of this mode back in place, and start again.`,
  fields: [],
});
