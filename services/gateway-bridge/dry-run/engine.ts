import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { MarketPhase } from "#libs/time/mod.ts";
import type { Leg } from "../orders/legs.ts";
import { fixedCommission } from "./commission.ts";
import { type MarketView, match, mayTrade, triggers } from "./matching.ts";

/** A quote with what traded since the one before. Only fresh quotes may be given to the engine. */
export interface EngineQuote {
  readonly symbol: string;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly trade: MarketView["trade"];
}

export interface EngineTime {
  /** Market time, epoch milliseconds. */
  readonly marketMs: number;
  readonly phase: MarketPhase;
}

export type EngineOutput =
  | { readonly type: "accepted"; readonly clientOrderId: ClientOrderId }
  | {
      readonly type: "executed";
      readonly clientOrderId: ClientOrderId;
      /** Counts the executions of the order, from 1: with the order's id it makes the execution's. */
      readonly number: number;
      readonly quantity: number;
      readonly price: number;
      /** USD for this execution; the order's minimum is charged with its first. */
      readonly commission: number;
    }
  | {
      readonly type: "ended";
      readonly clientOrderId: ClientOrderId;
      readonly status: "canceled" | "expired";
      readonly reason: string;
    };

/** An order as it stood when the last process ended. */
export interface RestoredOrder extends Leg {
  readonly filledQuantity: number;
  readonly filledValue: number;
  readonly executions: number;
  readonly commission: number;
  readonly endsMs: number | null;
}

interface Working extends Leg {
  readonly endsMs: number | null;
  filledQuantity: number;
  filledValue: number;
  executions: number;
  commission: number;
  triggered: boolean;
  resting: boolean;
}

/** What is known of a bracket: the protective orders work for what the entry filled and they have not closed yet. */
interface Bracket {
  entryFilled: number;
  entryOver: boolean;
  exitFilled: number;
}

/** Displayed size taken at a quote; a new price or size is a new offer. */
interface Taken {
  price: number;
  size: number;
  taken: number;
}

/** Assumed when a quote has a price and no size. */
const UNKNOWN_SIZE = 100;

/**
 * The dry-run market: fills orders against live quotes, with the states a real broker goes through. No clock, no
 * network, no chance: the same calls give the same outputs. Its memory is the ledger's: `restore` builds it again
 * from the orders that were open.
 */
export class DryRunEngine {
  readonly #orders = new Map<ClientOrderId, Working>();
  readonly #brackets = new Map<ClientOrderId, Bracket>();
  readonly #taken = new Map<string, { bid: Taken; ask: Taken }>();

  /** Orders at work. */
  get size(): number {
    return this.#orders.size;
  }

  /** Takes back an order that was accepted before a restart. `bracket` tells what its entry and exits had filled. */
  restore(
    order: RestoredOrder,
    bracket: { readonly entryFilled: number; readonly entryOver: boolean; readonly exitFilled: number } | null,
  ): void {
    const { filledQuantity } = order;
    this.#orders.set(order.clientOrderId, { ...order, triggered: filledQuantity > 0, resting: true });
    if (bracket !== null && order.parentClientOrderId !== null)
      this.#brackets.set(order.parentClientOrderId, { ...bracket });
  }

  /** Accepts a group, its entry first, and matches it at once when there is a fresh quote. */
  place(
    group: readonly (Leg & { readonly endsMs: number | null })[],
    quote: EngineQuote | null,
    at: EngineTime,
  ): EngineOutput[] {
    const outputs: EngineOutput[] = [];
    for (const leg of group) {
      this.#orders.set(leg.clientOrderId, {
        ...leg,
        filledQuantity: 0,
        filledValue: 0,
        executions: 0,
        commission: 0,
        triggered: false,
        resting: false,
      });
      if (leg.parentClientOrderId !== null && !this.#brackets.has(leg.parentClientOrderId)) {
        this.#brackets.set(leg.parentClientOrderId, { entryFilled: 0, entryOver: false, exitFilled: 0 });
      }
      outputs.push({ type: "accepted", clientOrderId: leg.clientOrderId });
    }
    const [entry] = group;
    if (quote !== null && entry !== undefined) this.#work(entry.symbol, { ...quote, trade: null }, at, outputs);
    else this.#endImmediates(outputs);
    return outputs;
  }

  /** A new quote of a symbol. */
  onQuote(quote: EngineQuote, at: EngineTime): EngineOutput[] {
    if (this.#orders.size === 0) return [];
    const outputs: EngineOutput[] = [];
    this.#work(quote.symbol, quote, at, outputs);
    return outputs;
  }

  /** Time passes: day orders end. */
  onTime(at: EngineTime): EngineOutput[] {
    const outputs: EngineOutput[] = [];
    this.#endDayOrders(at, outputs);
    return outputs;
  }

  /** @returns undefined when no such order is at work. */
  cancel(clientOrderId: ClientOrderId, reason: string): EngineOutput[] | undefined {
    const order = this.#orders.get(clientOrderId);
    if (order === undefined) return undefined;
    const outputs: EngineOutput[] = [];
    this.#end(order, "canceled", reason, outputs);
    return outputs;
  }

  #work(symbol: string, quote: EngineQuote, at: EngineTime, outputs: EngineOutput[]): void {
    this.#endDayOrders(at, outputs);
    for (const order of [...this.#orders.values()]) {
      if (order.symbol !== symbol || !this.#orders.has(order.clientOrderId)) continue;
      this.#tryFill(order, quote, at, outputs);
    }
    this.#endImmediates(outputs);
  }

  #tryFill(order: Working, quote: EngineQuote, at: EngineTime, outputs: EngineOutput[]): void {
    if (!mayTrade(order, at.phase)) return;
    const leaves = this.#leaves(order);
    // A protective order that waits for its entry is not in the market: nothing triggers it.
    if (leaves <= 0) return;
    if (triggers(order, quote.trade)) order.triggered = true;
    const view = this.#view(quote);
    const matched = match(order, leaves, view);
    if (matched === null) {
      order.resting = true;
      return;
    }
    if (matched.takes) this.#take(quote.symbol, order.side, matched.quantity);
    this.#execute(order, matched.quantity, matched.price, outputs);
  }

  #execute(order: Working, quantity: number, price: number, outputs: EngineOutput[]): void {
    order.filledQuantity += quantity;
    order.filledValue += quantity * price;
    order.executions += 1;
    const commission = fixedCommission(order.filledQuantity, order.filledValue);
    outputs.push({
      type: "executed",
      clientOrderId: order.clientOrderId,
      number: order.executions,
      quantity,
      price,
      commission: Math.round((commission - order.commission) * 100) / 100,
    });
    order.commission = commission;
    const full = order.filledQuantity >= order.quantity;
    if (full) this.#orders.delete(order.clientOrderId);
    const own = this.#brackets.get(order.clientOrderId);
    if (own !== undefined) {
      own.entryFilled = order.filledQuantity;
      own.entryOver ||= full;
    }
    if (order.parentClientOrderId === null) return;
    const bracket = this.#brackets.get(order.parentClientOrderId);
    if (bracket === undefined) return;
    bracket.exitFilled += quantity;
    this.#settleBracket(
      order.parentClientOrderId,
      bracket,
      "the other order of the bracket closed the position",
      outputs,
    );
  }

  #end(order: Working, status: "canceled" | "expired", reason: string, outputs: EngineOutput[]): void {
    if (!this.#orders.delete(order.clientOrderId)) return;
    outputs.push({ type: "ended", clientOrderId: order.clientOrderId, status, reason });
    const bracket = this.#brackets.get(order.clientOrderId);
    if (bracket === undefined) return;
    bracket.entryOver = true;
    this.#settleBracket(order.clientOrderId, bracket, "the entry of the bracket ended unfilled", outputs);
  }

  /** Once the entry is over and its exits closed what it filled, the exits that are left have nothing to do. */
  #settleBracket(entry: ClientOrderId, bracket: Bracket, reason: string, outputs: EngineOutput[]): void {
    const exits = [...this.#orders.values()].filter((order) => order.parentClientOrderId === entry);
    if (bracket.entryOver && bracket.exitFilled >= bracket.entryFilled) {
      for (const exit of exits) this.#end(exit, "canceled", reason, outputs);
    }
    if (bracket.entryOver && exits.every((exit) => !this.#orders.has(exit.clientOrderId))) this.#brackets.delete(entry);
  }

  #leaves(order: Working): number {
    const own = order.quantity - order.filledQuantity;
    if (order.parentClientOrderId === null) return own;
    const bracket = this.#brackets.get(order.parentClientOrderId);
    return bracket === undefined ? own : Math.min(own, bracket.entryFilled - bracket.exitFilled);
  }

  #endDayOrders(at: EngineTime, outputs: EngineOutput[]): void {
    for (const order of [...this.#orders.values()]) {
      if (order.timeInForce !== "day" || order.endsMs === null || at.marketMs < order.endsMs) continue;
      this.#end(order, "expired", "a day order, and the trading day is over", outputs);
    }
  }

  #endImmediates(outputs: EngineOutput[]): void {
    for (const order of [...this.#orders.values()]) {
      if (order.timeInForce !== "ioc" || this.#leaves(order) <= 0) continue;
      this.#end(order, "canceled", "immediate or cancel: not fully filled at once", outputs);
    }
  }

  /** The quote less what earlier fills took of it. */
  #view(quote: EngineQuote): MarketView {
    let taken = this.#taken.get(quote.symbol);
    if (taken === undefined) {
      taken = { bid: { price: 0, size: 0, taken: 0 }, ask: { price: 0, size: 0, taken: 0 } };
      this.#taken.set(quote.symbol, taken);
    }
    return {
      bid: quote.bid,
      ask: quote.ask,
      bidSize: offered(taken.bid, quote.bid, quote.bidSize),
      askSize: offered(taken.ask, quote.ask, quote.askSize),
      trade: quote.trade,
    };
  }

  #take(symbol: string, side: "buy" | "sell", quantity: number): void {
    const taken = this.#taken.get(symbol);
    if (taken !== undefined) (side === "buy" ? taken.ask : taken.bid).taken += quantity;
  }
}

/** What is left of an offer; another price or size is a new offer. */
function offered(taken: Taken, price: number | null, displayed: number | null): number {
  if (price === null) return 0;
  const size = displayed ?? UNKNOWN_SIZE;
  if (taken.price !== price || taken.size !== size) Object.assign(taken, { price, size, taken: 0 });
  return Math.max(0, size - taken.taken);
}
