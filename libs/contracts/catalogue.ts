import { alertMessage, deadLetterMessage, deliveryMessage } from "./alerts.ts";
import { accountSummaryMessage, gatewayStatusMessage, interestMessage, positionMessage } from "./gateway.ts";
import { barMessage, clockMessage, quoteMessage } from "./market-data.ts";
import { controlMessage, healthMessage, snapshotMessage } from "./operation.ts";
import {
  approvedMessage,
  cancelMessage,
  deniedMessage,
  fillMessage,
  intentMessage,
  orderEventMessage,
} from "./orders.ts";
import { limitUseMessage, riskStateMessage } from "./risk.ts";
import { signalMessage, strategyStateMessage } from "./strategy.ts";
import type { MessageType } from "./subject.ts";

/** Every message of the platform; subjects, permissions, streams and `docs/subjects.md` are made from this table. */
export const CATALOGUE: readonly MessageType[] = [
  quoteMessage,
  barMessage,
  clockMessage,
  gatewayStatusMessage,
  accountSummaryMessage,
  positionMessage,
  intentMessage,
  approvedMessage,
  deniedMessage,
  cancelMessage,
  orderEventMessage,
  fillMessage,
  riskStateMessage,
  limitUseMessage,
  signalMessage,
  strategyStateMessage,
  interestMessage,
  snapshotMessage,
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
