import type { ClientOrderId, Outcome } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { type Fact, fillProgress, orderFact } from "../orders/facts.ts";
import type { OrderIds } from "../orders/order-ids.ts";
import type { Recorder } from "../orders/recorder.ts";
import type { Venue } from "../orders/venue.ts";
import { dayOrderEndsMs } from "./day-end.ts";
import { DryRunEngine, type EngineOutput, type EngineQuote, type EngineTime } from "./engine.ts";

export interface DryRunOptions {
  readonly book: Book;
  readonly recorder: Recorder;
  readonly calendar: Calendar;
  readonly orderIds: OrderIds;
  readonly marketNowMs: () => number | null;
  /** The account that executions are booked on. */
  readonly account: () => string;
  /** The newest quote of a symbol, when it is fresh enough to fill on; else null. */
  readonly freshQuote: (symbol: string) => EngineQuote | null;
  /** Null when the session accepts orders; else why not. */
  readonly whyNot: () => string | null;
}

/** The dry-run engine as a place to send orders to: the same events and states as a broker, and nothing leaves. */
export class DryRunVenue implements Venue {
  readonly #options: DryRunOptions;
  readonly #engine = new DryRunEngine();

  constructor(options: DryRunOptions) {
    this.#options = options;
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
    this.#take(this.#engine.place(legs, this.#options.freshQuote(entry.symbol), at), at);
  }

  cancel(order: OpenOrder): Outcome {
    const outputs = this.#engine.cancel(order.clientOrderId, "canceled on request");
    if (outputs === undefined) return { ok: false, message: `${order.clientOrderId} is not at work` };
    this.#take(outputs, this.#time());
    return { ok: true, message: `${order.clientOrderId} is canceled` };
  }

  /** A fresh quote of a symbol. */
  onQuote(quote: EngineQuote): void {
    if (this.#engine.size === 0) return;
    const at = this.#time();
    if (at !== null) this.#take(this.#engine.onQuote(quote, at), at);
  }

  /** Call it now and then: day orders end by the clock. */
  onTime(): void {
    if (this.#engine.size === 0) return;
    const at = this.#time();
    if (at !== null) this.#take(this.#engine.onTime(at), at);
  }

  /**
   * Picks up where the last process ended. An order that was recorded as submitted and not accepted never reached
   * the engine: it is `not-sent`, as it would be at a broker that does not know it.
   */
  restore(): void {
    const { book, recorder } = this.#options;
    const lost: Fact[] = [];
    for (const order of book.open.values()) {
      if (order.status === "submitted" || order.status === "unknown") {
        lost.push(orderFact(order, "not-sent", "the bridge ended between recording and placing it"));
      } else {
        this.#engine.restore(
          { ...order, ...this.#executed(order), endsMs: this.#endsMs(order) },
          order.parentClientOrderId === null ? null : this.#bracket(order.parentClientOrderId),
        );
      }
    }
    recorder.take(lost);
  }

  #executed(order: OpenOrder): { filledValue: number; executions: number; commission: number } {
    let [filledValue, executions, commission] = [0, 0, 0];
    for (const execution of this.#options.book.executions.values()) {
      if (execution.clientOrderId !== order.clientOrderId) continue;
      filledValue += execution.quantity * execution.price;
      executions += 1;
      commission += execution.commission ?? 0;
    }
    return { filledValue, executions, commission };
  }

  #bracket(entry: ClientOrderId): { entryFilled: number; entryOver: boolean; exitFilled: number } {
    const { open, closed, executions } = this.#options.book;
    const entryFilled = open.get(entry)?.filledQuantity ?? closed.get(entry)?.filledQuantity ?? 0;
    const exits = new Set<ClientOrderId>();
    for (const order of open.values()) if (order.parentClientOrderId === entry) exits.add(order.clientOrderId);
    let exitFilled = 0;
    for (const { clientOrderId, quantity } of executions.values()) {
      if (clientOrderId !== null && exits.has(clientOrderId)) exitFilled += quantity;
    }
    return { entryFilled, entryOver: !open.has(entry), exitFilled };
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
    for (const output of outputs) {
      recorder.take(this.#facts(output, at?.marketMs ?? 0));
      const progress = output.type === "executed" ? fillProgress(book, output.clientOrderId) : undefined;
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
