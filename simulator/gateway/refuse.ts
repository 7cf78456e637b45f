import type { Refusal } from "../broker/refusal.ts";
import { errorMessage } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import type { Session } from "./session.ts";

/** Refusals that more than one kind of request can meet. */

export function refuse(session: Session, reqId: number, refusal: Refusal): void {
  session.send(errorMessage(reqId, refusal.code, refusal.text));
}

/** Whatever one client asks, the others keep their gateway: the fault is logged and answered, not passed on. */
export function answerFailure(context: GatewayContext, session: Session, fields: unknown, error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.log("error", "request failed", { session: session.number, fields, reason });
  session.send(errorMessage(-1, 320, "Error reading request. See the log of the simulated gateway."));
}

export const duplicateTickerId: Refusal = processingError("Duplicate ticker id");

export const tooManyTickers: Refusal = { code: 101, text: "Max number of tickers has been reached" };

export function noSuchTicker(reqId: number): Refusal {
  return { code: 300, text: `Can't find EId with tickerId:${reqId}` };
}

export function historicalError(cause: string): Refusal {
  return { code: 162, text: `Historical Market Data Service error message:${cause}` };
}

export const pacingViolation: Refusal = historicalError("Historical data request pacing violation");

/** 322, the code for a request that is well-formed and cannot be served. */
export function processingError(cause: string): Refusal {
  return { code: 322, text: `Error processing request.-'bO' : cause - ${cause}` };
}
