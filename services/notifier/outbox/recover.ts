import { type Bus, readBatch, SIGNATURE_HEADER } from "#libs/bus/mod.ts";
import type { Alert } from "#libs/contracts/mod.ts";
import { alertMessage, deliveryMessage, type Envelope, matches } from "#libs/contracts/mod.ts";
import { monotonicNowMs, tradingDayOf, wallNowMs } from "#libs/time/mod.ts";
import { keyOf } from "../queue/entry.ts";

/** The most alerts taken over at a start; the rest is handed out as room is made. */
const PENDING_MAX = 4096;

export interface StoredAlert {
  readonly sequence: number;
  readonly envelope: Envelope<Alert>;
}

/** What the alert stream says at a start. */
export interface Recovered {
  /** Alerts without a receipt, in order. */
  readonly pending: readonly StoredAlert[];
  /** Keys of the alerts with a receipt that may be handed out again. */
  readonly ended: ReadonlySet<string>;
  /** Ids of the alerts that were raised since the time that was asked for. */
  readonly alertIds: ReadonlySet<string>;
  /** The newest alert of each code that this service raised in that time. */
  readonly ownByCode: ReadonlyMap<string, Envelope<Alert>>;
  readonly deliveredToday: number;
  readonly keptToday: number;
  /** Reading of the monotonic clock when the newest delivery was recorded; null when there is none in that time. */
  readonly lastDeliveryAtMs: number | null;
}

/**
 * Folds alerts and receipts, from the first alert that is not settled, or from `sinceMs` (machine clock, epoch
 * milliseconds) if that is earlier.
 */
export async function recover(bus: Bus, sinceMs: number): Promise<Recovered> {
  const [consumer, first] = await Promise.all([
    bus.manager.consumers.info("ALERTS", "notifier"),
    bus.manager.direct.getMessage("ALERTS", { start_time: Temporal.Instant.fromEpochMilliseconds(sinceMs).toString() }),
  ]);
  const unsettled = consumer.ack_floor.stream_seq + 1;
  const pending = new Map<string, StoredAlert>();
  const ended = new Set<string>();
  const alertIds = new Set<string>();
  const ownByCode = new Map<string, Envelope<Alert>>();
  const today = tradingDayOf(wallNowMs());
  let deliveredToday = 0;
  let keptToday = 0;
  let lastDeliveryAt: number | null = null;
  let through = Math.min(first?.seq ?? unsettled, unsettled) - 1;

  for (;;) {
    const batch = await readBatch(bus, "ALERTS", through + 1);
    if (batch.length === 0) break;
    for (const stored of batch) {
      through = stored.seq;
      if (matches(alertMessage.wildcard, stored.subject)) {
        const signature = stored.header.get(SIGNATURE_HEADER);
        const alert = bus.decodeSigned(alertMessage, stored.subject, stored.data, signature);
        // What cannot be read becomes a dead letter when the consumer hands it out.
        if (!alert.ok) continue;
        if (alert.envelope.publishedAt >= sinceMs) {
          alertIds.add(alert.envelope.id);
          if (alert.envelope.source === bus.context.identity) ownByCode.set(alert.envelope.data.code, alert.envelope);
        }
        if (stored.seq >= unsettled)
          pending.set(keyOf(alert.envelope.id, alert.envelope.publishedAt), {
            sequence: stored.seq,
            envelope: alert.envelope,
          });
      } else if (matches(deliveryMessage.wildcard, stored.subject)) {
        const signature = stored.header.get(SIGNATURE_HEADER);
        const receipt = bus.decodeSigned(deliveryMessage, stored.subject, stored.data, signature);
        if (!receipt.ok) continue;
        const key = keyOf(receipt.envelope.data.alertId, receipt.envelope.data.alertPublishedAt);
        if (pending.delete(key)) ended.add(key);
        if (receipt.envelope.data.outcome === "delivered") lastDeliveryAt = receipt.envelope.publishedAt;
        if (tradingDayOf(receipt.envelope.publishedAt) !== today) continue;
        if (receipt.envelope.data.outcome === "delivered") deliveredToday += 1;
        if (receipt.envelope.data.outcome === "kept") keptToday += 1;
      }
    }
  }

  const inOrder = [...pending.values()].sort((one, other) => one.sequence - other.sequence);
  return {
    pending: inOrder.slice(0, PENDING_MAX),
    ended,
    alertIds,
    ownByCode,
    deliveredToday,
    keptToday,
    lastDeliveryAtMs: lastDeliveryAt === null ? null : monotonicNowMs() - (wallNowMs() - lastDeliveryAt),
  };
}
