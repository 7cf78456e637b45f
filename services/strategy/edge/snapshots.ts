import type { Bus } from "#libs/bus/mod.ts";
import { type StrategyState, strategyStateMessage } from "#libs/contracts/mod.ts";
import { wallNowMs } from "#libs/time/mod.ts";
import { trimmed } from "../core/book.ts";
import { type Run, type RunMemory, runMemorySchema } from "../core/run.ts";

/** At most one acknowledged snapshot of a strategy in this time. */
const INTERVAL_MS = 250;
/** Executions and ended orders a snapshot remembers: only for the facts between it and the books' own snapshot. */
const REMEMBERED_IN_SNAPSHOT = 32;

/** Keeps `strategy.state.<strategy>` at what each strategy is. */
export class Snapshots {
  readonly #bus: Bus;
  readonly #runOf: (strategy: string) => Run | undefined;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #saving = new Set<string>();

  constructor(bus: Bus, runOf: (strategy: string) => Run | undefined) {
    this.#bus = bus;
    this.#runOf = runOf;
  }

  /**
   * Sends the snapshot without waiting for its acknowledgement. The server reads one connection in order, so a
   * question sent after it can only be known together with it; waiting for the disk would cost each order a write.
   */
  ahead(run: Run): void {
    this.#bus.publish(strategyStateMessage, [run.plan.strategy], snapshotOf(run));
    this.soon(run.plan.strategy);
  }

  /** Saves within a quarter of a second what the strategy is by then. */
  soon(strategy: string): void {
    if (this.#timers.has(strategy)) return;
    this.#timers.set(
      strategy,
      setTimeout(() => {
        this.#timers.delete(strategy);
        if (this.#saving.has(strategy)) this.soon(strategy);
        else void this.#save(strategy);
      }, INTERVAL_MS),
    );
  }

  /** Saves every strategy named and waits until the snapshots are on the disk. */
  async flush(strategies: Iterable<string>): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all([...strategies].map((strategy) => this.#save(strategy)));
  }

  /** What a strategy remembers of a trading day; undefined when it has nothing that can be read. */
  async read(strategy: string, tradingDay: string): Promise<RunMemory | undefined> {
    const stored = await this.#bus.lastValue(strategyStateMessage, [strategy]);
    if (stored === null || stored.data.tradingDay !== tradingDay) return undefined;
    const memory = runMemorySchema.safeParse(stored.data.state);
    if (memory.success) return memory.data;
    this.#bus.context.logger.warn({ strategy }, "the snapshot is of another version: the strategy starts anew");
    return undefined;
  }

  async #save(strategy: string): Promise<void> {
    const run = this.#runOf(strategy);
    if (run === undefined) return;
    this.#saving.add(strategy);
    try {
      await this.#bus.record(strategyStateMessage, [strategy], snapshotOf(run));
    } catch (error) {
      this.#bus.context.logger.error({ strategy, error: String(error) }, "a snapshot could not be saved");
    } finally {
      this.#saving.delete(strategy);
    }
  }
}

function snapshotOf({ plan, memory }: Run): StrategyState {
  const { status, reason, tradingDay, lastSequence, book } = memory;
  return {
    strategy: plan.strategy,
    status,
    reason,
    tradingDay,
    lastSequence,
    savedAt: wallNowMs(),
    // `sealState` has checked that the strategy's part is JSON; the rest is by its types.
    state: { ...memory, book: trimmed(book, REMEMBERED_IN_SNAPSHOT) } as StrategyState["state"],
  };
}
