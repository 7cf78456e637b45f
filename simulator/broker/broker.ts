import type { Quote } from "../market/tape.ts";
import type { AccountFigures, AccountSettings } from "./account.ts";
import { Books } from "./books.ts";
import { ConditionWatch, type Observe } from "./condition-watch.ts";
import { type Effect, errorEffect } from "./effects.ts";
import { Exchange } from "./exchange.ts";
import type { Execution } from "./execution.ts";
import type { OrderRequest } from "./new-order.ts";
import { type BrokerOrder, isLive, leavesQuantity } from "./order.ts";
import { OrderEntry } from "./order-entry.ts";
import type { Position } from "./positions.ts";
import type { Refusal } from "./refusal.ts";

/**
 * The simulated broker and exchange: orders, executions, positions and cash. Deterministic: it reads no clock and no
 * network; each method takes the market time and returns what has to be told.
 */
export class Broker {
  readonly #books: Books;
  readonly #exchange: Exchange;
  readonly #entry: OrderEntry;

  /** @param observe what conditions look at, at a moment. */
  constructor(settings: AccountSettings, seed: number, observe: Observe) {
    this.#books = new Books(settings, seed);
    const conditions = new ConditionWatch(this.#books, observe);
    this.#exchange = new Exchange(this.#books, conditions);
    this.#entry = new OrderEntry(this.#books, this.#exchange, conditions, seed);
  }

  get liveOrders(): BrokerOrder[] {
    return this.#books.orders.live;
  }

  /** Filled, cancelled and rejected orders, oldest first. */
  get completedOrders(): readonly BrokerOrder[] {
    return this.#books.orders.completed;
  }

  /** Every execution ever sent, corrections included, oldest first. */
  get executions(): readonly Execution[] {
    return this.#books.ledger.executions;
  }

  get positions(): Position[] {
    return this.#books.ledger.positions;
  }

  /** Symbols whose quotes can change anything here: with a live order, or with shares to value. */
  symbolsOfInterest(): string[] {
    const held = this.positions.filter((position) => position.quantity !== 0).map((position) => position.symbol);
    return [...held, ...this.liveOrders.map((order) => order.instrument.symbol)];
  }

  figures(): AccountFigures {
    return this.#books.figures();
  }

  /** The price a position is valued at: the last trade, or the average cost while none is known. */
  markOf(symbol: string): number {
    return this.#books.markOf(symbol);
  }

  /** The id the gateway proposes to a client: above every one it used. */
  nextOrderId(clientId: number): number {
    return this.#books.orders.nextOrderId(clientId);
  }

  /** What a restart of the real gateway sometimes does: ids already used are handed out again (Lean#242). */
  rollBackOrderIds(count: number): void {
    this.#books.orders.rollBackOrderIds(count);
  }

  /** Orders that were never transmitted live in the gateway only; its restart wipes them. */
  forgetUntransmitted(): void {
    for (const order of this.liveOrders) {
      if (order.phase === "untransmitted") this.#books.orders.forget(order);
    }
  }

  place(request: OrderRequest, nowEpochS: number): Effect[] {
    const effects = this.advanceTo(nowEpochS);
    effects.push(...this.#entry.place(request, nowEpochS), ...this.weighConditions(nowEpochS));
    return effects;
  }

  /** Gives ids of client 0 to the live orders that were placed by hand and have none. @returns those orders. */
  bindManualOrders(): BrokerOrder[] {
    const { orders } = this.#books;
    return this.liveOrders
      .filter((order) => order.orderId === 0)
      .map((order) => {
        const bound = { ...order, orderId: orders.nextManualOrderId() };
        orders.store(bound);
        return bound;
      });
  }

  /** The acknowledgement of a new order is held back: until it is sent the order cannot be modified (2102). */
  holdAcknowledgement(clientId: number, orderId: number): () => void {
    return this.#entry.holdAcknowledgement(clientId, orderId);
  }

  cancel(clientId: number, orderId: number, nowEpochS: number): Effect[] {
    const announced = this.announceCancel(clientId, orderId);
    return [...announced, ...this.finishCancel(clientId, orderId, nowEpochS)];
  }

  /** The first half of a cancel: the exchange is asked. What is not there or done gets its error here. */
  announceCancel(clientId: number, orderId: number): Effect[] {
    const order = this.#books.orders.ofOwner(clientId, orderId);
    const owner = { clientId, orderId };
    if (order === undefined) {
      return [errorEffect(owner, { code: 10147, text: `OrderId ${orderId} that needs to be cancelled is not found.` })];
    }
    if (!isLive(order)) {
      const state = order.phase === "filled" ? "Filled" : order.phase === "cancelled" ? "Cancelled" : "Inactive";
      const text = `OrderId ${orderId} that needs to be cancelled cannot be cancelled, state: ${state}.`;
      return [errorEffect(owner, { code: 10148, text })];
    }
    return [{ kind: "order-status", order, status: "PendingCancel" }];
  }

  /** The second half: what is still open is cancelled. */
  finishCancel(clientId: number, orderId: number, nowEpochS: number): Effect[] {
    const order = this.#books.orders.ofOwner(clientId, orderId);
    return order !== undefined && isLive(order) ? this.#exchange.cancel(order, nowEpochS) : [];
  }

  /** REQ_GLOBAL_CANCEL: every live order of every client. */
  cancelAll(nowEpochS: number): Effect[] {
    return this.liveOrders.flatMap((order) =>
      this.#books.orders.liveOrder(order.permId) !== undefined ? this.#exchange.cancel(order, nowEpochS) : [],
    );
  }

  /** Fills a share of what is left of an order, whatever the market says: at its limit, else at the last price. */
  fillByHand(clientId: number, orderId: number, share: number, nowEpochS: number): Effect[] {
    const order = this.#books.orders.ofOwner(clientId, orderId);
    if (order === undefined || !isLive(order)) return [];
    const price = order.terms.limitPrice || order.terms.auxPrice || this.markOf(order.instrument.symbol);
    const quantity = Math.max(1, Math.floor(leavesQuantity(order) * share));
    return price > 0 ? this.#exchange.fill(order, { price, quantity }, nowEpochS) : [];
  }

  /**
   * The exchange, or the broker's credit check, refuses an order that worked: what had filled stays filled.
   *
   * @throws RangeError when no live order bears the reference.
   */
  refuse(orderRef: string, refusal: Refusal, nowEpochS: number): Effect[] {
    const order = this.liveOrders.find(({ terms }) => terms.orderRef === orderRef);
    if (order === undefined) throw new RangeError(`No live order has the orderRef ${orderRef}.`);
    return this.#exchange.refuse(order, refusal, nowEpochS);
  }

  /** A new quote: everything that waits for the symbol is tried against it. A last size of 0 says that nothing traded. */
  quote(symbol: string, quote: Quote, nowEpochS: number): Effect[] {
    return this.#exchange.quote(symbol, quote, nowEpochS);
  }

  /** Looks at the conditions of what is held back by them, or ended by them. Call it whenever prices moved. */
  weighConditions(nowEpochS: number): Effect[] {
    return this.#exchange.weighConditions(nowEpochS);
  }

  /** From now on nothing of a symbol is matched: its orders wait. */
  halt(symbol: string): void {
    this.#books.markets.halt(symbol);
  }

  /** A halt is over: what waits is tried against the next quote. */
  resume(symbol: string): void {
    this.#books.markets.resume(symbol);
  }

  /** Session changes: orders wake at the open, day orders end at the close. Cheap when nothing changed. */
  advanceTo(nowEpochS: number): Effect[] {
    return this.#exchange.advanceTo(nowEpochS);
  }

  /**
   * Corrects an execution, as an exchange does after the fact: a new one with the last part of its id counted up.
   *
   * @throws RangeError when there is no such execution.
   */
  correct(execId: string, change: { readonly price?: number; readonly shares?: number }): Effect[] {
    const execution = this.#books.ledger.correct(execId, change);
    const position = this.#books.ledger.position(execution.instrument.symbol);
    return [
      { kind: "execution", execution },
      { kind: "commission", execution },
      { kind: "position", position },
    ];
  }
}
