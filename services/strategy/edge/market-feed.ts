import type { Bus } from "#libs/bus/mod.ts";
import {
  type Bar,
  type BarInterval,
  barIntervalSchema,
  barMessage,
  clockMessage,
  type Envelope,
  type Quote,
  quoteMessage,
} from "#libs/contracts/mod.ts";
import type { Run } from "../core/run.ts";

interface FeedOptions {
  readonly onBar: (bar: Envelope<Bar>) => void;
  readonly onQuote: (quote: Envelope<Quote>) => void;
  readonly onClock: (marketTimeMs: number, messageId: string) => void;
}

/** Market data of the symbols that some strategy wants, and no other. */
export class MarketFeed {
  readonly #bus: Bus;
  readonly #options: FeedOptions;
  readonly #subscriptions = new Map<string, { stop(): void }>();
  #bars: readonly (readonly [BarInterval, string])[] = [];

  constructor(bus: Bus, options: FeedOptions) {
    this.#bus = bus;
    this.#options = options;
    bus.subscribe(clockMessage, (envelope) => options.onClock(envelope.data.marketTimeMs, envelope.id));
  }

  /** Follows what these strategies want; what none of them wants any more is dropped. */
  follow(runs: readonly Run[]): void {
    const wanted = new Map<string, () => { stop(): void }>();
    const bars = new Map<string, readonly [BarInterval, string]>();
    for (const { definition, plan } of runs) {
      for (const symbol of plan.symbols) {
        for (const interval of definition.bars ?? [barIntervalSchema.enum["1m"]]) {
          const subject = barMessage.subject(interval, symbol);
          bars.set(subject, [interval, symbol]);
          wanted.set(subject, () => this.#bus.subscribe(barMessage, this.#options.onBar, subject));
        }
        if (definition.onQuote === undefined) continue;
        const subject = quoteMessage.subject(symbol);
        wanted.set(subject, () => this.#bus.subscribe(quoteMessage, this.#options.onQuote, subject));
      }
    }
    for (const [subject, subscription] of this.#subscriptions) {
      if (wanted.has(subject)) continue;
      subscription.stop();
      this.#subscriptions.delete(subject);
    }
    for (const [subject, subscribe] of wanted) {
      if (!this.#subscriptions.has(subject)) this.#subscriptions.set(subject, subscribe());
    }
    this.#bars = [...bars.values()];
  }

  /** Reads the newest bar of each subject: the one that came while nobody listened. Repetitions are no harm. */
  async readNewest(): Promise<void> {
    for (const [interval, symbol] of this.#bars) {
      const bar = await this.#bus.lastValue(barMessage, [interval, symbol]);
      if (bar !== null) this.#options.onBar(bar);
    }
  }

  stop(): void {
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    this.#subscriptions.clear();
  }
}
