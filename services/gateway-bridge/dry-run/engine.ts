import type { ClientOrderId, DryRunMemory } from "#libs/contracts/mod.ts";
import type { MarketPhase } from "#libs/time/mod.ts";
import type { Leg } from "../orders/legs.ts";
import { type BracketState, Brackets } from "./brackets.ts";
import { ClosingPrices } from "./closing-price.ts";
import { fixedCommission } from "./commission.ts";
import { tradableDelayed } from "./delayed.ts";
import { DisplayedSize } from "./displayed-size.ts";
import { LastTrades } from "./last-trade.ts";
import {
  type EngineQuote,
  isOnClose,
  isWaitingForStop,
  isWithinLimit,
  type Match,
  match,
  mayTrade,
  triggers,
} from "./matching.ts";
import { follow } from "./trailing.ts";

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
      /** The price was delayed; only what reduces a position trades at one. */
      readonly delayed: boolean;
    }
  | {
      readonly type: "ended";
      readonly clientOrderId: ClientOrderId;
      /** `filled` is an exit of a bracket at the size that the other exit left it. */
      readonly status: "canceled" | "expired" | "rejected" | "filled";
      readonly reason: string | null;
    };

/** An order as it stood when the last process ended. */
export interface RestoredOrder extends Leg {
  readonly filledQuantity: number;
  readonly filledValue: number;
  readonly executions: number;
  readonly commission: number;
  readonly endsMs: number | null;
  /** Where its stop stood, and whether it was triggered; null when nothing was kept of it. */
  readonly kept: { readonly stopPrice: number | null; readonly triggered: boolean } | null;
}

interface Working extends Leg {
  readonly endsMs: number | null;
  filledQuantity: number;
  filledValue: number;
  executions: number;
  commission: number;
  stop: number | null;
  triggered: boolean;
  resting: boolean;
}

/** Exchanges stop taking orders on the close before it: the first of them, NYSE, ten minutes. */
const CLOSE_CUT_OFF_MS = 600_000;

/**
 * The dry-run market: fills orders against live quotes, with the states a real broker goes through. No clock, no
 * network, no chance: the same calls give the same outputs. Its memory is the ledger's, and what {@link memory} tells
 * beside it: `restore` builds it again.
 */
export class DryRunEngine {
  readonly #orders = new Map<ClientOrderId, Working>();
  readonly #brackets = new Brackets();
  readonly #filledGroups = new Set<string>();
  readonly #displayed = new DisplayedSize();
  readonly #closing = new ClosingPrices();
  readonly #lastTrades = new LastTrades();
  readonly #held: (symbol: string) => number;
  #memoryVersion = 0;
  #triggered = 0;

  /** @param held shares of a symbol in the account, negative is short, as of the outputs before the current call */
  constructor(held: (symbol: string) => number) {
    this.#held = held;
  }

  /** Orders at work. */
  get size(): number {
    return this.#orders.size;
  }

  /** Counts up whenever {@link memory} would tell something new. */
  get memoryVersion(): number {
    return this.#memoryVersion;
  }

  /** Counts the stops that were triggered: each must be kept before anything that follows from it is recorded. */
  get triggered(): number {
    return this.#triggered;
  }

  memory(): DryRunMemory {
    const stops = [...this.#orders.values()].filter(({ stop }) => stop !== null);
    return {
      orders: stops.map(({ clientOrderId, stop, triggered }) => ({ clientOrderId, stopPrice: stop, triggered })),
    };
  }

  /** Takes back an order that was accepted before a restart. `bracket` tells what its entry and exits had filled. */
  restore(order: RestoredOrder, bracket: BracketState | null): void {
    const { kept, ...rest } = order;
    const triggered = kept?.triggered === true || order.filledQuantity > 0;
    const resting = !isWaitingForStop({ order: order.order, triggered });
    this.#orders.set(order.clientOrderId, { ...rest, stop: kept?.stopPrice ?? firstStop(order), triggered, resting });
    if (bracket !== null && order.parentClientOrderId !== null) {
      this.#brackets.restore(order.parentClientOrderId, bracket);
    }
  }

  restoreGroups(filled: readonly string[]): void {
    for (const group of filled) this.#filledGroups.add(group);
  }

  /**
   * Call it once all is restored: ends what a crash kept from ending. The ledger takes one record after the other, so
   * a fill may be in it while the cancels that follow from it are not.
   */
  settle(): EngineOutput[] {
    const outputs: EngineOutput[] = [];
    for (const order of [...this.#orders.values()]) {
      const group = order.oneCancelsAllGroup;
      if (group === null || order.filledQuantity > 0 || !this.#filledGroups.has(group)) continue;
      this.#end(order, "canceled", "another order of its group was filled", outputs);
    }
    for (const { parentClientOrderId: entry } of [...this.#orders.values()]) {
      if (entry !== null) this.#settleBracket(entry, "its bracket was over when the bridge ended", outputs);
    }
    this.#endImmediates(outputs);
    return outputs;
  }

  /** Accepts a group, its entry first, and matches it at once when there is a fresh quote. */
  place(
    group: readonly (Leg & { readonly endsMs: number | null })[],
    quote: EngineQuote | null,
    at: EngineTime,
  ): EngineOutput[] {
    const [entry] = group;
    const refusal = entry === undefined ? null : this.#whyRefused(entry, at);
    if (refusal !== null) {
      return group.map(({ clientOrderId }) => ({ type: "ended", clientOrderId, status: "rejected", reason: refusal }));
    }
    if (this.#orders.size === 0) this.#lastTrades.forget();
    const outputs: EngineOutput[] = [];
    for (const leg of group) {
      this.#orders.set(leg.clientOrderId, {
        ...leg,
        filledQuantity: 0,
        filledValue: 0,
        executions: 0,
        commission: 0,
        stop: firstStop(leg),
        triggered: false,
        resting: false,
      });
      if (leg.parentClientOrderId !== null) this.#brackets.open(leg.parentClientOrderId);
      outputs.push({ type: "accepted", clientOrderId: leg.clientOrderId });
    }
    if (quote !== null && entry !== undefined) this.#work(entry.symbol, { ...quote, trade: null }, at, outputs);
    else this.#endImmediates(outputs);
    return outputs;
  }

  /** A new quote of a symbol. */
  onQuote(quote: EngineQuote, at: EngineTime): EngineOutput[] {
    const outputs: EngineOutput[] = [];
    this.#work(quote.symbol, quote, at, outputs);
    return outputs;
  }

  /** A quote while no order works. */
  passBy(quote: EngineQuote): void {
    this.#displayed.see(quote);
  }

  /** Time passes: the close comes, and day orders end. */
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

  /** An order at work in the symbol that would open or add to a position; null for none. */
  entryIn(symbol: string): ClientOrderId | null {
    for (const order of this.#orders.values()) {
      if (order.symbol === symbol && this.#leaves(order) > 0 && this.opens(order)) return order.clientOrderId;
    }
    return null;
  }

  opens({ symbol, side }: Pick<Leg, "symbol" | "side">): boolean {
    return tradableDelayed(side, this.#held(symbol)) === 0;
  }

  /** Every order at work. */
  cancelAll(reason: string): EngineOutput[] {
    return [...this.#orders.keys()].flatMap((clientOrderId) => this.cancel(clientOrderId, reason) ?? []);
  }

  /** What a broker would refuse. */
  #whyRefused(entry: Leg & { readonly endsMs: number | null }, at: EngineTime): string | null {
    if (entry.oneCancelsAllGroup !== null && this.#filledGroups.has(entry.oneCancelsAllGroup)) {
      return "an order of its group has been filled";
    }
    if (isOnClose(entry) && entry.endsMs !== null && entry.endsMs - at.marketMs < CLOSE_CUT_OFF_MS) {
      return "it is too late for an order on the close: exchanges take them until ten minutes before it";
    }
    return null;
  }

  #work(symbol: string, quote: EngineQuote, at: EngineTime, outputs: EngineOutput[]): void {
    // The close comes before the first quote after it.
    this.#endDayOrders(at, outputs);
    this.#displayed.see(quote);
    this.#closing.see(quote, at.marketMs);
    this.#lastTrades.see(quote, at);
    if (!quote.halted) {
      let held = this.#held(symbol);
      // Its shares are had once, by whichever orders.
      let { trade } = quote;
      for (const order of [...this.#orders.values()]) {
        if (order.symbol !== symbol || !this.#orders.has(order.clientOrderId)) continue;
        const before = order.filledQuantity;
        const matched = this.#tryFill(order, { ...quote, trade }, held, at, outputs);
        if (trade !== null && matched?.takes === false) trade = { ...trade, size: trade.size - matched.quantity };
        held += (order.side === "buy" ? 1 : -1) * (order.filledQuantity - before);
      }
    }
    this.#endImmediates(outputs);
  }

  /** @returns what the order got; null for nothing. */
  #tryFill(order: Working, quote: EngineQuote, held: number, at: EngineTime, outputs: EngineOutput[]): Match | null {
    if (!mayTrade(order, at.phase)) return null;
    const leaves = Math.min(this.#leaves(order), quote.delayed ? tradableDelayed(order.side, held) : Infinity);
    // A protective order that waits for its entry is not in the market: nothing triggers it.
    if (leaves <= 0) return null;
    if (isWaitingForStop(order)) this.#judgeStop(order, quote, at);
    const matched = match(order, leaves, this.#displayed.left(quote));
    if (matched === null) {
      order.resting = !isWaitingForStop(order);
      return null;
    }
    if (matched.takes) this.#displayed.take(quote.symbol, order.side, matched.quantity);
    this.#execute(order, matched.quantity, matched.price, quote.delayed, outputs);
    return matched;
  }

  #judgeStop(order: Working, quote: EngineQuote, at: EngineTime): void {
    const last = this.#lastTrades.of(order, quote, at.marketMs);
    this.#moveStop(order, quote, last);
    if (!triggers(order, last)) return;
    order.triggered = true;
    this.#triggered += 1;
    this.#memoryVersion += 1;
  }

  #moveStop(order: Working, { bid, ask }: EngineQuote, last: number | null): void {
    if (order.order.type !== "trailing-stop") return;
    // Before the first trade is known a stop begins at the side it would trade with.
    const price = last ?? (order.stop === null ? (order.side === "buy" ? ask : bid) : null);
    if (price === null) return;
    const stop = follow(order.stop, order.side, order.order.trail, price);
    if (stop === order.stop) return;
    order.stop = stop;
    this.#memoryVersion += 1;
  }

  #execute(order: Working, quantity: number, price: number, delayed: boolean, outputs: EngineOutput[]): void {
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
      delayed,
    });
    order.commission = commission;
    const full = order.filledQuantity >= order.quantity;
    if (full) this.#orders.delete(order.clientOrderId);
    this.#cancelGroup(order, outputs);
    this.#brackets.onEntryFill(order.clientOrderId, order.filledQuantity, full);
    const entry = order.parentClientOrderId;
    if (entry === null) return;
    this.#brackets.onExitFill(entry, order.clientOrderId, quantity);
    this.#settleBracket(entry, "the other order of the bracket closed the position", outputs);
  }

  /** The first fill of a group, also a partial one, ends its other orders; a cancel by hand does not. */
  #cancelGroup({ clientOrderId, oneCancelsAllGroup: group }: Working, outputs: EngineOutput[]): void {
    if (group === null || this.#filledGroups.has(group)) return;
    this.#filledGroups.add(group);
    for (const other of [...this.#orders.values()]) {
      if (other.oneCancelsAllGroup !== group || other.clientOrderId === clientOrderId) continue;
      this.#end(other, "canceled", "another order of its group was filled", outputs);
    }
  }

  #end(
    order: Working,
    status: "canceled" | "expired" | "filled",
    reason: string | null,
    outputs: EngineOutput[],
  ): void {
    if (!this.#orders.delete(order.clientOrderId)) return;
    outputs.push({ type: "ended", clientOrderId: order.clientOrderId, status, reason });
    this.#brackets.onEntryEnd(order.clientOrderId);
    this.#settleBracket(order.clientOrderId, "the entry of the bracket ended unfilled", outputs);
  }

  /**
   * Once the entry is over and its exits closed what it filled, the exits that are left have nothing to do. The one
   * that closed the last share did all there was to do at the size that the other left it: it is filled.
   */
  #settleBracket(entry: ClientOrderId, reason: string, outputs: EngineOutput[]): void {
    if (!this.#brackets.isEntryOver(entry)) return;
    const exits = [...this.#orders.values()].filter((order) => order.parentClientOrderId === entry);
    if (this.#brackets.isDone(entry)) {
      const isLast = (exit: Working) => exit.clientOrderId === this.#brackets.lastExit(entry);
      for (const exit of exits.filter(isLast)) this.#end(exit, "filled", null, outputs);
      for (const exit of exits) this.#end(exit, "canceled", reason, outputs);
    }
    if (exits.every((exit) => !this.#orders.has(exit.clientOrderId))) this.#brackets.forget(entry);
  }

  #leaves(order: Working): number {
    const own = order.quantity - order.filledQuantity;
    if (order.parentClientOrderId === null) return own;
    return Math.min(own, this.#brackets.openShares(order.parentClientOrderId) ?? own);
  }

  #endDayOrders(at: EngineTime, outputs: EngineOutput[]): void {
    for (const order of [...this.#orders.values()]) {
      if (order.timeInForce !== "day" || order.endsMs === null || at.marketMs < order.endsMs) continue;
      // The fill of another order of its group may have ended it.
      if (!this.#orders.has(order.clientOrderId)) continue;
      if (isOnClose(order)) this.#auction(order, order.endsMs, outputs);
      else this.#end(order, "expired", "a day order, and the trading day is over", outputs);
    }
  }

  /** The closing auction: all or nothing, at its one price; it has enough for every order. */
  #auction(order: Working, closeMs: number, outputs: EngineOutput[]): void {
    const close = this.#closing.at(order.symbol, closeMs);
    const leaves = this.#leaves(order);
    if (close === null) {
      this.#end(order, "expired", "no price at the close is known, or trading was halted", outputs);
    } else if (close.delayed && tradableDelayed(order.side, this.#held(order.symbol)) < leaves) {
      this.#end(order, "expired", "the price at the close is known with a delay only", outputs);
    } else if (isWithinLimit(order, close.price)) {
      this.#execute(order, leaves, close.price, close.delayed, outputs);
    } else {
      this.#end(order, "expired", `the close was at ${close.price}, beyond its limit`, outputs);
    }
  }

  #endImmediates(outputs: EngineOutput[]): void {
    for (const order of [...this.#orders.values()]) {
      // A stop is immediate once it is triggered.
      if (order.timeInForce !== "ioc" || isWaitingForStop(order) || this.#leaves(order) <= 0) continue;
      this.#end(order, "canceled", "immediate or cancel: not fully filled at once", outputs);
    }
  }
}

function firstStop({ order }: Leg): number | null {
  if ("stopPrice" in order) return order.stopPrice;
  return order.type === "trailing-stop" ? order.initialStopPrice : null;
}
