import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/tape.ts";
import type { OrderTerms } from "../protocol/place-order.ts";
import { type AccountFigures, type AccountSettings, accountFigures } from "./account.ts";
import { fixedCommission } from "./commission.ts";
import { areMet, type Conditions, conditionsOf, type Observed } from "./conditions.ts";
import type { Effect } from "./effects.ts";
import type { Execution } from "./execution.ts";
import { areTied, effectOnTied, endsGroup } from "./groups.ts";
import { Ledger } from "./ledger.ts";
import { buyingPowerRefusal, type Exposure, whatIfMargins } from "./margin.ts";
import { type Fill, fillAtClose, fillFrom, isTriggered, type Liquidity } from "./matching.ts";
import { refusalOfModification, stillProcessed } from "./modification.ts";
import {
  type BrokerOrder,
  hasLimit,
  hasTrigger,
  isImmediate,
  isLive,
  isOnClose,
  isTrailing,
  leavesQuantity,
  sideOf,
} from "./order.ts";
import { OrderBook } from "./order-book.ts";
import { kindOf } from "./order-types.ts";
import type { Position } from "./positions.ts";
import { invalidRequest, type Refusal, refusalOfTerms } from "./refusal.ts";
import { canTrade, endsWith, isPastCloseCutOff, type SessionKind, sessionAt } from "./rules.ts";
import { followed, keepingStop } from "./trailing.ts";

/** An order as it reaches the broker, its contract already resolved. */
export interface OrderRequest {
  readonly clientId: number;
  readonly orderId: number;
  readonly instrument: Instrument;
  readonly exchange: string;
  readonly terms: OrderTerms;
  /** Not of a client: it has the order id 0, as many others have. */
  readonly isByHand?: boolean;
}

/**
 * The simulated broker and exchange: orders, executions, positions and cash. Deterministic: it reads no clock and no
 * network; each method takes the market time and returns what has to be told.
 */
export class Broker {
  readonly #settings: AccountSettings;
  readonly #observe: (conId: number, epochS: number) => Observed | undefined;
  readonly #ledger: Ledger;
  readonly #orders = new OrderBook();
  readonly #halted = new Set<string>();
  readonly #quotes = new Map<string, { quote: Quote; liquidity: Liquidity }>();
  /** Groups of which an order was filled: they take no more orders. */
  readonly #endedGroups = new Set<string>();
  /** Perm ids of orders whose acknowledgement is still on its way to their client. */
  readonly #unacknowledged = new Set<number>();
  #nextPermId: number;
  #session: SessionKind = "closed";

  /** @param observe what conditions look at, at a moment. */
  constructor(
    settings: AccountSettings,
    seed: number,
    observe: (conId: number, epochS: number) => Observed | undefined,
  ) {
    this.#settings = settings;
    this.#observe = observe;
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
    effects.push(...this.#place(request, nowEpochS), ...this.weighConditions(nowEpochS));
    return effects;
  }

  #place(request: OrderRequest, nowEpochS: number): Effect[] {
    const existing = this.#orders.ofOwner(request.clientId, request.orderId);
    if (existing !== undefined && isLive(existing)) return this.#modify(existing, request, nowEpochS);
    const refusal = this.#refusalOf(request, existing, nowEpochS);
    if (refusal !== undefined) return [errorEffect(request, refusal)];
    if (request.terms.whatIf) return [this.#whatIf(request)];
    this.#orders.useOrderId(request.clientId, request.orderId);
    const parent = this.#parentOf(request);
    const order = {
      ...newOrder(request, this.#nextPermId, parent?.permId ?? 0, this.#settings.account),
      executionsBefore: this.executions.length,
    };
    this.#nextPermId += 1;
    // A child only becomes active with its parent's position: it never adds exposure of its own.
    const shortfall = parent === undefined ? buyingPowerRefusal(this.#exposureOf(request), this.figures()) : undefined;
    if (shortfall !== undefined) return this.#reject(order, shortfall, nowEpochS);
    this.#orders.store(order);
    return order.terms.transmit ? this.#transmit(order, nowEpochS) : [];
  }

  /** Gives ids of client 0 to the live orders that were placed by hand and have none. @returns those orders. */
  bindManualOrders(): BrokerOrder[] {
    return this.liveOrders
      .filter((order) => order.orderId === 0)
      .map((order) => {
        const bound = { ...order, orderId: this.#orders.nextManualOrderId() };
        this.#orders.store(bound);
        return bound;
      });
  }

  /** The acknowledgement of a new order is held back: until it is sent the order cannot be modified (2102). */
  holdAcknowledgement(clientId: number, orderId: number): () => void {
    const permId = this.#orders.ofOwner(clientId, orderId)?.permId;
    if (permId === undefined) return () => undefined;
    this.#unacknowledged.add(permId);
    return () => void this.#unacknowledged.delete(permId);
  }

  cancel(clientId: number, orderId: number, nowEpochS: number): Effect[] {
    const announced = this.announceCancel(clientId, orderId);
    return [...announced, ...this.finishCancel(clientId, orderId, nowEpochS)];
  }

  /** The first half of a cancel: the exchange is asked. What is not there or done gets its error here. */
  announceCancel(clientId: number, orderId: number): Effect[] {
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
    return [{ kind: "order-status", order, status: "PendingCancel" }];
  }

  /** The second half: what is still open is cancelled. */
  finishCancel(clientId: number, orderId: number, nowEpochS: number): Effect[] {
    const order = this.#orders.ofOwner(clientId, orderId);
    return order !== undefined && isLive(order) ? this.#cancelOrder(order, nowEpochS) : [];
  }

  /** Fills a share of what is left of an order, whatever the market says: at its limit, else at the last price. */
  fillByHand(clientId: number, orderId: number, share: number, nowEpochS: number): Effect[] {
    const order = this.#orders.ofOwner(clientId, orderId);
    if (order === undefined || !isLive(order)) return [];
    const price = order.terms.limitPrice || order.terms.auxPrice || this.markOf(order.instrument.symbol);
    const quantity = Math.max(1, Math.floor(leavesQuantity(order) * share));
    return price > 0 ? this.#fill(order, { price, quantity }, nowEpochS) : [];
  }

  /**
   * The exchange, or the broker's credit check, refuses an order that worked: what had filled stays filled.
   *
   * @throws RangeError when no live order bears the reference.
   */
  refuse(orderRef: string, refusal: Refusal, nowEpochS: number): Effect[] {
    const order = this.liveOrders.find(({ terms }) => terms.orderRef === orderRef);
    if (order === undefined) throw new RangeError(`No live order has the orderRef ${orderRef}.`);
    return [...this.#reject(order, refusal, nowEpochS), ...this.#endedWith(order, nowEpochS)];
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

  /** Looks at the conditions of what is held back by them, or ended by them. Call it whenever prices moved. */
  weighConditions(nowEpochS: number): Effect[] {
    const effects: Effect[] = [];
    for (const { permId } of this.liveOrders) {
      const order = this.#orders.liveOrder(permId);
      if (order === undefined || order.isReleased || order.terms.conditionCount === 0) continue;
      if (order.phase === "untransmitted" || order.phase === "waiting-parent") continue;
      const conditions = conditionsOf(order.terms);
      if (!conditions || !this.#areMet(conditions, order, nowEpochS)) continue;
      if (conditions.cancels) {
        effects.push(...this.#cancelOrder(order, nowEpochS));
      } else {
        this.#orders.store({ ...order, isReleased: true });
        effects.push(...this.#rephase(permId), ...this.#match(permId, nowEpochS));
      }
    }
    return effects;
  }

  #areMet(conditions: Conditions, { executionsBefore }: BrokerOrder, nowEpochS: number): boolean {
    if (!conditions.ignoreRth && sessionAt(nowEpochS) !== "regular") return false;
    const { excessLiquidity, netLiquidation } = this.figures();
    return areMet(conditions, {
      nowEpochS,
      marginCushion: netLiquidation === 0 ? 0 : (100 * excessLiquidity) / netLiquidation,
      observe: (conId) => this.#observe(conId, nowEpochS),
      wasExecuted: (symbol, secType) =>
        this.executions
          .slice(executionsBefore)
          .some(({ instrument }) => instrument.symbol === symbol && (secType === "" || instrument.secType === secType)),
    });
  }

  #refusalOfConditions(terms: OrderTerms, nowEpochS: number): Refusal | undefined {
    const conditions = conditionsOf(terms);
    const isSound = conditions?.all.every(({ conId }) => conId === null || this.#observe(conId, nowEpochS));
    return conditions === null || isSound ? undefined : invalidRequest("Invalid order condition");
  }

  /** From now on nothing of a symbol is matched: its orders wait. */
  halt(symbol: string): void {
    this.#halted.add(symbol);
  }

  /** A halt is over: what waits is tried against the next quote. */
  resume(symbol: string): void {
    this.#halted.delete(symbol);
  }

  /** Session changes: orders wake at the open, day orders end at the close. Cheap when nothing changed. */
  advanceTo(nowEpochS: number): Effect[] {
    const session = sessionAt(nowEpochS);
    if (session === this.#session) return [];
    const before = this.#session;
    this.#session = session;
    const effects: Effect[] = [];
    if (before === "regular") effects.push(...this.#auction(nowEpochS));
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

  #refusalOf(request: OrderRequest, existing: BrokerOrder | undefined, nowEpochS: number): Refusal | undefined {
    // After a roll-back a used id counts as new again, as at the real gateway.
    if (request.isByHand !== true && request.orderId < this.nextOrderId(request.clientId)) {
      if (existing?.phase === "filled") return { code: 104, text: "Cannot modify a filled order." };
      return { code: 103, text: "Duplicate order id" };
    }
    const refusal =
      refusalOfTerms(request.terms, this.#settings.account, request.instrument.minTick) ??
      this.#refusalOfConditions(request.terms, nowEpochS);
    if (refusal !== undefined) return refusal;
    if (this.#endedGroups.has(request.terms.ocaGroup)) {
      return { code: 201, text: "Order rejected - reason:An order of this OCA group has been filled." };
    }
    if (kindOf(request.terms.orderType)?.isOnClose && isPastCloseCutOff(nowEpochS)) {
      return { code: 201, text: "Order rejected - reason:It is too late for an order on the close." };
    }
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
    if (this.#unacknowledged.has(order.permId)) return [errorEffect(request, stillProcessed)];
    const refusal =
      refusalOfModification(order, request.instrument.symbol, request.terms) ??
      refusalOfTerms(request.terms, this.#settings.account, request.instrument.minTick) ??
      this.#refusalOfConditions(request.terms, nowEpochS) ??
      (order.parentPermId === 0 ? buyingPowerRefusal(this.#exposureOf(request), this.figures()) : undefined);
    if (refusal !== undefined) return [errorEffect(request, refusal)];
    const terms = isTrailing(order) ? keepingStop(order, request.terms) : request.terms;
    const isSame = terms.conditionFields.join("\0") === order.terms.conditionFields.join("\0");
    const changed = { ...order, terms, isResting: false, isReleased: isSame && order.isReleased };
    const modified = { ...changed, phase: this.#phaseOf(changed) };
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
    // Of a trailing order the auxiliary price is a distance.
    const isTrail = kindOf(terms.orderType)?.trigger === "trail";
    return {
      held: this.#ledger.position(instrument.symbol).quantity,
      change: terms.action === "BUY" ? terms.totalQuantity : -terms.totalQuantity,
      price: terms.limitPrice || (isTrail ? terms.trailStopPrice : terms.auxPrice) || market || 0,
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
      const quote = this.#quotes.get(member.instrument.symbol)?.quote;
      const begins = phase === "waiting-trigger" && isTrailing(member) && quote !== undefined;
      const sent = begins ? followed({ ...member, phase }, quote) : { ...member, phase };
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
    if (order.terms.outsideRth && !hasLimit(order) && !hasTrigger(order)) {
      const text = `Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the order type and destination. PlaceOrder is now being processed.`;
      effects.push(errorEffect(order, { code: 2109, text }));
    }
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
    if (!order.isReleased && conditionsOf(order.terms)?.cancels === false) return "waiting-condition";
    if (isOnClose(order)) return "waiting-close";
    if (!canTrade(order, this.#session)) return "waiting-open";
    return hasTrigger(order) && !order.isTriggered ? "waiting-trigger" : "working";
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
    if (order === undefined) return effects;
    const { symbol } = order.instrument;
    const market = this.#halted.has(symbol) ? undefined : this.#quotes.get(symbol);
    if (market === undefined) return isImmediate(order) ? this.#cancelOrder(order, nowEpochS) : effects;
    if (order.phase === "waiting-trigger" && isTrailing(order)) {
      order = followed(order, market.quote);
      this.#orders.store(order);
    }
    if (order.phase === "waiting-trigger" && isTriggered(order, market.quote)) {
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
    if (isImmediate(left)) return [...effects, ...this.#cancelOrder(left, nowEpochS)];
    if (fill === undefined && !left.isResting) this.#orders.store({ ...left, isResting: true });
    return effects;
  }

  /** The close: what waits for it is filled whole at the last trade, or ends with its day. */
  #auction(nowEpochS: number): Effect[] {
    return this.liveOrders.flatMap(({ permId }) => {
      // One of them may have been cancelled by the fill of another.
      const order = this.#orders.liveOrder(permId);
      const quote = order === undefined ? undefined : this.#quotes.get(order.instrument.symbol)?.quote;
      if (order?.phase !== "waiting-close" || quote === undefined) return [];
      if (this.#halted.has(order.instrument.symbol)) return [];
      const fill = fillAtClose(order, quote);
      return fill === undefined ? [] : this.#fill(order, fill, nowEpochS);
    });
  }

  #fill(order: BrokerOrder, fill: Fill, nowEpochS: number): Effect[] {
    const symbol = order.instrument.symbol;
    if (!isOnClose(order)) this.#takeLiquidity(symbol, sideOf(order), fill.quantity);
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
    if (endsGroup(order)) this.#endedGroups.add(order.terms.ocaGroup);
    for (const sibling of this.liveOrders.filter((other) => areTied(order, other))) {
      const effect = effectOnTied(order, quantity, sibling, leavesQuantity(sibling));
      if (effect.kind === "cancel") {
        effects.push(...this.#cancelOrder(sibling, nowEpochS));
      } else {
        const terms = { ...sibling.terms, totalQuantity: sibling.terms.totalQuantity - effect.shares };
        const reduced = { ...sibling, terms };
        this.#orders.store(reduced);
        effects.push(...this.#announce(reduced));
      }
    }
    return effects;
  }

  /** Cancels an order and what hangs on it. */
  #cancelOrder(order: BrokerOrder, nowEpochS: number): Effect[] {
    const cancelled: BrokerOrder = {
      ...order,
      phase: "cancelled",
      completedAtEpochS: nowEpochS,
      completedReason: "Cancelled by Trader",
    };
    this.#orders.store(cancelled);
    return [
      { kind: "order-status", order: cancelled },
      errorEffect(order, { code: 202, text: "Order Canceled - reason:" }),
      ...this.#endedWith(order, nowEpochS),
    ];
  }

  /** What hangs on an order that ends unfilled ends with it. Children of a partly filled one stay, for what was filled. */
  #endedWith(order: BrokerOrder, nowEpochS: number): Effect[] {
    const effects: Effect[] = [];
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
    isReleased: false,
    executionsBefore: 0,
    isResting: false,
    completedAtEpochS: undefined,
    completedReason: "",
  };
}

function errorEffect(owner: { readonly clientId: number; readonly orderId: number }, refusal: Refusal): Effect {
  return { kind: "error", clientId: owner.clientId, orderId: owner.orderId, code: refusal.code, text: refusal.text };
}
