import { currentTime, errorMessage, managedAccounts, nextValidId } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import type { Session } from "./session.ts";

/** Farm reports after the start of a session. A real Gateway sends them as its farms connect (tws.md 8.8). */
const farmReports: readonly (readonly [code: number, text: string])[] = [
  [2104, "Market data farm connection is OK:usfarm"],
  [2106, "HMDS data farm connection is OK:ushmds"],
  [2158, "Sec-def data farm connection is OK:secdefil"],
];

/** What follows START_API: accounts, then the next id, then the farms. */
export function welcome(context: GatewayContext, session: Session, clientId: number): void {
  session.send(managedAccounts([context.account().account]));
  if (context.faults().connection === "no-next-valid-id") return;
  session.send(nextValidId(context.broker.nextOrderId(clientId)));
  for (const [code, text] of farmReports) session.send(errorMessage(-1, code, text));
}

/** A second request within this time goes unanswered (ib_insync#604, gateway 10.19 and later). */
const currentTimeSilenceMs = 1000;

export function answerCurrentTime(context: GatewayContext, session: Session, machineNowMs: number): void {
  const elapsedMs = machineNowMs - session.lastCurrentTimeRequestMs;
  session.lastCurrentTimeRequestMs = machineNowMs;
  if (elapsedMs < currentTimeSilenceMs) return;
  session.send(currentTime(context.clock.nowS()));
}
