/** A strategy asked for something that no order or signal can be; the message names the field. */
export class StrategyActionError extends Error {
  readonly code = "STRATEGY_ACTION_INVALID";
  override readonly name = "StrategyActionError";
}

/** A strategy returned a state that would not survive a restart; the message names the place in it. */
export class StrategyStateError extends Error {
  readonly code = "STRATEGY_STATE_INVALID";
  override readonly name = "StrategyStateError";
}
