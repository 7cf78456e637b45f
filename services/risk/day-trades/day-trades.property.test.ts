import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, type OrderIntent } from "#libs/contracts/mod.ts";
import { excessDayTrades } from "../evaluate/fourth-day-trade.ts";
import { linesOf } from "../state/lines.ts";
import { loadBook, saveBook } from "../state/snapshot.ts";
import { CALENDAR, intent, LIMITS, World } from "../testing/world.ts";
import { entriesBeyondDayTrades } from "./outlook.ts";
import { DAY_TRADES_ALLOWED, dayTradesByExits, dayTradesIn } from "./use.ts";

// Whole weeks of a small account under the old rule, with Thanksgiving and the half day after it: a broker that fills
// orders of the day and those that work until canceled in parts, also on over midnight; executions that are told late, and
// corrected in price and quantity; exits, protective orders, cancels, restarts. What was truly traded is
// counted here share by share, by the time at which it was.

const SYMBOLS = ["SPY", "IBM", "BAC"] as const;
const SMALL = { netLiquidation: 20_000, previousDayEquity: 20_000, totalCash: 20_000, buyingPower: 80_000 };
const FIRST_DAY = "2026-11-23";

const symbol = fc.constantFrom(...SYMBOLS);
const pick = fc.nat({ max: 40 });
const shares = fc.integer({ min: 1, max: 10 });
const stepArbitrary = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant("enter" as const),
      symbol,
      shares,
      how: fc.constantFrom(
        "day",
        "day",
        "bracket",
        "until-canceled",
        "until-canceled-bracket",
        "overnight",
        "overnight-bracket",
        "overnight-until-canceled-bracket" as const,
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("fill" as const),
      pick,
      shares,
      late: fc.nat({ max: 2 }),
      tellsFirst: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("exit" as const), symbol, shares, fills: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("tell" as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("correct" as const),
      pick,
      shares,
      price: fc.integer({ min: 90, max: 110 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("tomorrow" as const), tellsFirst: fc.boolean() }) },
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** An order as the broker has it. */
interface Order {
  readonly id: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly shares: number;
  readonly isOfDay: boolean;
  /** The entry it protects. */
  readonly protects: string | null;
}

interface Trade {
  readonly id: string;
  readonly order: Order;
  readonly shares: number;
  readonly at: number;
  readonly day: string;
}

interface Telling {
  /** Whether executions are told in the order in which they were, as one session of a broker does. */
  readonly inOrder: boolean;
  /** Whether corrections also change how many shares were executed. */
  readonly correctsShares: boolean;
}

class Play extends World {
  readonly trades: Trade[] = [];
  /** Exits that were denied for day trades. */
  readonly trapped: string[] = [];
  /** Sets of orders that were approved and lead to more day trades than allowed. */
  readonly beyond: string[] = [];
  /** Whether a correction left more to the exits that worked than they were sent for: nothing foresees that. */
  correctedBeyond = false;
  day = FIRST_DAY;
  readonly #working = new Map<string, Order>();
  readonly #untold: Trade[] = [];
  #serial = 0;

  readonly #telling: Telling;

  constructor(telling: Telling) {
    super(SMALL);
    this.#telling = telling;
    this.limits = {
      ...LIMITS,
      maxOpenOrders: 500,
      maxOpenOrderNotionalFraction: 10,
      maxGrossExposureFraction: 10,
      maxNetExposureFraction: 10,
      maxConcentrationFraction: 10,
      maxPositionFraction: 10,
      maxBuyingPowerUseFraction: 10,
      cancelToFillFrom: 1000,
    };
    for (const name of SYMBOLS) this.quote(name, 100);
  }

  step(step: Step): void {
    this.#serial += 1;
    this.monotonicMs += 3000;
    this.marketMs = (this.marketMs ?? 0) + 10_000;
    for (const name of SYMBOLS) this.quote(name, 100);
    const working = [...this.#working.values()];
    const order = "pick" in step ? working[step.pick % Math.max(1, working.length)] : undefined;
    switch (step.kind) {
      case "enter":
        this.#enter(step.symbol, step.shares, step.how);
        break;
      case "exit":
        this.exit(step.symbol, step.shares, step.fills);
        break;
      case "fill":
        if (order) this.fill(order, step.shares, step.late === 0, step.tellsFirst);
        break;
      case "cancel":
        if (order) this.#end(order, "canceled");
        break;
      case "tell":
        this.tell(step.pick);
        break;
      case "correct":
        this.#correct(step.pick, step.shares, step.price);
        break;
      case "restart":
        this.book = loadBook(saveBook(this.book));
        break;
      case "tomorrow":
        this.#tomorrow(step.tellsFirst);
    }
    this.#lookAtResting();
  }

  /** As the service does a few times a second: what today has no day trade left for is canceled. */
  #lookAtResting(): void {
    for (const { clientOrderId } of entriesBeyondDayTrades(this.view(), this.now())) {
      const order = this.#working.get(clientOrderId);
      if (order) this.#end(order, "canceled");
    }
  }

  #enter(name: string, quantity: number, how: string): void {
    const bracket = how.endsWith("bracket")
      ? {
          stopLoss: { clientOrderId: `stop-${this.#serial}`, stopPrice: 90 },
          takeProfit: { clientOrderId: `target-${this.#serial}`, limitPrice: 120 },
        }
      : null;
    const isOfDay = !how.includes("until-canceled");
    const wanted = intent({
      symbol: name,
      quantity,
      timeInForce: isOfDay ? "day" : "gtc",
      holdOvernight: how.startsWith("overnight"),
      bracket,
    });
    if (this.decide(wanted).outcome === "denied") return;
    const entry = {
      id: wanted.clientOrderId,
      symbol: name,
      side: "buy",
      shares: quantity,
      isOfDay,
      protects: null,
    } as const;
    this.#working.set(entry.id, entry);
    for (const id of bracket ? [bracket.stopLoss.clientOrderId, bracket.takeProfit.clientOrderId] : []) {
      this.#working.set(id, { ...entry, id, side: "sell", protects: entry.id });
    }
    this.#look(wanted);
  }

  /** An exit that may close what was opened today beyond the rule is not sent: it was told (2.4). */
  exit(name: string, wantedShares: number, fills: boolean): void {
    const quantity = Math.min(wantedShares, this.#free(name));
    if (quantity < 1) return;
    const wanted = intent({ symbol: name, side: "sell", quantity, order: { type: "market" } });
    if (this.codes(wanted).includes("DAY_TRADES")) this.trapped.push(`${this.day} ${name} ${quantity}`);
    if (excessDayTrades(wanted, this.view()) !== null) return;
    // One that is sold already and not told yet still works in the book, and may be in the way.
    if (this.decide(wanted).outcome === "denied") return;
    const order: Order = {
      id: wanted.clientOrderId,
      symbol: name,
      side: "sell",
      shares: quantity,
      isOfDay: true,
      protects: null,
    };
    this.#working.set(order.id, order);
    if (fills) this.fill(order, quantity, true, false);
  }

  fill(order: Order, wanted: number, isTold: boolean, tellsFirst: boolean): void {
    const shares = Math.min(wanted, this.#available(order));
    if (shares < 1) return;
    const trade: Trade = {
      id: `x${this.#serial}-${this.trades.length}.01`,
      order,
      shares,
      at: this.marketMs ?? 0,
      day: this.day,
    };
    this.marketMs = (this.marketMs ?? 0) + 1000;
    this.trades.push(trade);
    this.#untold.push(trade);
    if (isTold && !tellsFirst) this.#tellUpTo(trade);
    if (this.#executed(order) >= order.shares) this.#end(order, "filled");
    else this.event(order.id, "partially-filled", { filledQuantity: this.#executed(order) });
    if (isTold && tellsFirst) this.#tellUpTo(trade);
    if (order.protects !== null) this.#endProtection(order.protects);
  }

  tell(at: number): void {
    const [trade] = this.#untold.splice(this.#telling.inOrder ? 0 : at % Math.max(1, this.#untold.length), 1);
    if (trade === undefined) return;
    const { id, order, shares: quantity, at: executedAt } = trade;
    const clientOrderId = clientOrderIdSchema.parse(order.id);
    this.execution({ executionId: id, clientOrderId, symbol: order.symbol, side: order.side, quantity, executedAt });
  }

  #tellUpTo(trade: Trade): void {
    while (this.#untold.includes(trade)) this.tell(this.#untold.length - 1);
  }

  /** Everything fills that works, and what the plan does not hold overnight is closed, as is all else that may be. */
  closeAll(): void {
    while (this.#untold.length > 0) this.tell(0);
    for (const order of [...this.#working.values()])
      if (order.side === "buy") this.fill(order, order.shares, true, false);
    for (const order of [...this.#working.values()]) if (order.side === "sell") this.#end(order, "canceled");
    for (const name of SYMBOLS) this.exit(name, this.#held(name), true);
  }

  /** Day trades of five business days up to each day, by both methods. */
  get counts(): readonly { byOpening: number; byDirection: number; window: readonly string[] }[] {
    return [...new Set(this.trades.map(({ day }) => day))].map((day) => {
      const window = CALENDAR.lastTradingDays(day, 5);
      return { ...count(this.trades, window), window };
    });
  }

  /** What was approved, if all of it fills now and is closed today, is within the rule. */
  #look({ holdOvernight, bracket, symbol: name }: OrderIntent): void {
    if (holdOvernight && bracket === null) return;
    let at = (this.marketMs ?? 0) + 1;
    const more: Trade[] = [];
    const add = (order: Order, quantity: number) => {
      if (quantity > 0) more.push({ id: "", order, shares: quantity, at: at++, day: this.day });
    };
    const isOvernight = (order: Order) => {
      const decided = this.book.decisions.get(clientOrderIdSchema.parse(order.id));
      return decided?.outcome === "approved" && decided.holdOvernight;
    };
    const entries = [...this.#working.values()].filter(({ side }) => side === "buy");
    for (const order of entries) if (!isOvernight(order)) add(order, order.shares - this.#executed(order));
    for (const closed of SYMBOLS) {
      const today = [...this.trades, ...more].filter(({ order, day }) => order.symbol === closed && day === this.day);
      const opened = today.filter(({ order }) => order.side === "buy" && !isOvernight(order));
      const sold = today.filter(({ order }) => order.side === "sell");
      const left = sharesOf(opened) - sharesOf(sold);
      add({ id: `close ${closed}`, symbol: closed, side: "sell", shares: left, isOfDay: true, protects: null }, left);
    }
    const { byOpening, byDirection } = count([...this.trades, ...more], CALENDAR.lastTradingDays(this.day, 5));
    if (Math.max(byOpening, byDirection) > DAY_TRADES_ALLOWED)
      this.beyond.push(`${this.day} ${name} ${byOpening} ${byDirection}`);
  }

  #correct(at: number, shares: number, price: number): void {
    const told = this.trades.filter(
      (trade) => trade.day === this.day && trade.id.endsWith(".01") && !this.#untold.includes(trade),
    );
    const trade = told[at % Math.max(1, told.length)];
    if (trade === undefined) return;
    const quantity = this.#telling.correctsShares ? shares : trade.shares;
    const corrected = { ...trade, id: trade.id.replace(/\.01$/, ".02"), shares: quantity };
    const index = this.trades.indexOf(trade);
    this.trades[index] = corrected;
    // Nothing is sold that was not there, then or later: it would be a short sale that nobody asked for.
    if (!this.#isLong(trade.order.symbol)) {
      this.trades[index] = trade;
      return;
    }
    const { order, at: executedAt } = trade;
    const clientOrderId = clientOrderIdSchema.parse(order.id);
    this.execution({
      executionId: corrected.id,
      corrects: trade.id,
      clientOrderId,
      symbol: order.symbol,
      side: order.side,
      quantity,
      price,
      executedAt,
    });
    if (this.#working.has(order.id) && this.#executed(order) >= order.shares) this.#end(order, "filled");
    const made = dayTradesIn(this.book, this.book.session?.window ?? []);
    const { byOpening, byDirection } = dayTradesByExits(this.book, linesOf(this.book), made, this.day);
    this.correctedBeyond ||= Math.max(byOpening, byDirection) > DAY_TRADES_ALLOWED;
  }

  #isLong(name: string): boolean {
    let held = 0;
    for (const trade of this.#of(name)) {
      held += signed(trade);
      if (held < 0) return false;
    }
    // Also as told, in any order of telling, and with what still may be sold.
    const told = this.#of(name).filter((trade) => !this.#untold.includes(trade) || trade.order.side === "sell");
    return told.reduce((sum, trade) => sum + signed(trade), 0) - this.#toBeSold(name) >= 0;
  }

  #tomorrow(tellsFirst: boolean): void {
    const order = [...this.#working.values()].filter(({ isOfDay }) => isOfDay);
    for (const each of order) this.#end(each, "expired");
    if (tellsFirst) while (this.#untold.length > 0) this.tell(0);
    this.day = CALENDAR.nextTradingDay(this.day);
    this.setTime(this.day, "10:00");
    this.summary(SMALL);
    // Reconciled before anything is sent.
    while (this.#untold.length > 0) this.tell(0);
    for (const name of SYMBOLS) this.quote(name, 100);
  }

  #end(order: Order, status: "canceled" | "expired" | "filled"): void {
    if (!this.#working.delete(order.id)) return;
    this.event(order.id, status, { filledQuantity: this.#executed(order) });
    if (order.protects === null) this.#endProtection(order.id);
  }

  /** Protective orders end with what they protect. */
  #endProtection(entry: string): void {
    const isOpen = this.#working.has(entry);
    for (const order of [...this.#working.values()].filter(({ protects }) => protects === entry)) {
      if (!isOpen && this.#unprotected(order) === 0) this.#end(order, "canceled");
    }
  }

  #of = (name: string) => this.trades.filter(({ order }) => order.symbol === name).toSorted((a, b) => a.at - b.at);
  #held = (name: string): number => this.#of(name).reduce((sum, trade) => sum + signed(trade), 0);
  #executed = (order: Pick<Order, "id">): number =>
    sharesOf(this.trades.filter((trade) => trade.order.id === order.id));

  /** Shares of its entry that a protective order may still sell. */
  #unprotected({ protects }: Order): number {
    const sold = this.trades.filter(({ order }) => order.protects === protects);
    return protects === null ? 0 : this.#executed({ id: protects }) - sharesOf(sold);
  }

  #available(order: Order): number {
    const leaves = Math.max(0, order.shares - this.#executed(order));
    if (order.side === "buy") return leaves;
    const mayBeSold = this.#held(order.symbol);
    return Math.min(leaves, mayBeSold, order.protects === null ? leaves : Math.max(0, this.#unprotected(order)));
  }

  #toBeSold(name: string): number {
    const groups = new Map<string, number>();
    for (const order of this.#working.values()) {
      if (order.symbol !== name || order.side !== "sell") continue;
      const group = order.protects ?? order.id;
      groups.set(group, Math.max(groups.get(group) ?? 0, order.shares - this.#executed(order)));
    }
    return [...groups.values()].reduce((sum, each) => sum + each, 0);
  }

  /** Shares that are told to be held and that no exit will sell. */
  #free(name: string): number {
    const held = this.book.symbols.get(name)?.days.at(-1)?.end.quantity ?? 0;
    return Math.min(held, this.#held(name)) - this.#toBeSold(name);
  }
}

const signed = ({ order, shares: quantity }: Trade): number => (order.side === "buy" ? quantity : -quantity);
const sharesOf = (trades: readonly Trade[]): number => trades.reduce((sum, trade) => sum + trade.shares, 0);

/** Share by share: which orders opened today had a share closed today, and how often opening turned to closing. */
function count(trades: readonly Trade[], window: readonly string[]): { byOpening: number; byDirection: number } {
  let byOpening = 0;
  let byDirection = 0;
  for (const name of SYMBOLS) {
    const ofSymbol = trades.filter(({ order }) => order.symbol === name);
    for (const day of [...new Set(ofSymbol.map((trade) => trade.day))].toSorted()) {
      let today: string[] = [];
      const opened = new Set<string>();
      const closed = new Set<string>();
      let story = "";
      for (const { order, shares: quantity } of ofSymbol
        .filter((trade) => trade.day === day)
        .toSorted((a, b) => a.at - b.at)) {
        for (let share = 0; share < quantity; share += 1) {
          const [first] = today;
          if (order.side === "buy") {
            today = [...today, order.id];
            story += opened.has(order.id) ? "" : "O";
            opened.add(order.id);
          } else if (first !== undefined) {
            today = today.slice(1);
            closed.add(first);
            story += "C";
          }
        }
      }
      if (!window.includes(day)) continue;
      byOpening += closed.size;
      byDirection += (story.match(/O+C+/g) ?? []).length;
    }
  }
  return { byOpening, byDirection };
}

const weeks = fc.array(stepArbitrary, { minLength: 15, maxLength: 90, size: "max" });
const property = (check: (steps: readonly Step[]) => void, numRuns = 100) =>
  fc.assert(fc.property(weeks, check), { numRuns });
const played = (steps: readonly Step[], telling: Telling): Play => {
  const play = new Play(telling);
  for (const step of steps) play.step(step);
  return play;
};

describe("the day trades of whole weeks", () => {
  it.each([
    ["in whatever order executions are told", { inOrder: false, correctsShares: false }, 300],
    ["corrected in shares, and told in order", { inOrder: true, correctsShares: true }, 100],
  ])(
    "are never more than three where exits are made within the rule, and no exit is denied: %s",
    (_, telling, runs) => {
      let most = 0;
      property((steps) => {
        const play = played(steps, telling);
        play.closeAll();
        if (play.correctedBeyond) return;
        for (const { byOpening, byDirection } of play.counts) {
          most = Math.max(most, byOpening, byDirection);
          expect(Math.max(byOpening, byDirection)).toBeLessThanOrEqual(DAY_TRADES_ALLOWED);
        }
        expect(play.trapped).toEqual([]);
        expect(play.beyond).toEqual([]);
      }, runs);
      expect(most).toBe(DAY_TRADES_ALLOWED);
    },
  );

  it("are counted as an independent count has them, by both methods, before and after a replay, and nothing stays reserved", () => {
    property((steps) => {
      const play = played(steps, { inOrder: false, correctsShares: true });
      play.closeAll();
      expect([...play.book.orders.values()]).toEqual([]);
      for (const { window, ...counted } of play.counts) {
        const oldest = play.book.session?.keptFrom ?? "";
        if ((window[0] ?? "") < oldest) continue;
        expect(dayTradesIn(play.book, window)).toEqual(counted);
        expect(dayTradesIn(play.replayed(), window)).toEqual(counted);
      }
    });
  });
});
