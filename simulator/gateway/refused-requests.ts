import { invalidRequest, type Refusal } from "../broker/refusal.ts";
import type { RequestName } from "../protocol/messages.ts";
import { noSuchTicker, processingError } from "./refuse.ts";

/**
 * What the simulated account is not entitled to, by request: the error a real gateway gives an individual account
 * without subscriptions to research data.
 */
export const refusedRequests = {
  REQ_FUNDAMENTAL_DATA: () => ({ code: 10358, text: "Fundamentals data is not allowed" }),
  CANCEL_FUNDAMENTAL_DATA: noSuchTicker,
  REQ_WSH_META_DATA: () => ({ code: 10276, text: "News feed is not allowed" }),
  CANCEL_WSH_META_DATA: () => ({ code: 10280, text: "Failed cancel WSH metadata" }),
  // Metadata was never given out, so it has not been asked for successfully before.
  REQ_WSH_EVENT_DATA: () => ({ code: 10282, text: "WSH metadata not requested" }),
  CANCEL_WSH_EVENT_DATA: () => ({ code: 10284, text: "Fail cancel WSH event data" }),
  REQ_FA: () => notAnAdvisor,
  REPLACE_FA: () => notAnAdvisor,
  // Only for programs that IBKR has certified.
  VERIFY_REQUEST: () => notVerifiable,
  VERIFY_MESSAGE: () => notVerifiable,
  VERIFY_AND_AUTH_REQUEST: () => notVerifiable,
  VERIFY_AND_AUTH_MESSAGE: () => notVerifiable,
  START_API: () => processingError("The API is started already"),
} as const satisfies Partial<Record<RequestName, (reqId: number) => Refusal>>;

const notAnAdvisor = invalidRequest("FA data operations ignored for non FA customers.");
const notVerifiable = invalidRequest("Verification is not enabled for this client");

export type RefusedRequest = keyof typeof refusedRequests;
