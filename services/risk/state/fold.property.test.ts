import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { approvedMessage, deniedMessage, fillMessage, orderEventMessage } from "#libs/contracts/mod.ts";
import { dayResult } from "../evaluate/day-result.ts";
import { assess } from "../evaluate/evaluate.ts";
import { CALENDAR, intent, LIMITS, World } from "../testing/world.ts";
import { type Book, leavesOf, type OpenOrder } from "./book.ts";
import { linesOf } from "./lines.ts";
import { dayOf, heldQuantity, symbolBook } from "./positions.ts";
import { loadBook, saveBook } from "./snapshot.ts";

// Random days: entries, exits, brackets, partial fills, cancels, rejections, lost sessions, commissions before and after
// their executions, corrections, repeats and restarts at any point.

const SYMBOLS = ["SPY", "IBM"] as const;
const MARK = 100;
const OPENING = 95;

const symbol = fc.constantFrom(...SYMBOLS);
const pick = fc.nat({ max: 50 });
const stepArbitrary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("enter" as const),
      symbol,
      quantity: fc.integer({ min: 1, max: 60 }),
      price: fc.integer({ min: 100, max: 110 }),
      bracket: fc.nat({ max: 4 }).map((die) => die === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("exit" as const), symbol, quantity: fc.integer({ min: 1, max: 25 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("fill" as const),
      pick,
      quantity: fc.integer({ min: 1, max: 60 }),
      eventFirst: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      pick,
      status: fc.constantFrom("canceled" as const, "rejected" as const, "expired" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unknown" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("commission" as const), pick, early: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("correct" as const), pick, price: fc.integer({ min: 90, max: 110 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("repeat" as const), pick }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "tomorrow" as const }) },
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Plays one step the way the bridge and the strategies would. */
class Play extends World {
  #serial = 0;
  readonly #executed = new Map<string, number>();

  step(step: Step): void {
    const open = [...this.book.orders.values()].filter((order) => order.settled === null);
    const order = "pick" in step ? open[step.pick % Math.max(1, open.length)] : undefined;
    switch (step.kind) {
      case "enter":
        this.#next();
        this.decide(
          intent({
            symbol: step.symbol,
            quantity: step.quantity,
            order: { type: "limit", limitPrice: step.price },
            bracket: step.bracket ? this.#bracket() : null,
          } as Parameters<typeof intent>[0]),
        );
        return;
      case "exit":
        this.#next();
        this.decide(intent({ symbol: step.symbol, side: "sell", quantity: step.quantity, order: { type: "market" } }));
        return;
      case "fill":
        if (order) this.#fill(order, step.quantity, step.eventFirst);
        return;
      case "end":
        if (order) this.event(order.clientOrderId, step.status, { filledQuantity: order.executed });
        return;
      case "unknown":
        if (order) this.event(order.clientOrderId, "unknown");
        return;
      case "commission":
        this.#commission(step.pick, step.early);
        return;
      case "correct":
        this.#correct(step.pick, step.price);
        return;
      case "repeat": {
        const events = this.ledger.filter(isRepeatable);
        const event = events[step.pick % Math.max(1, events.length)];
        if (event) this.replay(event);
        return;
      }
      case "restart":
        this.book = loadBook(saveBook(this.book));
        return;
      case "tomorrow":
        this.#tomorrow();
    }
  }

  /** Ends every open order and delivers what was filled. */
  settle(): void {
    for (const order of [...this.book.orders.values()]) {
      if (!this.book.orders.has(order.clientOrderId) || order.settled !== null) continue;
      this.event(order.clientOrderId, "canceled", { filledQuantity: order.executed });
    }
  }

  /** Shares that working exits may take: an exit its own, of a bracket's two the larger, once its entry has filled. */
  workingExits(name: string): number {
    const groups = Object.groupBy(
      [...this.book.orders.values()].filter((order) => order.symbol === name && order.side === "sell"),
      (order) => order.group,
    );
    let shares = 0;
    for (const [group, orders = []] of Object.entries(groups)) {
      const entry = this.book.orders.get(group);
      const waits = entry !== undefined && entry.role === "entry" && entry.executed === 0;
      if (!waits) shares += Math.max(...orders.map(leavesOf));
    }
    return shares;
  }

  #next(): void {
    this.#serial += 1;
    this.monotonicMs += 2500;
    for (const name of SYMBOLS) this.quote(name, MARK);
  }

  #bracket() {
    return {
      stopLoss: { clientOrderId: `stop-${this.#serial}-${this.ledger.length}`, stopPrice: 90 },
      takeProfit: { clientOrderId: `target-${this.#serial}-${this.ledger.length}`, limitPrice: 120 },
    };
  }

  #fill(order: OpenOrder, wanted: number, eventFirst: boolean): void {
    const { clientOrderId, symbol: name, side } = order;
    // A protective order wakes with its entry's first fill, and sells no more than that.
    const held = heldQuantity(symbolBook(this.book, name));
    const awake = Math.min(held, (this.#executed.get(order.group) ?? 0) - order.executed);
    const available = Math.min(leavesOf(order), order.role === "protective" ? Math.max(0, awake) : leavesOf(order));
    const quantity = Math.min(wanted, available);
    if (quantity === 0) return;
    const executed = order.executed + quantity;
    const done = executed === order.quantity;
    const event = () =>
      this.event(clientOrderId, done ? "filled" : "partially-filled", {
        filledQuantity: executed,
        leavesQuantity: order.quantity - executed,
      });
    if (eventFirst) event();
    this.#executed.set(clientOrderId, executed);
    this.execution({
      clientOrderId,
      symbol: name,
      side,
      quantity,
      price: MARK,
      executionId: `x.${this.ledger.length}.01`,
    });
    if (!eventFirst) event();
    if (order.role !== "protective") return;
    for (const twin of [...this.book.orders.values()]) {
      if (twin.group !== order.group || twin.role !== "protective" || twin.clientOrderId === clientOrderId) continue;
      this.event(twin.clientOrderId, "canceled", { filledQuantity: twin.executed });
    }
  }

  #commission(at: number, early: boolean): void {
    const ids = [...this.book.executions.keys()];
    const executionId = early ? `x.${this.ledger.length + 1}.01` : ids[at % Math.max(1, ids.length)];
    if (executionId === undefined) return;
    this.feed(fillMessage, { kind: "commission", executionId, symbol: "SPY", commission: 1 + (at % 3) });
  }

  #correct(at: number, price: number): void {
    const fills = this.ledger.flatMap((event) => event.as(fillMessage)?.data ?? []);
    const executions = fills.filter((fill) => fill.kind === "execution" && fill.corrects === null);
    const original = executions[at % Math.max(1, executions.length)];
    if (original?.kind !== "execution") return;
    const executionId = original.executionId.replace(/\.01$/, ".02");
    this.feed(fillMessage, { ...original, executionId, corrects: original.executionId, price });
  }

  #tomorrow(): void {
    const day = CALENDAR.nextTradingDay(this.book.session?.tradingDay ?? "2026-11-23");
    this.setTime(day, "10:00");
    this.summary();
    if (this.ledger.length % 2 === 0) return;
    const held = SYMBOLS.filter((name) => heldQuantity(symbolBook(this.book, name)) !== 0);
    this.riskState({ tradingDay: day, openingPrices: Object.fromEntries(held.map((name) => [name, OPENING])) });
  }
}

const isRepeatable = (event: World["ledger"][number]): boolean =>
  Boolean(event.as(approvedMessage) ?? event.as(deniedMessage) ?? event.as(orderEventMessage) ?? event.as(fillMessage));

const played = (steps: readonly Step[], afterEach: (play: Play) => void = () => undefined): Play => {
  const play = new Play({ previousDayEquity: 100_000 });
  play.limits = { ...LIMITS, maxOpenOrders: 500 };
  for (const step of steps) {
    play.step(step);
    afterEach(play);
  }
  return play;
};

const days = fc.array(stepArbitrary, { minLength: 20, maxLength: 80, size: "max" });
const property = (check: (steps: Step[]) => void, numRuns = 150) => fc.assert(fc.property(days, check), { numRuns });

describe("whatever happens, in whatever order", () => {
  it("no approved set of orders can pass the position limit, even if every one fills", () => {
    property((steps) => {
      played(steps, (play) => {
        for (const name of SYMBOLS) {
          const orders = [...play.book.orders.values()].filter(
            (order) => order.symbol === name && order.role === "entry",
          );
          const working = orders.reduce((usd, order) => usd + leavesOf(order) * order.worstPrice, 0);
          const held = Math.max(0, heldQuantity(symbolBook(play.book, name))) * MARK;
          expect(held + working).toBeLessThanOrEqual(10_000 + 0.01);
        }
      });
    });
  });

  it("no approved set of orders can turn a position around", () => {
    property((steps) => {
      played(steps, (play) => {
        for (const name of SYMBOLS) {
          const orders = [...play.book.orders.values()].filter(
            (order) => order.symbol === name && order.role === "exit",
          );
          const leaving = orders.reduce((shares, order) => shares + leavesOf(order), 0);
          expect(leaving).toBeLessThanOrEqual(Math.max(0, heldQuantity(symbolBook(play.book, name))));
        }
      });
    });
  });

  it("an exit of what is held and not being closed is denied by nothing but a halt (law 7)", () => {
    property((steps) => {
      played(steps, (play) => {
        for (const name of SYMBOLS) {
          const free = heldQuantity(symbolBook(play.book, name)) - play.workingExits(name);
          if (free < 1) continue;
          const wanted = intent({ symbol: name, side: "sell", quantity: free, order: { type: "market" } });
          expect(play.codes(wanted)).toEqual([]);
        }
      });
    });
  });

  it("reservations end with their orders: nothing is left when every order is over", () => {
    property((steps) => {
      const play = played(steps);
      play.settle();
      expect([...play.book.orders.values()]).toEqual([]);
      expect(play.reservations.orders.size).toBe(0);
    });
  });

  it("the state after a replay is the state before the kill, from the beginning or from any snapshot", () => {
    property((steps) => {
      const play = played(steps);
      expect(play.replayed()).toEqual(play.book);
      const cut = Math.floor(play.ledger.length / 2);
      const half: Book = loadBook(saveBook(play.replayed(undefined, play.ledger.slice(0, cut))));
      expect(play.replayed(half, play.ledger.slice(cut))).toEqual(play.book);
      expect(loadBook(saveBook(play.book))).toEqual(play.book);
    });
  });

  it("what is kept from one evaluation to the next is what a book gives that nothing was asked of", () => {
    property((steps) => {
      let turn = 0;
      played(steps, (play) => {
        turn += 1;
        // A symbol of which nothing is known but an order of somebody else, now and then.
        if (turn % 5 === 0) play.foreignOrder({ symbol: "BAC", status: turn % 10 === 0 ? "over" : "working" });
        const lines = linesOf(play.book).map(({ symbol, entry, working: { orders } }) => ({ symbol, entry, orders }));
        const symbols = new Set([...play.book.symbols.keys(), ...play.book.working.keys()]);
        expect(lines).toEqual(
          [...symbols].map((symbol) => ({
            symbol,
            entry: symbolBook(play.book, symbol),
            orders: [...play.book.orders.values()].filter((order) => order.symbol === symbol),
          })),
        );
        const asked = [...SYMBOLS, "BAC", "QQQ"].flatMap((symbol) => [
          intent({ symbol, holdOvernight: turn % 2 === 0 }),
          intent({ symbol, side: "sell", quantity: 1 }),
        ]);
        // The rule that counts day trades, and some of the orders not in the book yet.
        if (turn % 3 === 0) play.summary({ previousDayEquity: 24_000 });
        const reserved = intent({ symbol: ["SPY", "BAC", "QQQ"][turn % 3] ?? "IBM", quantity: 2 });
        if (turn % 2 === 0) play.reserve(reserved);
        const fresh = { ...play.view(), book: structuredClone(play.book) };
        for (const one of asked) {
          expect(assess(one, play.view(), play.now())).toEqual(assess(one, fresh, play.now()));
        }
        play.reservations.release(reserved.clientOrderId);
      });
    }, 20);
  });

  it("each fact counts once: every order and fill twice gives the same state (law 4)", () => {
    property((steps) => {
      const play = played(steps);
      const doubled = play.ledger.flatMap((event) => (isRepeatable(event) ? [event, event] : [event]));
      expect(play.replayed(undefined, doubled)).toEqual(play.book);
    });
  });

  it("the day's profit is the day's cash, and what is held, less what was held", () => {
    property((steps) => {
      const play = played(steps);
      const result = dayResult(play.view());
      if (result === null || play.book.session === null) throw new Error("no session");
      let expected = 0;
      for (const [symbol, { days }] of play.book.symbols) {
        for (const day of days.filter(({ tradingDay }) => tradingDay === play.book.session?.tradingDay)) {
          for (const { side, quantity, price, commission } of day.executions) {
            expected += (side === "buy" ? -1 : 1) * quantity * price - commission;
          }
        }
        const { start, end } = dayOf(symbolBook(play.book, symbol), play.book.session.tradingDay);
        // What is held over is worth its opening price of the day; until that is known it counts as unchanged.
        const { recorded } = play.book;
        const isSameDay = recorded?.tradingDay === play.book.session.tradingDay;
        const opening = (isSameDay ? recorded.openingPrices[symbol] : undefined) ?? MARK;
        expected += end.quantity * MARK - start.quantity * opening;
      }
      expect(result.realized + result.open - result.commissions).toBeCloseTo(expected, 6);
    });
  });
});
