import { alertMessage, deadLetterMessage } from "./alerts.ts";
import { CATALOGUE } from "./catalogue.ts";
import { type Identity, inboxPrefixOf, SERVICES, type ServiceName } from "./identity.ts";
import { CONTROL_VERBS, controlMessage, healthMessage, snapshotMessage } from "./operation.ts";
import { CONSUMERS } from "./streams.ts";
import type { MessageType } from "./subject.ts";

/** What one identity may do on the bus; NATS refuses everything else. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether it may answer requests it received. */
  readonly allowResponses: boolean;
}

/**
 * The permissions of an identity, derived from the catalogue.
 *
 * No running identity may create a consumer: whoever may do that on a stream can have the server push the stream's
 * messages onto a subject it may not publish itself (law 1). The ledger is read through a durable pull consumer that
 * setup made, and by direct get.
 */
export function permissionsOf(identity: Identity): Permissions {
  // It makes streams and consumers, and says nothing. What it could have the server say is not signed (law 1).
  if (identity === "setup") {
    return { publish: ["$JS.API.>"], subscribe: [`${inboxPrefixOf(identity)}.>`], allowResponses: false };
  }
  return {
    publish: [
      ...CATALOGUE.filter((message) => message.publishers.includes(identity)).map((message) =>
        publishSubject(message, identity),
      ),
      ...jetStreamSubjects(identity),
    ],
    subscribe: [
      `${inboxPrefixOf(identity)}.>`,
      ...CATALOGUE.filter((message) => message.subscribers.includes(identity)).map((message) => message.wildcard),
      ...(isService(identity) ? CONTROL_VERBS[identity].map((verb) => controlMessage.subject(identity, verb)) : []),
    ],
    allowResponses: isService(identity),
  };
}

/** A message whose last parameter names the publisher is narrowed to that publisher's own subject. */
function publishSubject(message: MessageType, identity: Identity): string {
  if (message === healthMessage) return healthMessage.subject(identity);
  if (message === snapshotMessage) return snapshotMessage.subject(identity);
  if (message === deadLetterMessage) return deadLetterMessage.subject(identity);
  if (message === alertMessage) return `alerts.*.${identity}`;
  return message.wildcard;
}

function jetStreamSubjects(identity: Identity): string[] {
  const reads = [
    ...["LEDGER", "MARKET_DATA", "STATE"],
    // The notifier folds its delivery receipts, so that an alert handed out again after a crash is not sent again.
    ...(identity === "operator" || identity === "notifier" ? ["ALERTS"] : []),
    ...(identity === "operator" ? ["DEAD_LETTERS"] : []),
  ];
  return [
    ...reads.flatMap((stream) => [
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.DIRECT.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}.>`,
    ]),
    ...CONSUMERS.filter((consumer) => consumer.durable === identity).flatMap(({ stream, durable }) => [
      `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
      // Both shapes of the acknowledgement subject: the server announced the second as a coming default.
      `$JS.ACK.${stream}.${durable}.>`,
      `$JS.ACK.*.*.${stream}.${durable}.>`,
    ]),
  ];
}

const isService = (identity: Identity): identity is ServiceName => (SERVICES as readonly string[]).includes(identity);
