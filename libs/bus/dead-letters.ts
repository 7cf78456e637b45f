import type { z } from "zod";
import { type Alert, deadLetterMessage, SERVICES, type ServiceName } from "#libs/contracts/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import type { BusLogger } from "./logger.ts";

/** As much of a payload as a dead letter keeps. */
const PAYLOAD_BYTES_MAX = 64 * 1024;
/** A flood of garbage is one alert a minute and subject, not a flood of alerts; every payload is kept all the same. */
const ALERT_INTERVAL_MS = 60_000;

/** What the keeping of dead letters needs of the bus. */
interface Recorder {
  readonly context: { readonly identity: string; readonly logger: BusLogger };
  record(
    message: typeof deadLetterMessage,
    params: [string],
    data: z.infer<typeof deadLetterMessage.data>,
  ): Promise<unknown>;
  alert(alert: Alert): Promise<void>;
}

/** Keeps payloads that failed their schema, with the reason, and raises an alert. */
export class DeadLetters {
  readonly #bus: Recorder;
  readonly #alertedAtMs = new Map<string, number>();

  constructor(bus: Recorder) {
    this.#bus = bus;
  }

  keep(subject: string, reason: string, payload: Uint8Array): void {
    const { identity, logger } = this.#bus.context;
    logger.error({ subject, reason }, "a payload failed its schema");
    if (!isService(identity)) return;
    void this.#record(identity, subject, reason, payload).catch((error: unknown) => {
      logger.error({ subject, error: String(error) }, "a dead letter could not be kept");
    });
  }

  async #record(service: ServiceName, subject: string, reason: string, payload: Uint8Array): Promise<void> {
    const payloadBase64 = Buffer.from(payload.subarray(0, PAYLOAD_BYTES_MAX)).toString("base64");
    // That it cannot be kept (its stream may be full) must not keep the alert back.
    const kept = await this.#bus.record(deadLetterMessage, [service], { subject, reason, payloadBase64 }).then(
      () => "It is kept in the DEAD_LETTERS stream",
      (error: unknown) => `It could NOT be kept (${error instanceof Error ? error.message : String(error)})`,
    );
    const now = monotonicNowMs();
    const alertedAt = this.#alertedAtMs.get(subject);
    if (alertedAt !== undefined && now - alertedAt < ALERT_INTERVAL_MS) return;
    if (this.#alertedAtMs.size > 1000) this.#alertedAtMs.clear();
    this.#alertedAtMs.set(subject, now);
    await this.#bus.alert({
      severity: "warning",
      code: "DEAD_LETTER",
      title: `A message on ${subject} could not be read`,
      text: `${kept}; nothing acted on it. ${service} refused it: ${reason}`,
      fields: [],
    });
  }
}

const isService = (identity: string): identity is ServiceName => (SERVICES as readonly string[]).includes(identity);
