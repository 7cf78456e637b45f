export type TimeErrorCode =
  | "anchor-invalid"
  | "calendar-override-invalid"
  | "calendar-range"
  | "date-invalid"
  | "epoch-invalid"
  | "time-of-day-invalid";

/** A value this library cannot give a meaning to. The message names the value and what is allowed instead. */
export class TimeError extends Error {
  override readonly name = "TimeError";
  readonly code: TimeErrorCode;

  constructor(code: TimeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
