import { epochMsOf, tradingDayOf } from "#libs/time/mod.ts";

export interface RestartSettings {
  /** New York time of day, `HH:mm`. */
  readonly restartAt: string;
  readonly windowMinutes: number;
  readonly freezeSeconds: number;
}

/** The daily restart of one New York day; epoch milliseconds of the market clock. */
export interface RestartWindow {
  readonly day: string;
  /** From here on a drop is expected. */
  readonly startsMs: number;
  /** From here on no order is submitted: one written just before the restart can vanish without a reply (Lean#242). */
  readonly freezesMs: number;
  readonly restartsMs: number;
  /** From here on an absent gateway is an outage. */
  readonly endsMs: number;
}

/** Nothing is nearer to a daily restart than half a day but that restart. */
const HALF_DAY_MS = 12 * 3_600_000;

/** The restart that is nearest to `marketMs`: a window may begin or end on the other side of midnight. */
export function restartWindowOn(marketMs: number, settings: RestartSettings): RestartWindow {
  const today = tradingDayOf(marketMs);
  const awayMs = marketMs - epochMsOf(today, settings.restartAt);
  const days = awayMs < -HALF_DAY_MS ? -1 : awayMs > HALF_DAY_MS ? 1 : 0;
  const day = Temporal.PlainDate.from(today).add({ days }).toString();
  const restartsMs = epochMsOf(day, settings.restartAt);
  const windowMs = settings.windowMinutes * 60_000;
  return {
    day,
    startsMs: restartsMs - Math.max(windowMs, settings.freezeSeconds * 1000),
    freezesMs: restartsMs - settings.freezeSeconds * 1000,
    restartsMs,
    endsMs: restartsMs + windowMs,
  };
}
