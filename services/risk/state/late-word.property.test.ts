import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BrokerWord } from "../broker-word.ts";
import { intent, LIMITS, World } from "../testing/world.ts";
import { leavesOf, type OpenOrder } from "./book.ts";
import { LATE_MS_MAX } from "./late-word.ts";
import { loadBook, saveBook } from "./snapshot.ts";

// One symbol, a broker that executes, and the two streams it tells of it in: executions, and positions. Each keeps its
// order; how they come between one another, and how late, is random. The bridge tells risk each execution at once and of
// the positions the newest, when it gets to it, with what its executions did not add up to.

/** Words come at the latest this long after what they tell of. */
const LAG_MS_MAX = 9000;

/** Nothing is told within it. */
const MOMENT_MS = 3000;

const pick = fc.nat({ max: 20 });
const some = fc.integer({ min: 1, max: 40 });
const own = [
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("enter" as const), quantity: some }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("exit" as const),
      quantity: some,
      all: fc.boolean(),
      more: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("execute" as const), pick, quantity: some, all: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("correct" as const), more: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 9, arbitrary: fc.constant({ kind: "tell-execution" as const }) },
  { weight: 6, arbitrary: fc.constant({ kind: "tell-position" as const }) },
  { weight: 6, arbitrary: fc.constant({ kind: "publish" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 12_000 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
];
const byHand = [
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("buy-by-hand" as const), quantity: some }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sell-by-hand" as const), quantity: some }) },
  { weight: 2, arbitrary: fc.constant({ kind: "ask-for-executions" as const }) },
];
const ownStep = fc.oneof(...own);
const anyStep = fc.oneof(...own, ...byHand);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Execution {
  readonly executionId: string;
  readonly corrects: string | null;
  readonly clientOrderId: string | null;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  /** Shares by which it changed the position. */
  readonly change: number;
  readonly at: number;
}

class Play extends World {
  readonly isShort: boolean;
  /** What is truly held, the moment it is. */
  held = 0;
  /** What the bridge's executions come to. */
  told = 0;
  /** Exits that were asked for and are no more than what is held and not being closed, and what was said to them. */
  readonly refused: string[] = [];
  asked = 0;
  /** Whether no position is told before the executions of the sales that made it. */
  tellsSalesFirst = false;
  readonly #brokerWord = new BrokerWord();
  readonly #executions: Execution[] = [];
  readonly #ofOthers: Execution[] = [];
  readonly #words: { readonly quantity: number; readonly at: number; readonly afterSale: number }[] = [];
  readonly #executedAtBroker = new Map<string, number>();
  #newest: Execution | undefined;
  #sales = 0;
  #salesTold = 0;
  #word = { quantity: 0, afterSale: 0 };
  /** Null when executions came since. */
  #published: { readonly quantity: number; readonly difference: number } | null = { quantity: 0, difference: 0 };
  #serial = 0;

  /** @param isShort whether everything is played in the mirror: entries sell, exits buy */
  constructor(isShort: boolean) {
    super({ previousDayEquity: 100_000 });
    this.isShort = isShort;
    this.limits = { ...LIMITS, maxOpenOrders: 500, shortSelling: isShort };
    this.change = { hasSettled: () => false };
  }

  /** After five seconds, as in the service; else never, as if the difference were always another. */
  believesTheBroker(): void {
    this.change = { hasSettled: (symbol) => this.#brokerWord.hasSettled(this.book, symbol, this.wallMs) };
  }

  override feed: World["feed"] = (message, data) => {
    super.feed(message, data);
    this.#brokerWord.look(this.book, this.wallMs);
  };

  step(step: Step): void {
    this.#serial += 1;
    this.monotonicMs += 3000;
    this.quote("SPY", 100, { shortable: "available" });
    const open = [...this.book.orders.values()].filter(({ settled }) => settled === null);
    const order = "pick" in step ? open[step.pick % Math.max(1, open.length)] : undefined;
    switch (step.kind) {
      case "enter":
        this.decide(intent({ side: this.#side("buy"), quantity: step.quantity }));
        break;
      case "exit":
        this.#exit(step.all ? this.free() : step.quantity, step.more);
        break;
      case "execute":
        if (order) this.#execute(order, step.all ? order.quantity : step.quantity);
        break;
      case "cancel":
        if (order && this.#atBroker(order) === order.executed) {
          this.event(order.clientOrderId, "canceled", { filledQuantity: order.executed });
        }
        break;
      case "correct":
        this.#correct(step.more);
        break;
      case "buy-by-hand":
        this.#happens(this.#ofOthers, { clientOrderId: null, side: this.#side("buy"), quantity: step.quantity });
        break;
      case "sell-by-hand":
        this.#sellByHand(Math.min(step.quantity, this.held - this.toBeSold()));
        break;
      case "ask-for-executions":
        for (const execution of this.#ofOthers.splice(0)) this.#tellExecution(execution);
        break;
      case "tell-execution":
        this.#tellExecution(this.#executions.shift());
        break;
      case "tell-position":
        this.#hear();
        break;
      case "publish":
        this.publish();
        break;
      case "wait":
        for (let left = step.ms; left > 0; left -= MOMENT_MS) this.#wait(Math.min(left, MOMENT_MS));
        break;
      case "restart":
        this.book = loadBook(saveBook(this.book));
    }
  }

  /** Shares that executions say are held, less those that working exits may take. */
  free(): number {
    const exits = [...this.book.orders.values()].filter(({ side }) => side === this.#side("sell"));
    return this.told - exits.reduce((shares, order) => shares + leavesOf(order), 0);
  }

  /** Shares that working exits may still sell at the broker. */
  toBeSold(): number {
    const exits = [...this.book.orders.values()].filter(
      ({ side, settled }) => side === this.#side("sell") && settled === null,
    );
    return exits.reduce((shares, order) => shares + order.quantity - this.#atBroker(order), 0);
  }

  /** A position that is told before the sale it tells of looks as one by hand, until the execution is there. */
  get isAhead(): boolean {
    return this.#word.afterSale > this.#salesTold || this.#ofOthers.length > 0;
  }

  publish(): void {
    const { quantity } = this.#word;
    const difference = quantity - this.told;
    const before = this.#published;
    if (before !== null && before.quantity === quantity && before.difference === difference) return;
    this.#published = { quantity, difference };
    this.position({ quantity: this.#signed(quantity), difference: this.#signed(difference) });
  }

  #side = (side: "buy" | "sell"): "buy" | "sell" => (this.isShort === (side === "buy") ? "sell" : "buy");
  #signed = (shares: number): number => (this.isShort ? 0 - shares : shares);

  #wait(ms: number): void {
    this.wallMs += ms;
    const isOld = (untold: { readonly at: number } | undefined) =>
      untold !== undefined && this.wallMs - untold.at > LAG_MS_MAX - MOMENT_MS;
    while (isOld(this.#executions[0])) this.#tellExecution(this.#executions.shift());
    while (isOld(this.#words[0])) this.#hear();
    this.publish();
  }

  /** Not within the ten seconds after an execution of ours: then its word may look late (see the README). */
  #sellByHand(quantity: number): void {
    if (quantity < 1 || this.#executions.length > 0 || this.#words.length > 0) return;
    this.publish();
    this.wallMs += LATE_MS_MAX + 1;
    this.#happens(this.#ofOthers, { clientOrderId: null, side: this.#side("sell"), quantity });
    this.#hear();
    this.publish();
  }

  /** The executions of others are never told. */
  keepOthersUntold(): void {
    this.#ofOthers.splice(0);
  }

  /** Nothing is told for so long; the service looks at the broker's word four times a second. */
  quiet(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      this.wallMs += 250;
      this.#brokerWord.look(this.book, this.wallMs);
    }
  }

  /** Everything is told. */
  settle(): void {
    for (const execution of this.#ofOthers.splice(0)) this.#tellExecution(execution);
    while (this.#executions.length > 0) this.#tellExecution(this.#executions.shift());
    while (this.#words.length > 0) this.#hear();
    this.publish();
  }

  #exit(quantity: number, more: number): void {
    // Where nothing is held a purchase is an entry, which nothing forbids as SHORT_SELLING does a sale.
    if (quantity < 1 || (this.isShort && (this.book.symbols.get("SPY")?.days.at(-1)?.end.quantity ?? 0) >= 0)) return;
    const wanted = intent({ side: this.#side("sell"), quantity: quantity + more, order: { type: "market" } });
    const mustPass = wanted.quantity <= this.free() && !this.isAhead;
    const evaluation = this.decide(wanted);
    if (!mustPass) return;
    this.asked += 1;
    if (evaluation.outcome === "denied") this.refused.push(JSON.stringify(evaluation.reasons));
  }

  #execute(order: OpenOrder, wanted: number): void {
    const { clientOrderId, side } = order;
    const before = this.#atBroker(order);
    const quantity = Math.min(wanted, order.quantity - before);
    if (quantity === 0) return;
    this.#executedAtBroker.set(clientOrderId, before + quantity);
    this.#happens(this.#executions, { clientOrderId, side, quantity });
  }

  #atBroker = (order: OpenOrder): number => this.#executedAtBroker.get(order.clientOrderId) ?? 0;

  #happens(stream: Execution[], execution: Pick<Execution, "clientOrderId" | "side" | "quantity">): void {
    const change = execution.side === this.#side("buy") ? execution.quantity : -execution.quantity;
    stream.push({ ...execution, executionId: `x${this.#serial}.01`, corrects: null, change, at: this.wallMs });
    if (change < 0) this.#sales += 1;
    this.#changed(change);
  }

  #changed(change: number): void {
    this.held += change;
    this.#words.push({ quantity: this.held, at: this.wallMs, afterSale: this.#sales });
  }

  /** A purchase turns out to have been larger. */
  #correct(more: number): void {
    const newest = this.#newest;
    if (newest?.side !== this.#side("buy") || this.#executions.length > 0) return;
    const quantity = newest.quantity + more;
    const executionId = `${newest.executionId.split(".")[0]}.${String(Number(newest.executionId.split(".")[1]) + 1).padStart(2, "0")}`;
    this.#executions.push({
      ...newest,
      executionId,
      corrects: newest.executionId,
      quantity,
      change: more,
      at: this.wallMs,
    });
    this.#changed(more);
  }

  #tellExecution(execution: Execution | undefined): void {
    if (execution === undefined) return;
    const { clientOrderId, change, at: _, ...told } = execution;
    this.#newest = execution;
    this.told += change;
    this.#published = null;
    if (change < 0) this.#salesTold += 1;
    this.execution({ ...told, clientOrderId: clientOrderId as never });
    const order = clientOrderId === null ? undefined : this.book.orders.get(clientOrderId as never);
    if (order === undefined || order.executed < order.quantity) return;
    this.event(order.clientOrderId, "filled", { filledQuantity: order.executed });
  }

  #hear(): void {
    const isAhead = (this.#words[0]?.afterSale ?? 0) > this.#salesTold;
    while (isAhead && this.tellsSalesFirst && this.#executions.length > 0)
      this.#tellExecution(this.#executions.shift());
    this.#word = this.#words.shift() ?? this.#word;
  }
}

const property = (step: fc.Arbitrary<Step>, check: (steps: readonly Step[]) => void) =>
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: "max" }), check), {
    numRuns: 300,
  });
const steps = { own: ownStep as fc.Arbitrary<Step>, any: anyStep as fc.Arbitrary<Step> };

describe.each([
  { held: "long", isShort: false },
  { held: "short", isShort: true },
])("however late the broker tells a position that is held $held", ({ isShort }) => {
  it("an exit of what executions say is held and is not being closed is approved (law 7)", () => {
    let asked = 0;
    property(steps.own, (each) => {
      const play = new Play(isShort);
      play.tellsSalesFirst = true;
      for (const step of each) play.step(step);
      expect(play.refused).toEqual([]);
      asked += play.asked;
    });
    expect(asked).toBeGreaterThan(300);
  });

  it.each([
    { trades: "own", believed: false },
    { trades: "any", believed: false },
    { trades: "any", believed: true },
  ] as const)("no more than what is held is ever sold ($trades trades, broker believed: $believed)", (which) => {
    property(steps[which.trades], (each) => {
      const play = new Play(isShort);
      if (which.believed) play.believesTheBroker();
      for (const step of each) {
        play.step(step);
        expect(play.toBeSold()).toBeLessThanOrEqual(play.held);
      }
    });
  });

  it("an exit passes beside positions that were told before the sales that made them, ten seconds after the last (law 7)", () => {
    property(steps.own, (each) => {
      const play = new Play(isShort);
      for (const step of each) play.step(step);
      play.settle();
      play.wallMs += LATE_MS_MAX + 1;
      const free = play.free();
      if (free > 0) play.step({ kind: "exit", quantity: free, all: true, more: 0 });
      expect(play.free()).toBe(0);
    });
  });

  it.each([true, false])(
    "ten seconds after the last word all that is held may be closed (law 7; others' executions told: %s)",
    (areTold) => {
      property(steps.any, (each) => {
        const play = new Play(isShort);
        play.believesTheBroker();
        for (const step of each) if (areTold || step.kind !== "ask-for-executions") play.step(step);
        if (!areTold) play.keepOthersUntold();
        play.settle();
        play.quiet(LATE_MS_MAX + 250);
        expect(Math.abs(play.closable())).toBe(play.held);
      });
    },
  );

  it("nothing of a difference is left when all is told", () => {
    property(steps.any, (each) => {
      const play = new Play(isShort);
      for (const step of each) play.step(step);
      play.settle();
      const entry = play.book.symbols.get("SPY");
      expect(entry?.reported ?? null).toBeNull();
      expect(entry?.days.at(-1)?.end.quantity ?? 0).toBe(play.isShort ? 0 - play.held : play.held);
      expect(play.replayed()).toEqual(play.book);
    });
  });
});
