import type { Quote } from "../market/tape.ts";
import type { Books } from "./books.ts";
import { fixedCommission } from "./commission.ts";
import type { ConditionWatch } from "./condition-watch.ts";
import { conditionsOf } from "./conditions.ts";
import { announced, type Effect, errorEffect } from "./effects.ts";
import { areTied, effectOnTied, endsGroup } from "./groups.ts";
import { type Fill, fillAtClose, fillFrom, isTriggered } from "./matching.ts";
import {
  type BrokerOrder,
  hasTrigger,
  isImmediate,
  isLive,
  isOnClose,
  isTrailing,
  leavesQuantity,
  sideOf,
} from "./order.ts";
import type { Refusal } from "./refusal.ts";
import { canTrade, endsWith, type SessionKind, sessionAt } from "./rules.ts";
import { followed } from "./trailing.ts";

/** What happens to orders once they are transmitted: what wakes them, fills them and ends them, and what hangs on that. */
export class Exchange {
  readonly #books: Books;
  readonly #conditions: ConditionWatch;
  #session: SessionKind = "closed";

  constructor(books: Books, conditions: ConditionWatch) {
    this.#books = books;
    this.#conditions = conditions;
  }

  /** A new quote: everything that waits for the symbol is tried against it. */
  quote(symbol: string, quote: Quote, nowEpochS: number): Effect[] {
    const { markets, orders } = this.#books;
    markets.take(symbol, quote);
    const effects = this.advanceTo(nowEpochS);
    for (const order of orders.live) {
      if (order.instrument.symbol === symbol) effects.push(...this.match(order.permId, nowEpochS));
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
    if (before === "regular") effects.push(...this.#auction(nowEpochS));
    for (const order of this.#books.orders.live) {
      if (endsWith(order, before, session)) effects.push(...this.cancel(order, nowEpochS));
      else effects.push(...this.#wake(order.permId, nowEpochS));
    }
    return effects;
  }

  /** Looks at the conditions of what is held back by them, or ended by them. */
  weighConditions(nowEpochS: number): Effect[] {
    const { orders } = this.#books;
    const effects: Effect[] = [];
    for (const { permId } of orders.live) {
      const order = orders.liveOrder(permId);
      const met = order === undefined ? undefined : this.#conditions.met(order, nowEpochS);
      if (order === undefined || met === undefined) continue;
      if (met.cancels) {
        effects.push(...this.cancel(order, nowEpochS));
      } else {
        orders.store({ ...order, isReleased: true });
        effects.push(...this.#wake(permId, nowEpochS));
      }
    }
    return effects;
  }

  /** Where a transmitted order belongs, by its parent, its conditions, the session and its trigger. */
  phaseOf(order: BrokerOrder): BrokerOrder["phase"] {
    if (!isLive(order) || order.phase === "untransmitted") return order.phase;
    const parent = order.parentPermId === 0 ? undefined : this.#books.orders.liveOrder(order.parentPermId);
    if (parent !== undefined) return "waiting-parent";
    if (!order.isReleased && conditionsOf(order.terms)?.cancels === false) return "waiting-condition";
    if (isOnClose(order)) return "waiting-close";
    if (!canTrade(order, this.#session)) return "waiting-open";
    return hasTrigger(order) && !order.isTriggered ? "waiting-trigger" : "working";
  }

  /** Tries a live order against the quote there is. */
  match(permId: number, nowEpochS: number): Effect[] {
    const { orders, markets } = this.#books;
    const effects: Effect[] = [];
    let order = orders.liveOrder(permId);
    if (order === undefined) return effects;
    const market = markets.open(order.instrument.symbol);
    if (market === undefined) return isImmediate(order) ? this.cancel(order, nowEpochS) : effects;
    if (order.phase === "waiting-trigger" && isTrailing(order)) {
      order = followed(order, market.quote);
      orders.store(order);
    }
    if (order.phase === "waiting-trigger" && isTriggered(order, market.prints)) {
      order = { ...order, isTriggered: true };
      orders.store(order);
      effects.push(...this.#rephase(permId));
      order = orders.liveOrder(permId) ?? order;
    }
    if (order.phase !== "working") return effects;
    const fill = fillFrom(order, market.quote, market.liquidity);
    if (fill !== undefined) effects.push(...this.fill(order, fill, nowEpochS));
    const left = orders.liveOrder(permId);
    if (left === undefined) return effects;
    if (isImmediate(left)) return [...effects, ...this.cancel(left, nowEpochS)];
    if (fill === undefined && !left.isResting) orders.store({ ...left, isResting: true });
    return effects;
  }

  fill(order: BrokerOrder, fill: Fill, nowEpochS: number): Effect[] {
    const { orders, ledger, markets } = this.#books;
    const { symbol } = order.instrument;
    if (!isOnClose(order)) markets.takeLiquidity(symbol, sideOf(order), fill.quantity);
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
    orders.store(updated);
    const execution = ledger.record(updated, fill, commission - order.commission, nowEpochS);
    const effects: Effect[] = [{ kind: "execution", execution }, ...announced(updated)];
    // TWS repeats the filled order; a client has to cope (tws.md 5.6).
    if (isComplete) effects.push({ kind: "open-order", order: updated });
    effects.push({ kind: "commission", execution }, { kind: "position", position: ledger.position(symbol) });
    effects.push(...this.#afterFill(updated, fill.quantity, nowEpochS));
    return effects;
  }

  /** Cancels an order and what hangs on it. */
  cancel(order: BrokerOrder, nowEpochS: number): Effect[] {
    const cancelled: BrokerOrder = {
      ...order,
      phase: "cancelled",
      completedAtEpochS: nowEpochS,
      completedReason: "Cancelled by Trader",
    };
    this.#books.orders.store(cancelled);
    return [
      { kind: "order-status", order: cancelled },
      errorEffect(order, { code: 202, text: "Order Canceled - reason:" }),
      ...this.#endedWith(order, nowEpochS),
    ];
  }

  /** The exchange, or the broker's credit check, refuses an order: what had filled stays filled. */
  refuse(order: BrokerOrder, refusal: Refusal, nowEpochS: number): Effect[] {
    const rejected: BrokerOrder = {
      ...order,
      phase: "rejected",
      completedAtEpochS: nowEpochS,
      completedReason: refusal.text,
    };
    this.#books.orders.store(rejected);
    return [...announced(rejected), errorEffect(order, refusal), ...this.#endedWith(order, nowEpochS)];
  }

  #rephase(permId: number): Effect[] {
    const order = this.#books.orders.liveOrder(permId);
    const phase = order === undefined ? undefined : this.phaseOf(order);
    if (order === undefined || phase === undefined || phase === order.phase) return [];
    const moved = { ...order, phase };
    this.#books.orders.store(moved);
    return announced(moved);
  }

  #wake(permId: number, nowEpochS: number): Effect[] {
    return [...this.#rephase(permId), ...this.match(permId, nowEpochS)];
  }

  /** The close: what waits for it is filled whole at the last trade, or ends with its day. */
  #auction(nowEpochS: number): Effect[] {
    const { orders, markets } = this.#books;
    return orders.live.flatMap(({ permId }) => {
      // One of them may have been cancelled by the fill of another.
      const order = orders.liveOrder(permId);
      const market = order === undefined ? undefined : markets.open(order.instrument.symbol);
      if (order?.phase !== "waiting-close" || market === undefined) return [];
      const fill = fillAtClose(order, market.quote);
      return fill === undefined ? [] : this.fill(order, fill, nowEpochS);
    });
  }

  /** A filled parent wakes its children; a fill takes its size away from the orders tied to it. */
  #afterFill(order: BrokerOrder, quantity: number, nowEpochS: number): Effect[] {
    const { orders, endedGroups } = this.#books;
    const effects: Effect[] = [];
    if (order.phase === "filled") {
      for (const child of orders.liveChildren(order.permId)) effects.push(...this.#wake(child.permId, nowEpochS));
    }
    if (endsGroup(order)) endedGroups.add(order.terms.ocaGroup);
    for (const sibling of orders.live.filter((other) => areTied(order, other))) {
      const effect = effectOnTied(order, quantity, sibling, leavesQuantity(sibling));
      if (effect.kind === "cancel") {
        effects.push(...this.cancel(sibling, nowEpochS));
      } else {
        const terms = { ...sibling.terms, totalQuantity: sibling.terms.totalQuantity - effect.shares };
        const reduced = { ...sibling, terms };
        orders.store(reduced);
        effects.push(...announced(reduced));
      }
    }
    return effects;
  }

  /** What hangs on an order that ends unfilled ends with it. Children of a partly filled one stay, for what was filled. */
  #endedWith(order: BrokerOrder, nowEpochS: number): Effect[] {
    const { orders } = this.#books;
    const effects: Effect[] = [];
    for (const child of orders.liveChildren(order.permId)) {
      if (order.filled === 0) {
        effects.push(...this.cancel(child, nowEpochS));
      } else {
        orders.store({ ...child, terms: { ...child.terms, totalQuantity: order.filled } });
        effects.push(...this.#wake(child.permId, nowEpochS));
      }
    }
    return effects;
  }
}
