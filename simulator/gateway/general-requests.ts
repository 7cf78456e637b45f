import { currentTime, managedAccounts, nextValidId } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { reportFarms } from "./farms.ts";
import type { Session } from "./session.ts";

/** What follows START_API: accounts, then the next id, then the farms. */
export function welcome(context: GatewayContext, session: Session, clientId: number): void {
  session.send(managedAccounts([context.account().account]));
  const { connection, nextValidIdDelayMs } = context.faults();
  if (connection === "no-next-valid-id") return;
  if (nextValidIdDelayMs === 0) proposeId(context, session, clientId);
  else context.later(nextValidIdDelayMs, () => proposeId(context, session, clientId));
}

function proposeId(context: GatewayContext, session: Session, clientId: number): void {
  if (session.isGone) return;
  session.send(nextValidId(context.broker.nextOrderId(clientId)));
  session.hasNextValidId = true;
  reportFarms(context, session);
  context.see({ kind: "ready" });
}

/** A second request within this time goes unanswered (ib_insync#604, gateway 10.19 and later). */
const currentTimeSilenceMs = 1000;

export function answerCurrentTime(context: GatewayContext, session: Session, machineNowMs: number): void {
  const elapsedMs = machineNowMs - session.lastCurrentTimeRequestMs;
  session.lastCurrentTimeRequestMs = machineNowMs;
  if (elapsedMs < currentTimeSilenceMs) return;
  session.send(currentTime(context.clock.nowS()));
}
