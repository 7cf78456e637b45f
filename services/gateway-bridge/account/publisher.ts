import type { Bus } from "#libs/bus/mod.ts";
import { type AccountSummary, accountSummaryMessage, type Position, positionMessage } from "#libs/contracts/mod.ts";
import type { Book } from "../orders/book.ts";

/** Machine time between two summaries when nothing changes: they also say that the bridge lives. */
const SUMMARY_INTERVAL_MS = 30_000;
/**
 * How long changes are gathered: a fill comes as execution, commission, position and account values, and what they
 * add up to is one fact, not four that stand in an order's way to the disk.
 */
const GATHER_MS = 50;
/** Differences below this are rounding of averages, not news. */
const PRICE_TOLERANCE = 1e-6;

export interface AccountPublisherOptions {
  readonly bus: Bus;
  readonly book: Book;
  readonly nowMs: () => number;
  /** The account as it stands; null while it is not known. */
  readonly summary: () => AccountSummary | null;
  /** What is held, by the truth of this mode: the broker's, or the dry-run account's; null while it is not known. */
  readonly positions: () => readonly Position[] | null;
  readonly onRefused: (error: unknown) => void;
}

/** Records the account: the summary on change and every 30 s, a position when it changes. */
export class AccountPublisher {
  readonly #options: AccountPublisherOptions;
  #summaryAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AccountPublisherOptions) {
    this.#options = options;
  }

  /** Something changed; it is published soon, once for many changes. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.publish(), GATHER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Call it now and then. @param ready whether the account's figures can be current. */
  onTime(ready: boolean): void {
    if (ready && this.#options.nowMs() - this.#summaryAtMs >= SUMMARY_INTERVAL_MS) this.publish();
  }

  publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { bus, nowMs, summary, onRefused } = this.#options;
    this.#publishPositions();
    const figures = summary();
    if (figures === null) return;
    this.#summaryAtMs = nowMs();
    bus.record(accountSummaryMessage, [], figures).catch(onRefused);
  }

  #publishPositions(): void {
    const { bus, book, positions, onRefused } = this.#options;
    const held = positions();
    if (held === null) return;
    const gone = [...book.published].filter(
      ([symbol, { quantity, explained }]) =>
        (quantity !== 0 || !explained) && !held.some((position) => position.symbol === symbol),
    );
    const account = held[0]?.account ?? this.#options.summary()?.account ?? "";
    const flat = gone.map(
      ([symbol]): Position => ({ account, symbol, quantity: 0, averageCost: 0, explained: true, difference: 0 }),
    );
    for (const position of [...held, ...flat]) {
      const before = book.published.get(position.symbol);
      const same =
        before !== undefined &&
        before.quantity === position.quantity &&
        before.explained === position.explained &&
        before.difference === position.difference &&
        Math.abs(before.averageCost - position.averageCost) < PRICE_TOLERANCE;
      if (same || (before === undefined && position.quantity === 0 && position.explained)) continue;
      const { quantity, averageCost, explained, difference } = position;
      book.published.set(position.symbol, { quantity, averageCost, explained, difference });
      bus.record(positionMessage, [position.symbol], position).catch(onRefused);
    }
  }
}
