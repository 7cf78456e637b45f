/** A strategy of the gameplan cannot run; the message names the file or field and the fix. */
export class StrategyLoadError extends Error {
  readonly code:
    | "STRATEGY_NOT_FOUND"
    | "STRATEGY_UNREADABLE"
    | "STRATEGY_PARAMETERS_INVALID"
    | "STRATEGY_LIBRARY_UNREADABLE";
  override readonly name = "StrategyLoadError";
  constructor(code: StrategyLoadError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
