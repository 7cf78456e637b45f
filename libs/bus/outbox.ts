import { type ConsumerMessages, JetStreamApiError } from "@nats-io/jetstream";
import { type Alert, alertMessage, type Envelope } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import type { Bus } from "./bus.ts";
import { SIGNATURE_HEADER } from "./signature.ts";

/** Alerts handed out and not yet settled; what is above stays on the disk. */
const READ_AHEAD = 128;
const RETRY_DELAY_MS = 250;
/** JetStream's code. */
const CONSUMER_NOT_FOUND = 10014;

/** An alert taken from the outbox. It stays there, and comes again, until it is settled. */
export interface OutboxAlert {
  readonly envelope: Envelope<Alert>;
  readonly sequence: number;
  /** Marks it as dealt with; resolves when the server knows. */
  settle(): Promise<void>;
  /** Keeps it from being handed out again while it is still being dealt with. */
  working(): void;
}

/**
 * Follows the alert outbox in order. The handler must not throw, and settles each alert when it is delivered or
 * known to be undeliverable; until then the alert is on the disk and is handed out again after a crash.
 *
 * `ended` resolves when there is nothing to follow any more: the consumer that handed out these alerts was lost. One
 * that is made in its place knows of no alert as settled, so it is for a new start to tell from the receipts.
 */
export async function followAlerts(
  bus: Bus,
  handler: (alert: OutboxAlert) => void,
): Promise<{ stop(): void; readonly ended: Promise<void> }> {
  const consumer = await bus.jetstream.consumers.get("ALERTS", "notifier");
  const { created } = await consumer.info(true);
  // Left to itself, the client looks for a consumer that was lost only every 30 seconds.
  const consume = () => consumer.consume({ max_messages: READ_AHEAD, abort_on_missing_resource: true });
  let messages: ConsumerMessages = await consume();
  let stopped = false;

  const handOut = async () => {
    for await (const message of messages) {
      const signature = message.headers?.get(SIGNATURE_HEADER) ?? "";
      const decoded = bus.decodeSigned(alertMessage, message.subject, message.data, signature);
      if (!decoded.ok) {
        bus.keepDeadLetter(message.subject, decoded.reason, message.data);
        message.ack();
        continue;
      }
      handler({
        envelope: decoded.envelope,
        sequence: message.seq,
        settle: async () => {
          await message.ackAck();
        },
        working: () => message.working(),
      });
    }
  };

  /** Whether the server still has the consumer that was followed; asks until there is an answer. */
  const isStillThere = async (): Promise<boolean> => {
    while (!stopped && !bus.connection.isClosed()) {
      try {
        return (await consumer.info()).created === created;
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return false;
        bus.context.logger.warn({ error: String(error) }, "the alert outbox cannot be followed yet, trying again");
        await sleep(RETRY_DELAY_MS);
      }
    }
    return false;
  };

  const follow = async () => {
    for (;;) {
      try {
        await handOut();
      } catch (error) {
        bus.context.logger.warn({ error: String(error) }, "handing out alerts was cut off");
      }
      await sleep(RETRY_DELAY_MS);
      if (stopped || !(await isStillThere())) return;
      messages = await consume();
    }
  };
  return {
    stop: () => {
      stopped = true;
      messages.stop();
    },
    ended: follow(),
  };
}
