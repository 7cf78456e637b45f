import type { Refusal } from "../broker/refusal.ts";
import { errorMessage } from "../protocol/responses.ts";
import type { Session } from "./session.ts";

/** Refusals that more than one kind of request can meet. */

export function refuse(session: Session, reqId: number, refusal: Refusal): void {
  session.send(errorMessage(reqId, refusal.code, refusal.text));
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
