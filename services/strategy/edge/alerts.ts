import type { Bus } from "#libs/bus/mod.ts";
import type { Severity } from "#libs/contracts/mod.ts";

export interface NewAlert {
  /** Two alerts of the same key are one, until the condition is cleared. */
  readonly key: string;
  readonly severity: Severity;
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

/** Conditions remembered; above it the oldest may be told a second time. */
const REMEMBERED_MAX = 10_000;

/** One alert on entering a condition, not one a tick. */
export class Alerts {
  readonly #bus: Bus;
  readonly #raised = new Set<string>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  once({ key, severity, code, title, text }: NewAlert): void {
    if (this.#raised.has(key)) return;
    const [oldest] = this.#raised;
    if (oldest !== undefined && this.#raised.size >= REMEMBERED_MAX) this.#raised.delete(oldest);
    this.#raised.add(key);
    this.#bus.alert({ severity, code, title, text, fields: [] }).catch((error: unknown) => {
      this.#bus.context.logger.error({ alert: code, error: String(error) }, "an alert could not be kept");
    });
  }

  /** The condition is over: the next time is a new alert. */
  clear(key: string): void {
    this.#raised.delete(key);
  }
}
