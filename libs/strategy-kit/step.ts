import { type ClientOrderId, type OrderIntent, orderIntentSchema, signalSchema } from "#libs/contracts/mod.ts";
import type { Action, AlertRequest, OrderRequest, SignalRequest, SubmittedOrder } from "./actions.ts";
import type { OrderView, PositionView, StrategyContext } from "./context.ts";
import type { StrategyDefinition, StrategyEvent } from "./definition.ts";
import { StrategyActionError } from "./errors.ts";
import { ORDER_NUMBER_MAX, orderIdOf } from "./order-id.ts";
import type { Plan } from "./plan.ts";
import { sealState } from "./seal.ts";

/** A handler that asks for more has lost its way. */
const ACTIONS_PER_EVENT_MAX = 100;
const FLAT: PositionView = { quantity: 0, averagePrice: null };

/** What the host knows when an event comes in. */
export interface Facts {
  readonly plan: Plan;
  readonly marketTimeMs: number;
  readonly positions: Readonly<Record<string, PositionView>>;
  readonly orders: readonly OrderView[];
  /** The number of the strategy's last order of the day; 0 before the first. */
  readonly orderNumber: number;
}

export interface Step {
  readonly state: unknown;
  readonly actions: readonly Action[];
  readonly orderNumber: number;
}

/** The handler that is told of each kind of event. */
export const HANDLER_OF = {
  bar: "onBar",
  quote: "onQuote",
  history: "onHistory",
  clock: "onClock",
  "order-event": "onOrderEvent",
  fill: "onFill",
  denied: "onDenied",
} as const satisfies Record<StrategyEvent["type"], keyof StrategyDefinition>;

/**
 * Gives one event to a strategy: the same definition, state, facts and event give the same step, always.
 *
 * @throws what the handler throws; StrategyStateError, StrategyActionError. The state given in is then unchanged.
 */
export function takeStep(definition: StrategyDefinition, state: unknown, event: StrategyEvent, facts: Facts): Step {
  const context = new CollectingContext(facts);
  const next = tell(definition, state, event, context);
  if (next === undefined) return { state, actions: [], orderNumber: facts.orderNumber };
  return {
    state: next.state === state ? state : sealState(next.state),
    actions: context.actions,
    orderNumber: context.orderNumber,
  };
}

function tell(
  definition: StrategyDefinition,
  state: unknown,
  event: StrategyEvent,
  context: StrategyContext,
): { readonly state: unknown } | undefined {
  switch (event.type) {
    case "bar":
      return definition.onBar && { state: definition.onBar(state, event.bar, context) };
    case "quote":
      return definition.onQuote && { state: definition.onQuote(state, event.quote, context) };
    case "history":
      return definition.onHistory && { state: definition.onHistory(state, event.history, context) };
    case "clock":
      return definition.onClock && { state: definition.onClock(state, event.marketTimeMs, context) };
    case "order-event":
      return definition.onOrderEvent && { state: definition.onOrderEvent(state, event.event, context) };
    case "fill":
      return definition.onFill && { state: definition.onFill(state, event.fill, context) };
    case "denied":
      return definition.onDenied && { state: definition.onDenied(state, event.denied, context) };
  }
}

/** Collects what the handler asks for; the host carries it out when the handler has returned. */
class CollectingContext implements StrategyContext {
  readonly actions: Action[] = [];
  orderNumber: number;
  readonly #facts: Facts;
  readonly #submitted: OrderView[] = [];

  constructor(facts: Facts) {
    this.#facts = facts;
    this.orderNumber = facts.orderNumber;
  }

  get plan(): Plan {
    return this.#facts.plan;
  }

  get marketTimeMs(): number {
    return this.#facts.marketTimeMs;
  }

  position(symbol: string): PositionView {
    return this.#facts.positions[symbol] ?? FLAT;
  }

  orders(symbol?: string): readonly OrderView[] {
    return [...this.#facts.orders, ...this.#submitted].filter(
      (order) => symbol === undefined || order.symbol === symbol,
    );
  }

  submit(order: OrderRequest): SubmittedOrder {
    const number = this.orderNumber + 1;
    if (number > ORDER_NUMBER_MAX) throw new StrategyActionError(`no more than ${ORDER_NUMBER_MAX} orders a day`);
    const intent = intentOf(order, this.#facts.plan, number);
    this.#add({ type: "submit", intent });
    this.orderNumber = number;
    const legs = intent.bracket && {
      stopLossId: intent.bracket.stopLoss.clientOrderId,
      takeProfitId: intent.bracket.takeProfit.clientOrderId,
    };
    this.#submitted.push(askedView(intent));
    return { clientOrderId: intent.clientOrderId, ...(legs ?? { stopLossId: null, takeProfitId: null }) };
  }

  cancel(clientOrderId: string, reason: string): void {
    this.#add({ type: "cancel", clientOrderId, reason: reason.slice(0, 500) });
  }

  signal(signal: SignalRequest): void {
    const checked = signalSchema.safeParse({
      strategy: this.#facts.plan.strategy,
      ...signal,
      clientOrderId: signal.clientOrderId ?? null,
    });
    if (!checked.success) throw new StrategyActionError(`signal: ${describe(checked.error.issues)}`);
    this.#add({ type: "signal", signal });
  }

  alert(alert: AlertRequest): void {
    this.#add({
      type: "alert",
      alert: { severity: alert.severity, title: alert.title.slice(0, 200), text: alert.text.slice(0, 2000) },
    });
  }

  #add(action: Action): void {
    if (this.actions.length >= ACTIONS_PER_EVENT_MAX) {
      throw new StrategyActionError(`more than ${ACTIONS_PER_EVENT_MAX} actions at one event`);
    }
    this.actions.push(action);
  }
}

/** How an order shows in `context.orders()` from the moment it is asked for. */
export function askedView(intent: OrderIntent): OrderView {
  return {
    clientOrderId: intent.clientOrderId,
    parentClientOrderId: null,
    symbol: intent.symbol,
    side: intent.side,
    status: "asked",
    leavesQuantity: intent.quantity,
  };
}

function intentOf(order: OrderRequest, plan: Plan, number: number): OrderIntent {
  const idOf = (leg?: "sl" | "tp"): ClientOrderId =>
    orderIdOf({
      strategy: plan.strategy,
      tradingDay: plan.tradingDay,
      symbol: order.symbol,
      number,
      ...(leg === undefined ? {} : { leg }),
    });
  const checked = orderIntentSchema.safeParse({
    clientOrderId: idOf(),
    strategy: plan.strategy,
    symbol: order.symbol,
    side: order.side,
    quantity: order.quantity,
    order: order.order,
    timeInForce: order.timeInForce ?? "day",
    outsideRegularHours: order.outsideRegularHours ?? false,
    holdOvernight: order.holdOvernight ?? false,
    bracket: order.bracket
      ? {
          stopLoss: { clientOrderId: idOf("sl"), stopPrice: order.bracket.stopPrice },
          takeProfit: { clientOrderId: idOf("tp"), limitPrice: order.bracket.limitPrice },
        }
      : null,
    ...(order.oneCancelsAllGroup === undefined ? {} : { oneCancelsAllGroup: order.oneCancelsAllGroup }),
    reason: order.reason.slice(0, 500),
  });
  if (!checked.success) throw new StrategyActionError(`order of ${order.symbol}: ${describe(checked.error.issues)}`);
  return checked.data;
}

const describe = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string =>
  issues.map((issue) => `${issue.path.join(".") || "(itself)"}: ${issue.message}`).join("; ");
