export type TimeErrorCode =
  | "ANCHOR_INVALID"
  | "CALENDAR_OVERRIDE_INVALID"
  | "CALENDAR_RANGE"
  | "DATE_INVALID"
  | "EPOCH_INVALID"
  | "TIME_OF_DAY_INVALID";

/** A value this library cannot give a meaning to. The message names the value and what is allowed instead. */
export class TimeError extends Error {
  override readonly name = "TimeError";
  readonly code: TimeErrorCode;

  constructor(code: TimeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
