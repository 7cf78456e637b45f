import type { z } from "zod";
import type {
  Bar,
  BarInterval,
  ClientOrderId,
  DenyReason,
  Execution,
  OrderEvent,
  Quote,
  Side,
} from "#libs/contracts/mod.ts";
import type { StrategyContext } from "./context.ts";
import type { Plan } from "./plan.ts";

/** An order that was refused before it reached the broker. */
export interface Denied {
  readonly clientOrderId: ClientOrderId;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  readonly reasons: readonly DenyReason[];
}

/** Bars that a strategy is told of before the day's market data. */
export interface WarmUp {
  readonly interval: BarInterval;
  /** 1 to 2000, of each of its symbols; fewer come where there are no more. */
  readonly count: number;
}

/** The past of one symbol, as asked for by {@link WarmUp}. */
export interface History {
  readonly symbol: string;
  readonly interval: BarInterval;
  /** Completed bars of regular hours, the oldest first. None when the broker's history could not be had. */
  readonly bars: readonly Bar[];
}

/** What a strategy can be told. */
export type StrategyEvent =
  | { readonly type: "bar"; readonly bar: Bar }
  | { readonly type: "quote"; readonly quote: Quote }
  | { readonly type: "history"; readonly history: History }
  | { readonly type: "clock"; readonly marketTimeMs: number }
  | { readonly type: "order-event"; readonly event: OrderEvent }
  | { readonly type: "fill"; readonly fill: Execution }
  | { readonly type: "denied"; readonly denied: Denied };

/**
 * A strategy: pure functions from a state and an event to the next state. It reads no clock and no network but
 * through its context, keeps nothing outside its state, and returns a new state instead of changing the old one, so
 * that it does the same live, in dry-run, in replay and after a restart. The state is JSON.
 */
export interface StrategyDefinition<Parameters extends z.ZodType = z.ZodType, State = unknown> {
  readonly name: string;
  /** What it does, in a sentence for the operator. */
  readonly description: string;
  /** What the gameplan may set; give every field a default where one makes sense. */
  readonly parameters: Parameters;
  /** The bars it wants; `1m` when left out. */
  readonly bars?: readonly BarInterval[];
  /**
   * Bars of the past that it needs: `onHistory` is told of them, once a symbol, before any bar, quote or minute of the
   * day. The day does not wait longer than a minute after the open: what is missing by then comes empty.
   */
  readonly warmUp?: WarmUp;
  /** The state at the start of a trading day. */
  initial(plan: Plan<z.infer<Parameters>>): State;
  /** The past of one of its symbols, for a strategy with a `warmUp`. */
  onHistory?(state: State, history: History, context: StrategyContext<z.infer<Parameters>>): State;
  /** A completed bar of one of its symbols; each bar once, in order, but a bar may be missing after an outage. */
  onBar?(state: State, bar: Bar, context: StrategyContext<z.infer<Parameters>>): State;
  /** The newest quote; quotes that came while the strategy was busy are skipped. */
  onQuote?(state: State, quote: Quote, context: StrategyContext<z.infer<Parameters>>): State;
  /** Each whole minute of market time, also when no bar came. */
  onClock?(state: State, marketTimeMs: number, context: StrategyContext<z.infer<Parameters>>): State;
  /** What became of one of its orders, legs of brackets included. */
  onOrderEvent?(state: State, event: OrderEvent, context: StrategyContext<z.infer<Parameters>>): State;
  /** One execution of one of its orders; the context's position includes it. */
  onFill?(state: State, fill: Execution, context: StrategyContext<z.infer<Parameters>>): State;
  /** One of its orders was refused: by risk, by the gameplan, or because risk could not be asked. */
  onDenied?(state: State, denied: Denied, context: StrategyContext<z.infer<Parameters>>): State;
}

/** By its registered name, so that two copies of this module (a reload makes one) know each other's strategies. */
const STRATEGY = Symbol.for("crucible.strategy");

/** Makes a strategy of its parts; `export default` the result. */
export function defineStrategy<Parameters extends z.ZodType, State>(
  definition: StrategyDefinition<Parameters, State>,
): StrategyDefinition<Parameters, State> {
  return Object.defineProperty(definition, STRATEGY, { value: true });
}

/** Whether a value came from {@link defineStrategy}. */
export function isStrategy(value: unknown): value is StrategyDefinition {
  return typeof value === "object" && value !== null && STRATEGY in value;
}
