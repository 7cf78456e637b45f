import type { ConsumerMessages } from "@nats-io/jetstream";
import { type Alert, alertMessage, type Envelope } from "#libs/contracts/mod.ts";
import type { Bus } from "./bus.ts";
import { SIGNATURE_HEADER } from "./signature.ts";

/** Alerts handed out and not yet settled; what is above stays on the disk. */
const READ_AHEAD = 128;

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
 */
export async function followAlerts(
  bus: Bus,
  handler: (alert: OutboxAlert) => void,
): Promise<{ stop(): void; readonly ended: Promise<void> }> {
  const consumer = await bus.jetstream.consumers.get("ALERTS", "notifier");
  const messages: ConsumerMessages = await consumer.consume({ max_messages: READ_AHEAD });
  const ended = (async () => {
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
  })();
  return { stop: () => messages.stop(), ended };
}
