import type { Bus } from "#libs/bus/mod.ts";
import { type Bar, barsMessage } from "#libs/contracts/mod.ts";
import type { History } from "#libs/strategy-kit/mod.ts";
import { type MarketClock, monotonicNowMs, sleep } from "#libs/time/mod.ts";
import type { Run } from "../core/run.ts";
import type { Alerts } from "./alerts.ts";
import { noHistory } from "./conditions.ts";

/** The bridge answers within this, if only to say when to ask again. */
const ANSWER_TIMEOUT_MS = 30_000;
/** How long a question that failed is left alone, at most; machine time. */
const RETRY_MS = 5000;
/** How long into the session a strategy waits for its past, machine time: it may hold a position. */
const PATIENCE_MS = 60_000;

interface WarmUpsOptions {
  readonly bus: Bus;
  readonly clock: MarketClock;
  readonly alerts: Alerts;
  /** The past of one symbol, for a strategy; it comes back as an event, in its turn. */
  readonly onHistory: (strategy: string, history: History) => void;
}

/**
 * Asks the bridge for the past that strategies need before their day begins, until it is there, or until the session
 * has been open for a minute without it. A strategy begins late rather than without, and without rather than never.
 */
export class WarmUps {
  readonly #options: WarmUpsOptions;
  readonly #asking = new Map<string, AbortController>();

  constructor(options: WarmUpsOptions) {
    this.#options = options;
  }

  /** Asks for all that a strategy awaits. */
  begin(run: Run): void {
    const { strategy } = run.plan;
    this.end(strategy);
    if (run.memory.awaits.length === 0) return;
    const abort = new AbortController();
    this.#asking.set(strategy, abort);
    for (const symbol of run.memory.awaits) void this.#askFor(run, symbol, abort.signal);
  }

  /** Asks no more for a strategy. */
  end(strategy: string): void {
    this.#asking.get(strategy)?.abort();
    this.#asking.delete(strategy);
  }

  stop(): void {
    for (const strategy of [...this.#asking.keys()]) this.end(strategy);
  }

  async #askFor(run: Run, symbol: string, signal: AbortSignal): Promise<void> {
    const { alerts, onHistory } = this.#options;
    const { warmUp } = run.definition;
    if (warmUp === undefined) return;
    const { interval } = warmUp;
    let openSinceMs: number | null = null;
    for (;;) {
      const asked = await this.#ask(run, symbol);
      if (signal.aborted) return;
      if ("bars" in asked) {
        onHistory(run.plan.strategy, { symbol, interval, bars: asked.bars });
        return;
      }
      const isOpen = (this.#options.clock.nowMs() ?? 0) >= run.plan.session.openMs;
      if (isOpen) openSinceMs ??= monotonicNowMs();
      const patienceIsOver = openSinceMs !== null && monotonicNowMs() - openSinceMs >= PATIENCE_MS;
      if (asked.retryAfterMs === null || patienceIsOver) {
        alerts.once(noHistory(run.plan.strategy, symbol, asked.reason, run.plan.tradingDay));
        onHistory(run.plan.strategy, { symbol, interval, bars: [] });
        return;
      }
      await sleep(Math.min(asked.retryAfterMs, RETRY_MS), signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #ask(
    run: Run,
    symbol: string,
  ): Promise<{ readonly bars: readonly Bar[] } | { readonly reason: string; readonly retryAfterMs: number | null }> {
    const { interval = "1m", count = 1 } = run.definition.warmUp ?? {};
    const query = { symbol, interval, until: null, count, outsideRegularHours: false };
    try {
      const reply = await this.#options.bus.request(barsMessage, [], query, { timeoutMs: ANSWER_TIMEOUT_MS });
      return reply.outcome === "answered" ? { bars: reply.bars } : reply;
    } catch (error) {
      // The bridge is away, or too busy to answer: it is asked again like a broker that says so.
      return { reason: error instanceof Error ? error.message : String(error), retryAfterMs: RETRY_MS };
    }
  }
}
