import type { Instrument } from "../market/catalogue.ts";
import type { Quote } from "../market/tape.ts";
import type { OrderTerms } from "../protocol/place-order.ts";
import { type AccountFigures, type AccountSettings, accountFigures } from "./account.ts";
import { fixedCommission } from "./commission.ts";
import type { Effect } from "./effects.ts";
import type { Execution } from "./execution.ts";
import { Ledger } from "./ledger.ts";
import { buyingPowerRefusal, type Exposure, whatIfMargins } from "./margin.ts";
import { type Fill, fillFrom, isStopElected, type Liquidity } from "./matching.ts";
import { type BrokerOrder, hasLimit, isLive, isStop, leavesQuantity, sideOf } from "./order.ts";
import { OrderBook } from "./order-book.ts";
import type { Position } from "./positions.ts";
import { type Refusal, refusalOfTerms } from "./refusal.ts";
import { areTied, canTrade, endsWith, type SessionKind, sessionAt } from "./rules.ts";

/** An order as it reaches the broker, its contract already resolved. */
export interface OrderRequest {
  readonly clientId: number;
  readonly orderId: number;
  readonly instrument: Instrument;
  readonly exchange: string;
  readonly terms: OrderTerms;
}

/**
 * The simulated broker and exchange: orders, executions, positions and cash. Deterministic: it reads no clock and no
 * network; each method takes the market time and returns what has to be told.
 */
export class Broker {
  readonly #settings: AccountSettings;
  readonly #ledger: Ledger;
  readonly #orders = new OrderBook();
  readonly #quotes = new Map<string, { quote: Quote; liquidity: Liquidity }>();
  #nextPermId: number;
  #session: SessionKind = "closed";

  constructor(settings: AccountSettings, seed: number) {
    this.#settings = settings;
    this.#nextPermId = 1_000_000_000 + (seed % 1000) * 1_000_000 + 1;
    const execIdPrefix = (0xe0d5 + (seed % 0xffff)).toString(16).padStart(8, "0");
    this.#ledger = new Ledger(settings.equityUsd, execIdPrefix);
  }

  get liveOrders(): BrokerOrder[] {
    return this.#orders.live;
  }

  /** Filled, cancelled and rejected orders, oldest first. */
  get completedOrders(): readonly BrokerOrder[] {
    return this.#orders.completed;
  }

  /** Every execution ever sent, corrections included, oldest first. */
  get executions(): readonly Execution[] {
    return this.#ledger.executions;
  }

  get positions(): Position[] {
    return this.#ledger.positions;
  }

  /** Symbols whose quotes can change anything here: with a live order, or with shares to value. */
  symbolsOfInterest(): string[] {
    const held = this.positions.filter((position) => position.quantity !== 0).map((position) => position.symbol);
    return [...held, ...this.liveOrders.map((order) => order.instrument.symbol)];
  }

  figures(): AccountFigures {
    return accountFigures(this.#ledger.cash, this.positions, (symbol) => this.markOf(symbol));
  }

  /** The price a position is valued at: the last trade, or the average cost while none is known. */
  markOf(symbol: string): number {
    return this.#quotes.get(symbol)?.quote.last ?? this.#ledger.position(symbol).averageCost;
  }

  /** The id the gateway proposes to a client: above every one it used. */
  nextOrderId(clientId: number): number {
    return this.#orders.nextOrderId(clientId);
  }

  /** What a restart of the real gateway sometimes does: ids already used are handed out again (Lean#242). */
  rollBackOrderIds(count: number): void {
    this.#orders.rollBackOrderIds(count);
  }

  /** Orders that were never transmitted live in the gateway only; its restart wipes them. */
  forgetUntransmitted(): void {
    for (const order of this.liveOrders) {
      if (order.phase === "untransmitted") this.#orders.forget(order);
    }
  }

  place(request: OrderRequest, nowEpochS: number): Effect[] {
    const effects = this.advanceTo(nowEpochS);
    effects.push(...this.#place(request, nowEpochS));
    return effects;
  }

  #place(request: OrderRequest, nowEpochS: number): Effect[] {
    const existing = this.#orders.ofOwner(request.clientId, request.orderId);
    if (existing !== undefined && isLive(existing)) return this.#modify(existing, request, nowEpochS);
    const refusal = this.#refusalOf(request, existing);
    if (refusal !== undefined) return [errorEffect(request, refusal)];
    if (request.terms.whatIf) return [this.#whatIf(request)];
    this.#orders.useOrderId(request.clientId, request.orderId);
    const parent = this.#parentOf(request);
    const order = newOrder(request, this.#nextPermId, parent?.permId ?? 0, this.#settings.account);
    this.#nextPermId += 1;
    // A child only becomes active with its parent's position: it never adds exposure of its own.
    const shortfall = parent === undefined ? buyingPowerRefusal(this.#exposureOf(request), this.figures()) : undefined;
    if (shortfall !== undefined) return this.#reject(order, shortfall, nowEpochS);
    this.#orders.store(order);
    return order.terms.transmit ? this.#transmit(order, nowEpochS) : [];
  }

  cancel(clientId: number, orderId: number, nowEpochS: number): Effect[] {
    const order = this.#orders.ofOwner(clientId, orderId);
    const owner = { clientId, orderId };
    if (order === undefined) {
      return [errorEffect(owner, { code: 10147, text: `OrderId ${orderId} that needs to be cancelled is not found.` })];
    }
    if (!isLive(order)) {
      const state = order.phase === "filled" ? "Filled" : order.phase === "cancelled" ? "Cancelled" : "Inactive";
      const text = `OrderId ${orderId} that needs to be cancelled cannot be cancelled, state: ${state}.`;
      return [errorEffect(owner, { code: 10148, text })];
    }
    return [{ kind: "order-status", order, status: "PendingCancel" }, ...this.#cancelOrder(order, nowEpochS)];
  }

  /** REQ_GLOBAL_CANCEL: every live order of every client. */
  cancelAll(nowEpochS: number): Effect[] {
    return this.liveOrders.flatMap((order) =>
      this.#orders.liveOrder(order.permId) !== undefined ? this.#cancelOrder(order, nowEpochS) : [],
    );
  }

  /** A new quote: its displayed size is fresh, and everything that waits for the symbol is tried against it. */
  quote(symbol: string, quote: Quote, nowEpochS: number): Effect[] {
    this.#quotes.set(symbol, { quote, liquidity: { bid: quote.bidSize, ask: quote.askSize } });
    const effects = this.advanceTo(nowEpochS);
    for (const order of this.liveOrders) {
      if (order.instrument.symbol === symbol) effects.push(...this.#match(order.permId, nowEpochS));
    }
    return effects;
  }

  /** Session changes: orders wake at the open, day orders end at the close. Cheap when nothing changed. */
  advanceTo(nowEpochS: number): Effect[] {
    const session = sessionAt(nowEpochS);
    if (session === this.#session) return [];
    const before = this.#session;
    this.#session = session;
    const effects: Effect[] = [];
    for (const order of this.liveOrders) {
      if (endsWith(order, before, session)) effects.push(...this.#cancelOrder(order, nowEpochS));
      else effects.push(...this.#rephase(order.permId), ...this.#match(order.permId, nowEpochS));
    }
    return effects;
  }

  /**
   * Corrects an execution, as an exchange does after the fact: a new one with the last part of its id counted up.
   *
   * @throws RangeError when there is no such execution.
   */
  correct(execId: string, change: { readonly price?: number; readonly shares?: number }): Effect[] {
    const execution = this.#ledger.correct(execId, change);
    const position = this.#ledger.position(execution.instrument.symbol);
    return [
      { kind: "execution", execution },
      { kind: "commission", execution },
      { kind: "position", position },
    ];
  }

  #refusalOf(request: OrderRequest, existing: BrokerOrder | undefined): Refusal | undefined {
    // After a roll-back a used id counts as new again, as at the real gateway.
    if (request.orderId < this.nextOrderId(request.clientId)) {
      if (existing?.phase === "filled") return { code: 104, text: "Cannot modify a filled order." };
      return { code: 103, text: "Duplicate order id" };
    }
    const refusal = refusalOfTerms(request.terms, this.#settings.account, request.instrument.minTick);
    if (refusal !== undefined) return refusal;
    if (request.terms.parentId === 0) return undefined;
    const parent = this.#parentOf(request);
    if (parent === undefined) return { code: 135, text: `Can't find order with id = ${request.terms.parentId}` };
    if (!isLive(parent) && parent.phase !== "filled") {
      return { code: 201, text: "Order rejected - reason:Parent order is being cancelled." };
    }
    return undefined;
  }

  #parentOf(request: OrderRequest): BrokerOrder | undefined {
    return this.#orders.ofOwner(request.clientId, request.terms.parentId);
  }

  #modify(order: BrokerOrder, request: OrderRequest, nowEpochS: number): Effect[] {
    const { terms } = request;
    if (terms.orderType !== order.terms.orderType || terms.action !== order.terms.action) {
      return [errorEffect(request, { code: 105, text: "Order being modified does not match original order." })];
    }
    if (request.instrument.symbol !== order.instrument.symbol) {
      return [errorEffect(request, { code: 105, text: "Order being modified does not match original order." })];
    }
    const refusal = refusalOfTerms(terms, this.#settings.account, request.instrument.minTick);
    if (refusal !== undefined) return [errorEffect(request, refusal)];
    if (terms.totalQuantity <= order.filled)
      return [errorEffect(request, { code: 104, text: "Cannot modify a filled order." })];
    const modified = { ...order, terms, isResting: false };
    this.#orders.store(modified);
    if (order.phase === "untransmitted") return terms.transmit ? this.#transmit(modified, nowEpochS) : [];
    return [...this.#announce(modified), ...this.#match(order.permId, nowEpochS)];
  }

  #whatIf(request: OrderRequest): Effect {
    const margins = whatIfMargins(this.#exposureOf(request), this.figures());
    return {
      kind: "open-order",
      order: newOrder(request, 0, 0, this.#settings.account),
      status: "PreSubmitted",
      margins,
    };
  }

  #exposureOf({ instrument, terms }: OrderRequest): Exposure {
    const quote = this.#quotes.get(instrument.symbol)?.quote;
    const market = terms.action === "BUY" ? quote?.ask : quote?.bid;
    return {
      held: this.#ledger.position(instrument.symbol).quantity,
      change: terms.action === "BUY" ? terms.totalQuantity : -terms.totalQuantity,
      price: terms.limitPrice || terms.auxPrice || market || 0,
    };
  }

  #reject(order: BrokerOrder, refusal: Refusal, nowEpochS: number): Effect[] {
    const rejected: BrokerOrder = {
      ...order,
      phase: "rejected",
      completedAtEpochS: nowEpochS,
      completedReason: refusal.text,
    };
    this.#orders.store(rejected);
    return [
      { kind: "open-order", order: rejected },
      { kind: "order-status", order: rejected },
      errorEffect(order, refusal),
    ];
  }

  /** The last order of a bracket carries the whole group to the exchange: the parent first, then its children. */
  #transmit(order: BrokerOrder, nowEpochS: number): Effect[] {
    const parent = order.parentPermId === 0 ? undefined : this.#orders.liveOrder(order.parentPermId);
    const root = parent ?? order;
    const group = [root, ...this.liveOrders.filter((other) => root !== order && other.parentPermId === root.permId)];
    const effects: Effect[] = [];
    const announced = group.filter((member) => member.phase === "untransmitted");
    for (const member of announced) {
      const phase = this.#phaseOf({ ...member, phase: "working" });
      const sent = { ...member, phase };
      this.#orders.store(sent);
      effects.push(...this.#accept(sent, nowEpochS));
    }
    for (const member of announced) effects.push(...this.#match(member.permId, nowEpochS));
    return effects;
  }

  /** Acknowledgements as TWS sends them: PreSubmitted first, Submitted once the exchange has it. */
  #accept(order: BrokerOrder, nowEpochS: number): Effect[] {
    const effects: Effect[] = [
      { kind: "open-order", order, status: "PreSubmitted" },
      { kind: "order-status", order, status: "PreSubmitted" },
    ];
    if (order.phase === "working" && hasLimit(order)) effects.push(...this.#announce(order));
    if (order.phase === "waiting-open" && sessionAt(nowEpochS) !== "regular") {
      effects.push(
        errorEffect(order, {
          code: 399,
          text:
            `Order Message:\n${order.terms.action} ${order.terms.totalQuantity} ${order.instrument.symbol}\n` +
            "Warning: your order will not be placed at the exchange until the regular session opens (09:30 US/Eastern).",
        }),
      );
    }
    return effects;
  }

  #announce(order: BrokerOrder): Effect[] {
    return [
      { kind: "open-order", order },
      { kind: "order-status", order },
    ];
  }

  /** Where a transmitted order belongs, by its parent, the session and its trigger. */
  #phaseOf(order: BrokerOrder): BrokerOrder["phase"] {
    if (!isLive(order) || order.phase === "untransmitted") return order.phase;
    const parent = order.parentPermId === 0 ? undefined : this.#orders.liveOrder(order.parentPermId);
    if (parent !== undefined) return "waiting-parent";
    if (!canTrade(order, this.#session)) return "waiting-open";
    return isStop(order) && !order.isTriggered ? "waiting-trigger" : "working";
  }

  #rephase(permId: number): Effect[] {
    const order = this.#orders.liveOrder(permId);
    if (order === undefined) return [];
    const phase = this.#phaseOf(order);
    if (phase === order.phase) return [];
    const moved = { ...order, phase };
    this.#orders.store(moved);
    return this.#announce(moved);
  }

  #match(permId: number, nowEpochS: number): Effect[] {
    const effects: Effect[] = [];
    let order = this.#orders.liveOrder(permId);
    const market = order === undefined ? undefined : this.#quotes.get(order.instrument.symbol);
    if (order === undefined || market === undefined) return effects;
    if (order.phase === "waiting-trigger" && isStopElected(order, market.quote)) {
      order = { ...order, isTriggered: true };
      this.#orders.store(order);
      effects.push(...this.#rephase(permId));
      order = this.#orders.liveOrder(permId) ?? order;
    }
    if (order.phase !== "working") return effects;
    const fill = fillFrom(order, market.quote, market.liquidity);
    if (fill !== undefined) effects.push(...this.#fill(order, fill, nowEpochS));
    const left = this.#orders.liveOrder(permId);
    if (left === undefined) return effects;
    if (left.terms.timeInForce === "IOC") return [...effects, ...this.#cancelOrder(left, nowEpochS)];
    if (fill === undefined && !left.isResting) this.#orders.store({ ...left, isResting: true });
    return effects;
  }

  #fill(order: BrokerOrder, fill: Fill, nowEpochS: number): Effect[] {
    const symbol = order.instrument.symbol;
    this.#takeLiquidity(symbol, sideOf(order), fill.quantity);
    const filled = order.filled + fill.quantity;
    const filledValue = order.filledValue + fill.quantity * fill.price;
    const commission = fixedCommission(filled, filledValue);
    const isComplete = filled >= order.terms.totalQuantity;
    const updated: BrokerOrder = {
      ...order,
      filled,
      filledValue,
      commission,
      lastFillPrice: fill.price,
      phase: isComplete ? "filled" : order.phase,
      completedAtEpochS: isComplete ? nowEpochS : undefined,
      completedReason: isComplete ? `Filled Size: ${filled}` : "",
    };
    this.#orders.store(updated);
    const execution = this.#ledger.record(updated, fill, commission - order.commission, nowEpochS);
    const position = this.#ledger.position(symbol);
    const effects: Effect[] = [{ kind: "execution", execution }, ...this.#announce(updated)];
    // TWS repeats the filled order; a client has to cope (tws.md 5.6).
    if (isComplete) effects.push({ kind: "open-order", order: updated });
    effects.push({ kind: "commission", execution }, { kind: "position", position });
    effects.push(...this.#afterFill(updated, fill.quantity, nowEpochS));
    return effects;
  }

  #takeLiquidity(symbol: string, side: "buy" | "sell", quantity: number): void {
    const market = this.#quotes.get(symbol);
    if (market === undefined) return;
    const { bid, ask } = market.liquidity;
    market.liquidity = side === "buy" ? { bid, ask: ask - quantity } : { bid: bid - quantity, ask };
  }

  /** A filled parent wakes its children; a fill takes its size away from the orders tied to it. */
  #afterFill(order: BrokerOrder, quantity: number, nowEpochS: number): Effect[] {
    const effects: Effect[] = [];
    if (order.phase === "filled") {
      for (const child of this.#orders.liveChildren(order.permId)) {
        effects.push(...this.#rephase(child.permId), ...this.#match(child.permId, nowEpochS));
      }
    }
    for (const sibling of this.liveOrders.filter((other) => areTied(order, other))) {
      const left = leavesQuantity(sibling) - quantity;
      const cancelsAll = order.phase === "filled" || (sibling.terms.ocaGroup !== "" && sibling.terms.ocaType === 1);
      if (cancelsAll || left <= 0) {
        effects.push(...this.#cancelOrder(sibling, nowEpochS));
      } else {
        const terms = { ...sibling.terms, totalQuantity: sibling.terms.totalQuantity - quantity };
        const reduced = { ...sibling, terms };
        this.#orders.store(reduced);
        effects.push(...this.#announce(reduced));
      }
    }
    return effects;
  }

  /** Cancels an order and what hangs on it. Children of a partly filled parent stay, for what was filled. */
  #cancelOrder(order: BrokerOrder, nowEpochS: number): Effect[] {
    const cancelled: BrokerOrder = {
      ...order,
      phase: "cancelled",
      completedAtEpochS: nowEpochS,
      completedReason: "Cancelled by Trader",
    };
    this.#orders.store(cancelled);
    const effects: Effect[] = [
      { kind: "order-status", order: cancelled },
      errorEffect(order, { code: 202, text: "Order Canceled - reason:" }),
    ];
    for (const child of this.#orders.liveChildren(order.permId)) {
      if (order.filled === 0) {
        effects.push(...this.#cancelOrder(child, nowEpochS));
      } else {
        this.#orders.store({ ...child, terms: { ...child.terms, totalQuantity: order.filled } });
        effects.push(...this.#rephase(child.permId), ...this.#match(child.permId, nowEpochS));
      }
    }
    return effects;
  }
}

function newOrder(request: OrderRequest, permId: number, parentPermId: number, account: string): BrokerOrder {
  return {
    permId,
    orderId: request.orderId,
    clientId: request.clientId,
    parentPermId,
    instrument: request.instrument,
    exchange: request.exchange,
    account,
    terms: request.terms,
    phase: "untransmitted",
    filled: 0,
    filledValue: 0,
    lastFillPrice: 0,
    commission: 0,
    isTriggered: false,
    isResting: false,
    completedAtEpochS: undefined,
    completedReason: "",
  };
}

function errorEffect(owner: { readonly clientId: number; readonly orderId: number }, refusal: Refusal): Effect {
  return { kind: "error", clientId: owner.clientId, orderId: owner.orderId, code: refusal.code, text: refusal.text };
}
