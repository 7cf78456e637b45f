import type { Bar, ClientOrderId, OrderIntent, OrderStatus, Side } from "#libs/contracts/mod.ts";
import type { Action } from "./actions.ts";
import type { OrderView, PositionView } from "./context.ts";
import type { StrategyDefinition, StrategyEvent } from "./definition.ts";
import type { Plan } from "./plan.ts";
import { sealState } from "./seal.ts";
import { askedView, takeStep } from "./step.ts";

interface WorkingOrder {
  readonly view: OrderView;
  readonly order: OrderIntent["order"];
  /** Legs wait for their entry to fill. */
  readonly active: boolean;
  readonly bracket: OrderIntent["bracket"];
  readonly group: string | undefined;
}

export interface TrialFill {
  readonly clientOrderId: ClientOrderId;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  readonly price: number;
}

/**
 * Tries a strategy on bars, alone: no bus, no risk, no spread, no commission. Market orders fill at the next bar's
 * open; of two legs that one bar reaches, the stop fills. For a strategy's tests; a dry-run is the real rehearsal.
 */
export class Trial {
  readonly #definition: StrategyDefinition;
  readonly #plan: Plan;
  readonly #working = new Map<ClientOrderId, WorkingOrder>();
  readonly #positions: Record<string, PositionView> = {};
  readonly actions: Action[] = [];
  readonly fills: TrialFill[] = [];
  state: unknown;
  #orderNumber = 0;

  constructor(definition: StrategyDefinition, plan: Plan) {
    this.#definition = definition;
    this.#plan = plan;
    this.state = sealState(definition.initial(plan));
  }

  get orders(): readonly OrderView[] {
    return [...this.#working.values()].map(({ view }) => view);
  }

  position(symbol: string): PositionView {
    return this.#positions[symbol] ?? { quantity: 0, averagePrice: null };
  }

  /** Signals so far, by name, in order. */
  get signals(): readonly string[] {
    return this.actions.flatMap((action) => (action.type === "signal" ? [action.signal.signal] : []));
  }

  /** Orders asked for so far. */
  get intents(): readonly OrderIntent[] {
    return this.actions.flatMap((action) => (action.type === "submit" ? [action.intent] : []));
  }

  /** Tells the past of a symbol, as the host does before the day's first bar. */
  history(symbol: string, bars: readonly Bar[]): this {
    const interval = this.#definition.warmUp?.interval ?? "1m";
    return this.give({ type: "history", history: { symbol, interval, bars } }, this.#plan.session.openMs);
  }

  /** Lets one-minute bars happen, in the order of their times: fills first, then the strategy, then the clock. */
  replay(bars: readonly Bar[]): this {
    for (const bar of bars.toSorted((a, b) => a.startsAt - b.startsAt)) {
      this.#match(bar);
      const endsAtMs = bar.startsAt + 60_000;
      this.give({ type: "bar", bar }, endsAtMs);
      this.give({ type: "clock", marketTimeMs: endsAtMs }, endsAtMs);
    }
    return this;
  }

  /** Gives one event to the strategy and takes what it asks for. */
  give(event: StrategyEvent, marketTimeMs: number): this {
    const step = takeStep(this.#definition, this.state, event, {
      plan: this.#plan,
      marketTimeMs,
      positions: this.#positions,
      orders: this.orders,
      orderNumber: this.#orderNumber,
    });
    this.state = step.state;
    this.#orderNumber = step.orderNumber;
    for (const action of step.actions) {
      this.actions.push(action);
      if (action.type === "submit") this.#accept(action.intent);
      if (action.type === "cancel") this.#end(action.clientOrderId as ClientOrderId, "canceled", marketTimeMs);
    }
    return this;
  }

  /** Refuses an order that was asked for, as risk would. */
  deny(clientOrderId: ClientOrderId, code: string, marketTimeMs: number): this {
    const order = this.#working.get(clientOrderId);
    if (order === undefined) throw new RangeError(`${clientOrderId} is not working`);
    this.#forget(clientOrderId);
    const { symbol, side, leavesQuantity: quantity } = order.view;
    const denied = { clientOrderId, symbol, side, quantity, reasons: [{ code, detail: "" }] };
    return this.give({ type: "denied", denied }, marketTimeMs);
  }

  #accept(intent: OrderIntent): void {
    const view = askedView(intent);
    const { order, bracket, clientOrderId, oneCancelsAllGroup: group } = intent;
    refuseUntried(order);
    this.#working.set(clientOrderId, { view, order, active: true, bracket, group });
    if (bracket === null) return;
    const leg = (id: ClientOrderId, legOrder: OrderIntent["order"]) => {
      const side: Side = intent.side === "buy" ? "sell" : "buy";
      const legView = { ...view, clientOrderId: id, parentClientOrderId: clientOrderId, side };
      this.#working.set(id, { view: legView, order: legOrder, active: false, bracket: null, group: undefined });
    };
    leg(bracket.stopLoss.clientOrderId, { type: "stop", stopPrice: bracket.stopLoss.stopPrice });
    leg(bracket.takeProfit.clientOrderId, { type: "limit", limitPrice: bracket.takeProfit.limitPrice });
  }

  #match(bar: Bar): void {
    for (const { view, order, active } of [...this.#working.values()]) {
      if (!active || view.symbol !== bar.symbol || !this.#working.has(view.clientOrderId)) continue;
      const price = fillPrice(order, view.side, bar);
      if (price !== undefined) this.#fill(view, price, bar.startsAt);
    }
  }

  #fill(view: OrderView, price: number, atMs: number): void {
    const group = this.#working.get(view.clientOrderId)?.group;
    const { clientOrderId, symbol, side, leavesQuantity: quantity, parentClientOrderId } = view;
    const before = this.position(symbol);
    const after = before.quantity + (side === "buy" ? quantity : -quantity);
    this.#positions[symbol] = { quantity: after, averagePrice: after === 0 ? null : (before.averagePrice ?? price) };
    this.fills.push({ clientOrderId, symbol, side, quantity, price });
    for (const [id, order] of this.#working) {
      if (order.view.parentClientOrderId === clientOrderId) this.#working.set(id, { ...order, active: true });
    }
    this.#end(clientOrderId, "filled", atMs, price);
    const execution = {
      kind: "execution" as const,
      executionId: `trial-${this.fills.length}`,
      corrects: null,
      clientOrderId,
      permId: null,
      account: "TRIAL",
      symbol,
      side,
      quantity,
      price,
      executedAt: atMs,
    };
    this.give({ type: "fill", fill: execution }, atMs);
    for (const [id, other] of [...this.#working]) {
      if (group !== undefined && other.group === group) this.#end(id, "canceled", atMs);
    }
    if (parentClientOrderId === null) return;
    for (const { view: other } of [...this.#working.values()]) {
      if (other.parentClientOrderId === parentClientOrderId) this.#end(other.clientOrderId, "canceled", atMs);
    }
  }

  /** Ends an order and tells the strategy; an entry that never filled takes its legs with it. */
  #end(clientOrderId: ClientOrderId, status: OrderStatus, atMs: number, averagePrice: number | null = null): void {
    const order = this.#working.get(clientOrderId);
    if (order === undefined) return;
    const { symbol, side, parentClientOrderId, leavesQuantity } = order.view;
    if (status === "filled") this.#working.delete(clientOrderId);
    else this.#forget(clientOrderId);
    const event = {
      clientOrderId,
      parentClientOrderId,
      symbol,
      side,
      status,
      orderId: null,
      permId: null,
      filledQuantity: status === "filled" ? leavesQuantity : 0,
      leavesQuantity: status === "filled" ? 0 : leavesQuantity,
      averagePrice,
      reason: null,
    };
    this.give({ type: "order-event", event }, atMs);
  }

  #forget(clientOrderId: ClientOrderId): void {
    this.#working.delete(clientOrderId);
    for (const { view } of [...this.#working.values()]) {
      if (view.parentClientOrderId === clientOrderId) this.#working.delete(view.clientOrderId);
    }
  }
}

function fillPrice(order: OrderIntent["order"], side: Side, bar: Bar): number | undefined {
  switch (order.type) {
    case "market":
      return bar.open;
    case "limit":
      if (side === "buy") return bar.low <= order.limitPrice ? Math.min(bar.open, order.limitPrice) : undefined;
      return bar.high >= order.limitPrice ? Math.max(bar.open, order.limitPrice) : undefined;
    case "stop":
      if (side === "buy") return bar.high >= order.stopPrice ? Math.max(bar.open, order.stopPrice) : undefined;
      return bar.low <= order.stopPrice ? Math.min(bar.open, order.stopPrice) : undefined;
    default:
      return undefined;
  }
}

/** Bars do not tell in what order prices came, which these depend on; and a bar is no closing auction. */
function refuseUntried(order: OrderIntent["order"]): void {
  if (order.type === "market" || order.type === "limit" || order.type === "stop") return;
  throw new RangeError(`a trial does not fill ${order.type} orders; run the strategy in dry-run`);
}
