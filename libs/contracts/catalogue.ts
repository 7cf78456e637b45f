import { alertMessage, deadLetterMessage, deliveryMessage } from "./alerts.ts";
import { dryRunMemoryMessage } from "./dry-run.ts";
import { planLimitsMessage } from "./gameplan.ts";
import {
  acceptedPositionMessage,
  accountSummaryMessage,
  foreignOrderMessage,
  gatewayStatusMessage,
  ibcLogMessage,
  ibcMessage,
  interestMessage,
  orderIdsMessage,
  positionMessage,
  weeklyLogOutMessage,
} from "./gateway.ts";
import { barsMessage, contractMessage } from "./history.ts";
import { barMessage, clockMessage, quoteMessage } from "./market-data.ts";
import { controlMessage, healthMessage, snapshotMessage } from "./operation.ts";
import {
  approvedMessage,
  cancelMessage,
  cancelStandingMessage,
  deniedMessage,
  fillMessage,
  intentMessage,
  orderEventMessage,
  whatIfMessage,
} from "./orders.ts";
import { closeOutMessage, limitUseMessage, riskStateMessage } from "./risk.ts";
import { assessMessage, dayTradesMessage } from "./risk-answers.ts";
import { signalMessage, strategyStateMessage } from "./strategy.ts";
import type { MessageType } from "./subject.ts";

/** Every message of the platform; subjects, permissions, streams and `docs/subjects.md` are made from this table. */
export const CATALOGUE: readonly MessageType[] = [
  quoteMessage,
  barMessage,
  clockMessage,
  gatewayStatusMessage,
  ibcMessage,
  weeklyLogOutMessage,
  orderIdsMessage,
  ibcLogMessage,
  accountSummaryMessage,
  positionMessage,
  acceptedPositionMessage,
  foreignOrderMessage,
  barsMessage,
  contractMessage,
  intentMessage,
  whatIfMessage,
  approvedMessage,
  deniedMessage,
  cancelMessage,
  cancelStandingMessage,
  orderEventMessage,
  fillMessage,
  riskStateMessage,
  limitUseMessage,
  closeOutMessage,
  planLimitsMessage,
  assessMessage,
  dayTradesMessage,
  signalMessage,
  strategyStateMessage,
  interestMessage,
  snapshotMessage,
  dryRunMemoryMessage,
  alertMessage,
  deliveryMessage,
  deadLetterMessage,
  controlMessage,
  healthMessage,
];

/** The message whose subject this is; undefined for a subject that nobody defined. */
export function messageOf(subject: string): MessageType | undefined {
  return CATALOGUE.find((message) => matches(message.wildcard, subject));
}

/** Whether a subject falls under a filter with NATS wildcards (`*` one token, `>` the rest). */
export function matches(filter: string, subject: string): boolean {
  const want = filter.split(".");
  const have = subject.split(".");
  for (const [index, token] of want.entries()) {
    if (token === ">") return have.length > index;
    if (have[index] === undefined || (token !== "*" && token !== have[index])) return false;
  }
  return want.length === have.length;
}
