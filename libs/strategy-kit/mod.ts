/**
 * What a strategy file is written with: `defineStrategy`, and the shapes it meets. No clock and no network in here:
 * a strategy is a function of the events it receives.
 */

export { z } from "zod";
export type { Bar, BarInterval, Execution, OrderEvent, OrderType, Quote, Side } from "#libs/contracts/mod.ts";
export { epochMsOf, formatNewYorkTime } from "#libs/time/mod.ts";
export type { Action, AlertRequest, OrderRequest, SignalRequest, SubmittedOrder } from "./actions.ts";
export type { OrderView, PositionView, StrategyContext } from "./context.ts";
export {
  type Denied,
  defineStrategy,
  type History,
  isStrategy,
  type StrategyDefinition,
  type StrategyEvent,
  type WarmUp,
} from "./definition.ts";
export { StrategyActionError, StrategyStateError } from "./errors.ts";
export { lastOrderNumberOf, orderIdOf, ownerOf, shortNameOf } from "./order-id.ts";
export type { Plan } from "./plan.ts";
export { roundToCent } from "./prices.ts";
export { sealState } from "./seal.ts";
export { askedView, type Facts, HANDLER_OF, type Step, takeStep } from "./step.ts";
export { Trial, type TrialFill } from "./trial.ts";
