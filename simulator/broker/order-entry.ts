import type { Books } from "./books.ts";
import type { ConditionWatch } from "./condition-watch.ts";
import { announced, type Effect, errorEffect } from "./effects.ts";
import type { Exchange } from "./exchange.ts";
import { buyingPowerRefusal, type Exposure, whatIfMargins } from "./margin.ts";
import { refusalOfModification, stillProcessed } from "./modification.ts";
import { newOrder, type OrderRequest } from "./new-order.ts";
import { type BrokerOrder, hasLimit, hasTrigger, isLive, isTrailing } from "./order.ts";
import { kindOf } from "./order-types.ts";
import { type Refusal, refusalOfTerms } from "./refusal.ts";
import { isPastCloseCutOff, sessionAt } from "./rules.ts";
import { followed, keepingStop } from "./trailing.ts";
import { refusalOfUnsupported } from "./unsupported-terms.ts";

/** PLACE_ORDER: a new order, a change of one that lives, or a question what one would do. */
export class OrderEntry {
  readonly #books: Books;
  readonly #exchange: Exchange;
  readonly #conditions: ConditionWatch;
  /** Perm ids of orders whose acknowledgement is still on its way to their client. */
  readonly #unacknowledged = new Set<number>();
  #nextPermId: number;

  constructor(books: Books, exchange: Exchange, conditions: ConditionWatch, seed: number) {
    this.#books = books;
    this.#exchange = exchange;
    this.#conditions = conditions;
    this.#nextPermId = 1_000_000_000 + (seed % 1000) * 1_000_000 + 1;
  }

  place(request: OrderRequest, nowEpochS: number): Effect[] {
    const { orders, ledger } = this.#books;
    const existing = orders.ofOwner(request.clientId, request.orderId);
    if (existing !== undefined && isLive(existing)) return this.#modify(existing, request, nowEpochS);
    const refusal = this.#refusalOf(request, existing, nowEpochS);
    if (refusal !== undefined) return [errorEffect(request, refusal)];
    if (request.terms.whatIf) return [this.#whatIf(request)];
    orders.useOrderId(request.clientId, request.orderId);
    const parent = this.#parentOf(request);
    const order = newOrder(request, {
      permId: this.#nextPermId,
      parentPermId: parent?.permId ?? 0,
      account: this.#books.settings.account,
      executionsBefore: ledger.executions.length,
    });
    this.#nextPermId += 1;
    // A child only becomes active with its parent's position: it never adds exposure of its own.
    const shortfall = parent === undefined ? this.#shortfallOf(request) : undefined;
    if (shortfall !== undefined) return this.#exchange.refuse(order, shortfall, nowEpochS);
    orders.store(order);
    return order.terms.transmit ? this.#transmit(order, nowEpochS) : [];
  }

  /** The acknowledgement of a new order is held back: until it is sent the order cannot be modified (2102). */
  holdAcknowledgement(clientId: number, orderId: number): () => void {
    const permId = this.#books.orders.ofOwner(clientId, orderId)?.permId;
    if (permId === undefined) return () => undefined;
    this.#unacknowledged.add(permId);
    return () => void this.#unacknowledged.delete(permId);
  }

  #refusalOf(request: OrderRequest, existing: BrokerOrder | undefined, nowEpochS: number): Refusal | undefined {
    // After a roll-back a used id counts as new again, as at the real gateway.
    if (request.isByHand !== true && request.orderId < this.#books.orders.nextOrderId(request.clientId)) {
      if (existing?.phase === "filled") return { code: 104, text: "Cannot modify a filled order." };
      return { code: 103, text: "Duplicate order id" };
    }
    const refusal = this.#refusalOfTerms(request, nowEpochS);
    if (refusal !== undefined) return refusal;
    if (this.#books.endedGroups.has(request.terms.ocaGroup)) {
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

  #refusalOfTerms({ terms, instrument }: OrderRequest, nowEpochS: number): Refusal | undefined {
    const { account } = this.#books.settings;
    return (
      refusalOfTerms(terms, account, instrument.minTick) ??
      refusalOfUnsupported(terms) ??
      this.#conditions.refusalOf(terms, nowEpochS)
    );
  }

  #parentOf(request: OrderRequest): BrokerOrder | undefined {
    return this.#books.orders.ofOwner(request.clientId, request.terms.parentId);
  }

  #modify(order: BrokerOrder, request: OrderRequest, nowEpochS: number): Effect[] {
    if (this.#unacknowledged.has(order.permId)) return [errorEffect(request, stillProcessed)];
    const refusal =
      refusalOfModification(order, request.instrument.symbol, request.terms) ??
      this.#refusalOfTerms(request, nowEpochS) ??
      (order.parentPermId === 0 ? this.#shortfallOf(request) : undefined);
    if (refusal !== undefined) return [errorEffect(request, refusal)];
    const terms = isTrailing(order) ? keepingStop(order, request.terms) : request.terms;
    const isSame =
      terms.goodAfterTime === order.terms.goodAfterTime &&
      terms.conditionFields.join("\0") === order.terms.conditionFields.join("\0");
    const changed = { ...order, terms, isResting: false, isReleased: isSame && order.isReleased };
    const modified = { ...changed, phase: this.#exchange.phaseOf(changed) };
    this.#books.orders.store(modified);
    if (order.phase === "untransmitted") return terms.transmit ? this.#transmit(modified, nowEpochS) : [];
    return [...announced(modified), ...this.#exchange.match(order.permId, nowEpochS)];
  }

  #whatIf(request: OrderRequest): Effect {
    const { account } = this.#books.settings;
    return {
      kind: "open-order",
      order: newOrder(request, { permId: 0, parentPermId: 0, account, executionsBefore: 0 }),
      status: "PreSubmitted",
      margins: whatIfMargins(this.#exposureOf(request), this.#books.figures()),
    };
  }

  #shortfallOf(request: OrderRequest): Refusal | undefined {
    return buyingPowerRefusal(this.#exposureOf(request), this.#books.figures());
  }

  #exposureOf({ instrument, terms }: OrderRequest): Exposure {
    const quote = this.#books.markets.quote(instrument.symbol);
    const market = terms.action === "BUY" ? quote?.ask : quote?.bid;
    // Of a trailing order the auxiliary price is a distance.
    const isTrail = kindOf(terms.orderType)?.trigger === "trail";
    return {
      held: this.#books.ledger.position(instrument.symbol).quantity,
      change: terms.action === "BUY" ? terms.totalQuantity : -terms.totalQuantity,
      price: terms.limitPrice || (isTrail ? terms.trailStopPrice : terms.auxPrice) || market || 0,
    };
  }

  /** The last order of a bracket carries the whole group to the exchange: the parent first, then its children. */
  #transmit(order: BrokerOrder, nowEpochS: number): Effect[] {
    const { orders, markets } = this.#books;
    const parent = order.parentPermId === 0 ? undefined : orders.liveOrder(order.parentPermId);
    const root = parent ?? order;
    const group = [root, ...orders.live.filter((other) => root !== order && other.parentPermId === root.permId)];
    const effects: Effect[] = [];
    const sentNow = group.filter((member) => member.phase === "untransmitted");
    for (const member of sentNow) {
      const phase = this.#exchange.phaseOf({ ...member, phase: "working" });
      const quote = markets.quote(member.instrument.symbol);
      const begins = phase === "waiting-trigger" && isTrailing(member) && quote !== undefined;
      const sent = begins ? followed({ ...member, phase }, quote) : { ...member, phase };
      orders.store(sent);
      effects.push(...accepted(sent, nowEpochS));
    }
    for (const member of sentNow) effects.push(...this.#exchange.match(member.permId, nowEpochS));
    return effects;
  }
}

/** Acknowledgements as TWS sends them: PreSubmitted first, Submitted once the exchange has it. */
function accepted(order: BrokerOrder, nowEpochS: number): Effect[] {
  const effects: Effect[] = [
    { kind: "open-order", order, status: "PreSubmitted" },
    { kind: "order-status", order, status: "PreSubmitted" },
  ];
  if (order.phase === "working" && hasLimit(order)) effects.push(...announced(order));
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
