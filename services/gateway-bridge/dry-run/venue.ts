import type { Alert, ClientOrderId, DryRunMemory, Outcome } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { type Fact, fillProgress, orderFact } from "../orders/facts.ts";
import type { OrderIds } from "../orders/order-ids.ts";
import type { Recorder } from "../orders/recorder.ts";
import type { Venue } from "../orders/venue.ts";
import { heldBack } from "./alerts.ts";
import { dayOrderEndsMs } from "./day-end.ts";
import { DELAYED_FILL } from "./delayed.ts";
import { DryRunEngine, type EngineOutput, type EngineTime } from "./engine.ts";
import type { EngineQuote } from "./matching.ts";
import { bracketOf, executedOf, filledGroups, unrecorded } from "./restart.ts";

export interface DryRunOptions {
  readonly book: Book;
  readonly recorder: Pick<Recorder, "take">;
  readonly calendar: Calendar;
  readonly orderIds: OrderIds;
  readonly marketNowMs: () => number | null;
  /** The account that executions are booked on. */
  readonly account: () => string;
  /** The newest quote of a symbol, when it is fresh enough to fill on; else null. */
  readonly freshQuote: (symbol: string) => EngineQuote | null;
  /** Null when the session accepts orders; else why not. */
  readonly whyNot: () => string | null;
  readonly alert: (alert: Alert) => void;
  /** Keeps what the ledger does not tell of the orders at work, for {@link DryRunVenue.restore}. */
  readonly keepMemory: (memory: DryRunMemory) => void;
}

/** The dry-run engine as a place to send orders to: the same events and states as a broker, and nothing leaves. */
export class DryRunVenue implements Venue {
  readonly #options: DryRunOptions;
  readonly #engine: DryRunEngine;
  /** Symbols of which the operator knows that their entries wait for live prices. */
  readonly #toldHeldBack = new Set<string>();
  #keptVersion = 0;
  #keptTriggers = 0;

  constructor(options: DryRunOptions) {
    this.#options = options;
    this.#engine = new DryRunEngine((symbol) => options.book.holdings.get(symbol)?.quantity ?? 0);
  }

  whyNot(): string | null {
    return this.#options.marketNowMs() === null ? "no market clock is known yet" : this.#options.whyNot();
  }

  nextOrderId(): number {
    return this.#options.orderIds.next();
  }

  place(group: readonly OpenOrder[], guard: { mayStillSend: () => boolean; onDropped: () => void }): void {
    const at = this.#time();
    const [entry] = group;
    if (at === null || entry === undefined || !guard.mayStillSend()) {
      guard.onDropped();
      return;
    }
    const legs = group.map((order) => ({ ...order, endsMs: this.#endsMs(order) }));
    const quote = this.#options.freshQuote(entry.symbol);
    if (quote?.delayed && this.#engine.opens(entry)) this.#tellHeldBack(entry.symbol, entry.clientOrderId);
    this.#take(this.#engine.place(legs, quote, at), at);
  }

  cancel(order: OpenOrder): Outcome {
    const outputs = this.#engine.cancel(order.clientOrderId, "canceled on request");
    if (outputs === undefined) return { ok: false, message: `${order.clientOrderId} is not at work` };
    this.#take(outputs, this.#time());
    return { ok: true, message: `${order.clientOrderId} is canceled` };
  }

  cancelAll(reason: string): number {
    const count = this.#engine.size;
    this.#take(this.#engine.cancelAll(reason), this.#time());
    return count;
  }

  /** A fresh quote of a symbol. */
  onQuote(quote: EngineQuote): void {
    if (!quote.delayed) this.#toldHeldBack.delete(quote.symbol);
    if (this.#engine.size === 0) {
      this.#engine.passBy(quote);
      return;
    }
    const at = this.#time();
    if (at === null) return;
    this.#take(this.#engine.onQuote(quote, at), at);
    const waiting = quote.delayed ? this.#engine.entryIn(quote.symbol) : null;
    if (waiting !== null) this.#tellHeldBack(quote.symbol, waiting);
  }

  #tellHeldBack(symbol: string, clientOrderId: ClientOrderId): void {
    if (this.#toldHeldBack.has(symbol)) return;
    this.#toldHeldBack.add(symbol);
    this.#options.alert(heldBack(symbol, clientOrderId));
  }

  /** Call it now and then: day orders end by the clock. */
  onTime(): void {
    this.#keepMemory();
    if (this.#engine.size === 0) return;
    const at = this.#time();
    if (at !== null) this.#take(this.#engine.onTime(at), at);
  }

  /** At the pace of the clock, not of the market: a stop that follows a trade moves many times a second. */
  #keepMemory(): void {
    const version = this.#engine.memoryVersion;
    if (version === this.#keptVersion) return;
    this.#keptVersion = version;
    this.#keptTriggers = this.#engine.triggered;
    this.#options.keepMemory(this.#engine.memory());
  }

  /**
   * Picks up where the last process ended. The ledger says what traded; what a crash kept from being recorded after
   * an execution is recorded now, and what follows from it is done. An order that was recorded as submitted and not
   * accepted never reached the engine: it is `not-sent`, as it would be at a broker that does not know it.
   *
   * @param memory what was kept last; null when nothing was: then stops stand where they began
   */
  restore(memory: DryRunMemory | null): void {
    const { book, recorder } = this.#options;
    const kept = new Map(memory?.orders.map(({ clientOrderId, ...state }) => [clientOrderId, state]));
    recorder.take(unrecorded(book));
    this.#engine.restoreGroups(filledGroups(book));
    for (const order of book.open.values()) {
      const { parentClientOrderId: entry } = order;
      this.#engine.restore(
        {
          ...order,
          ...executedOf(book, order),
          endsMs: this.#endsMs(order),
          kept: kept.get(order.clientOrderId) ?? null,
        },
        entry === null ? null : bracketOf(book, entry),
      );
    }
    this.#take(this.#engine.settle(), this.#time());
  }

  #endsMs(order: OpenOrder): number | null {
    const submittedAt = order.submittedAt ?? this.#options.marketNowMs();
    if (order.timeInForce !== "day" || submittedAt === null) return null;
    return dayOrderEndsMs(this.#options.calendar, submittedAt, order.outsideRegularHours);
  }

  #time(): EngineTime | null {
    const marketMs = this.#options.marketNowMs();
    return marketMs === null ? null : { marketMs, phase: this.#options.calendar.phaseAt(marketMs) };
  }

  #take(outputs: readonly EngineOutput[], at: EngineTime | null): void {
    const { book, recorder } = this.#options;
    if (this.#engine.triggered !== this.#keptTriggers) this.#keepMemory();
    for (const output of outputs) {
      recorder.take(this.#facts(output, at?.marketMs ?? 0));
      if (output.type !== "executed") continue;
      const progress = fillProgress(book, output.clientOrderId, null, output.delayed ? DELAYED_FILL : null);
      if (progress !== undefined) recorder.take([progress]);
    }
  }

  #facts(output: EngineOutput, marketMs: number): Fact[] {
    const order = this.#options.book.open.get(output.clientOrderId);
    if (order === undefined) return [];
    switch (output.type) {
      case "accepted":
        return [orderFact(order, "accepted", null)];
      case "ended":
        return [orderFact(order, output.status, output.reason)];
      case "executed": {
        const executionId = `dry-${output.clientOrderId}-${output.number}`;
        const common = { executionId, symbol: order.symbol };
        return [
          {
            kind: "fill",
            fill: {
              ...common,
              kind: "execution",
              corrects: null,
              clientOrderId: order.clientOrderId,
              permId: null,
              account: this.#options.account(),
              side: order.side,
              quantity: output.quantity,
              price: output.price,
              executedAt: marketMs,
            },
          },
          { kind: "fill", fill: { ...common, kind: "commission", commission: output.commission } },
        ];
      }
    }
  }
}
