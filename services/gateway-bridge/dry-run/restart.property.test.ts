import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  approvalSchema,
  type ClientOrderId,
  type DryRunMemory,
  orderIntentSchema,
  TERMINAL_ORDER_STATUSES,
} from "#libs/contracts/mod.ts";
import { createCalendar } from "#libs/time/mod.ts";
import { applyApproval, applyFill, applyOrderEvent, type Book, copyOf, emptyBook } from "../orders/book.ts";
import { type Fact, firstEvent } from "../orders/facts.ts";
import { legsOf } from "../orders/legs.ts";
import { OrderIds } from "../orders/order-ids.ts";
import { OPEN } from "../testing/dry-run-orders.ts";
import { fixedCommission } from "./commission.ts";
import type { EngineQuote } from "./matching.ts";
import { DryRunVenue } from "./venue.ts";

/*
 * A bridge in dry-run is killed at any moment: between any two records of the ledger, with whatever was kept of its
 * stops by then. What must hold is read from the ledger alone, as anybody else would read it.
 */

type Recorded = Fact | { readonly kind: "approval"; readonly intent: ReturnType<typeof intentOf> };

const intentOf = (name: string, terms: object) =>
  orderIntentSchema.parse({
    clientOrderId: name,
    strategy: "test",
    symbol: "SPY",
    side: "buy",
    quantity: 100,
    order: { type: "market" },
    timeInForce: "gtc",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: "",
    ...terms,
  });

/** One life of the bridge: its working book, its venue, and the one ledger all lives share. */
class Life {
  readonly book: Book;
  readonly venue: DryRunVenue;
  readonly #ledger: Recorded[];
  quote: EngineQuote | null = null;

  constructor(ledger: Recorded[], keep: (memory: DryRunMemory) => void) {
    this.#ledger = ledger;
    this.book = folded(ledger);
    this.venue = new DryRunVenue({
      book: this.book,
      recorder: { take: (facts) => facts.forEach((fact) => void this.#record(fact)) },
      calendar: createCalendar(),
      orderIds: new OrderIds({
        highestInLedger: this.book.highestOrderId,
        reservedUpTo: 0,
        keep: async () => undefined,
      }),
      marketNowMs: () => OPEN.marketMs,
      account: () => "DRY-RUN",
      freshQuote: () => this.quote,
      whyNot: () => null,
      keepMemory: keep,
      alert: () => undefined,
    });
  }

  /** What the worker does with an approval. */
  submit(intent: ReturnType<typeof intentOf>): void {
    this.#record({ kind: "approval", intent });
    for (const leg of legsOf(intent)) {
      this.#record({ kind: "order", event: firstEvent(leg, "submitted", this.venue.nextOrderId(), null) });
    }
    const group = legsOf(intent).flatMap(({ clientOrderId }) => this.book.open.get(clientOrderId) ?? []);
    this.venue.place(group, { mayStillSend: () => true, onDropped: () => expect.unreachable() });
  }

  cancel(id: ClientOrderId): void {
    const order = this.book.open.get(id);
    if (order !== undefined) this.venue.cancel(order);
  }

  trade(price: number, size: number): void {
    const [bid, ask] = [price - 1, price + 1];
    const common = {
      symbol: "SPY",
      bid,
      ask,
      bidSize: size,
      askSize: size,
      last: price,
      halted: false,
      delayed: false,
    };
    this.quote = { ...common, trade: null };
    this.venue.onQuote({ ...common, trade: { price, size } });
  }

  #record(what: Recorded): void {
    apply(this.book, what);
    this.#ledger.push(what);
  }
}

function apply(book: Book, what: Recorded): void {
  if (what.kind === "order") applyOrderEvent(book, what.event, OPEN.marketMs);
  else if (what.kind === "fill") applyFill(book, what.fill);
  else applyApproval(book, approvalOf(what.intent), `approval-${what.intent.clientOrderId}`);
}

const approvalOf = (intent: ReturnType<typeof intentOf>) =>
  approvalSchema.parse({
    intent,
    approvedAtMonotonicMs: 1000,
    expiresAtMonotonicMs: 3000,
    expiresAt: 50_000,
    reducesRisk: false,
    reserved: { notional: 0, dayTrade: false },
  });

function folded(ledger: readonly Recorded[]): Book {
  const book = emptyBook();
  for (const what of ledger) apply(book, what);
  return copyOf(book);
}

const price = fc.integer({ min: 94, max: 106 });
/** Also beyond the exits of every bracket. */
const tradedAt = fc.integer({ min: 91, max: 109 });
const terms = fc.record({
  side: fc.constantFrom("buy" as const, "sell" as const),
  order: fc.oneof(
    fc.constant({ type: "market" }),
    price.map((limitPrice) => ({ type: "limit", limitPrice })),
    price.map((stopPrice) => ({ type: "stop", stopPrice })),
    fc.tuple(price, price).map(([stopPrice, limitPrice]) => ({ type: "stop-limit", stopPrice, limitPrice })),
    fc.constant({ type: "trailing-stop", trail: { by: "amount", amount: 2 }, initialStopPrice: null }),
  ),
  timeInForce: fc.constantFrom("gtc" as const, "ioc" as const),
  group: fc.constantFrom(undefined, "one", "two"),
  bracket: fc.boolean(),
});
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("submit" as const), terms }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("trade" as const),
      price: tradedAt,
      size: fc.integer({ min: 0, max: 150 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: "time" as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(life: Life, steps: readonly Step[], prefix: string): void {
  for (const [at, what] of steps.entries()) {
    if (what.do === "trade") life.trade(what.price, what.size);
    else if (what.do === "time") life.venue.onTime();
    else if (what.do === "cancel") {
      const ids = [...life.book.open.keys()];
      const id = ids[what.which % Math.max(1, ids.length)];
      if (id !== undefined) life.cancel(id);
    } else {
      const { group, bracket, timeInForce, side, order } = what.terms;
      const name = `${prefix}${at}`;
      const [lower, higher] = [93, 107];
      const exits = {
        stopLoss: { clientOrderId: `${name}-s`, stopPrice: side === "buy" ? lower : higher },
        takeProfit: { clientOrderId: `${name}-t`, limitPrice: side === "buy" ? higher : lower },
      };
      const one = { side, order, bracket: bracket ? exits : null };
      // An order of a group waits beside the others: it is never immediate.
      life.submit(
        intentOf(name, group === undefined ? { ...one, timeInForce } : { ...one, oneCancelsAllGroup: group }),
      );
    }
  }
}

/** The ledger as anybody reads it: what each order filled, and how it ended. */
function verdict(ledger: readonly Recorded[]): void {
  const legs = ledger.flatMap((what) => (what.kind === "approval" ? legsOf(what.intent, OPEN.marketMs) : []));
  const fills = ledger.flatMap((what) => (what.kind === "fill" ? [what.fill] : []));
  const events = ledger.flatMap((what) => (what.kind === "order" ? [what.event] : []));
  const executions = fills.flatMap((fill) => (fill.kind === "execution" ? [fill] : []));
  const ids = executions.map(({ executionId }) => executionId);
  expect(new Set(ids).size, "each execution once").toBe(ids.length);
  const commissions = new Map(
    fills.flatMap((fill) => (fill.kind === "commission" ? [[fill.executionId, fill.commission] as const] : [])),
  );
  expect([...commissions.keys()].sort(), "each execution has its commission").toEqual(ids.sort());
  const filled = (id: ClientOrderId) =>
    executions.reduce((sum, { clientOrderId, quantity }) => sum + (clientOrderId === id ? quantity : 0), 0);

  for (const leg of legs) {
    const own = events.filter(({ clientOrderId }) => clientOrderId === leg.clientOrderId);
    const ends = own.filter(({ status }) => TERMINAL_ORDER_STATUSES.has(status));
    expect(ends.length, `${leg.clientOrderId} ends once`).toBeLessThanOrEqual(1);
    if (ends.length > 0) expect(own.at(-1)).toBe(ends[0]);
    expect(filled(leg.clientOrderId)).toBeLessThanOrEqual(leg.quantity);
    if (filled(leg.clientOrderId) === leg.quantity) expect(own.at(-1)?.status).toBe("filled");
    const mine = executions.filter(({ clientOrderId }) => clientOrderId === leg.clientOrderId);
    const value = mine.reduce((sum, { quantity, price: at }) => sum + quantity * at, 0);
    const paid = mine.reduce((sum, { executionId }) => sum + (commissions.get(executionId) ?? 0), 0);
    expect(paid, "the commission of the whole order").toBeCloseTo(fixedCommission(filled(leg.clientOrderId), value), 6);
    if (leg.parentClientOrderId === null) continue;
    const accepted = (id: ClientOrderId) =>
      events.some(({ clientOrderId, status }) => clientOrderId === id && status === "accepted");
    expect(accepted(leg.clientOrderId), "an entry works with its protection").toBe(accepted(leg.parentClientOrderId));
  }
  for (const { clientOrderId: entry } of legs) {
    const exits = legs.filter(({ parentClientOrderId }) => parentClientOrderId === entry);
    const closed = exits.reduce((sum, { clientOrderId }) => sum + filled(clientOrderId), 0);
    expect(closed, "exits close no more than the entry opened").toBeLessThanOrEqual(filled(entry));
    const isOver = events.some((event) => event.clientOrderId === entry && TERMINAL_ORDER_STATUSES.has(event.status));
    if (!isOver || closed === 0 || closed < filled(entry)) continue;
    const last = executions.findLast((one) => exits.some(({ clientOrderId }) => clientOrderId === one.clientOrderId));
    const end = events.findLast(({ clientOrderId }) => clientOrderId === last?.clientOrderId);
    // An exit that was canceled by hand after it traded stays so.
    const byHand = end?.reason === "canceled on request";
    if (!byHand) expect(end?.status, "the exit that closed the last share is filled").toBe("filled");
  }
  for (const group of new Set(legs.flatMap(({ oneCancelsAllGroup }) => oneCancelsAllGroup ?? []))) {
    const traded = legs.filter((leg) => leg.oneCancelsAllGroup === group && filled(leg.clientOrderId) > 0);
    expect(traded.length, "one order of a group trades").toBeLessThanOrEqual(1);
  }
}

describe("a dry-run that is killed at any moment", () => {
  it("keeps its promises, whatever of its memory is lost (property)", () => {
    const steps = fc.array(step, { minLength: 4, maxLength: 25 });
    fc.assert(
      fc.property(steps, steps, fc.nat(), fc.nat({ max: 5 }), (before, after, crash, lag) => {
        const whole: Recorded[] = [];
        const kept: { readonly length: number; readonly memory: DryRunMemory }[] = [];
        play(new Life(whole, (memory) => kept.push({ length: whole.length, memory })), before, "a");
        const ledger = whole.slice(0, crash % (whole.length + 1));
        const onDisk = kept.filter(({ length }) => length <= ledger.length);
        const next = new Life(ledger, () => undefined);
        next.venue.restore(onDisk.at(-1 - lag)?.memory ?? null);
        for (const order of next.book.open.values()) {
          const waits = "stopPrice" in order.order || "trail" in order.order;
          if (order.parentClientOrderId === null && !waits) expect(order.timeInForce).not.toBe("ioc");
          expect(order.filledQuantity, `${order.clientOrderId} is not over`).toBeLessThan(order.quantity);
        }
        play(next, after, "b");
        verdict(ledger);
      }),
      { numRuns: 500 },
    );
  });

  it("never takes a trigger back: it is kept before anything that follows from it is recorded", () => {
    const ledger: Recorded[] = [];
    const kept: { readonly length: number; readonly memory: DryRunMemory }[] = [];
    const life = new Life(ledger, (memory) => kept.push({ length: ledger.length, memory }));
    life.submit(intentOf("a", { side: "sell", order: { type: "stop-limit", stopPrice: 99, limitPrice: 98.5 } }));
    const before = ledger.length;
    // It trades through the stop, and the bid is below the limit: triggered, and nothing is filled.
    life.trade(98, 100);
    expect(kept.at(-1)).toMatchObject({
      length: before,
      memory: { orders: [{ clientOrderId: "a", triggered: true }] },
    });
    const next = new Life([...ledger], () => undefined);
    next.venue.restore(kept.at(-1)?.memory ?? null);
    next.trade(101, 100);
    expect(next.book.closed.get(approvalOf(intentOf("a", {})).intent.clientOrderId)?.status).toBe("filled");
  });
});
