import { type Calendar, epochMsOf, tradingDayOf } from "#libs/time/mod.ts";

const AFTER_HOURS_CLOSE = "20:00";

/**
 * Market time at which a day order that is submitted at `marketMs` ends: the close of that day's session (or of
 * after-hours trading, when it may trade outside regular hours), or of the next trading day's once it is over.
 */
export function dayOrderEndsMs(calendar: Calendar, marketMs: number, outsideRegularHours: boolean): number {
  const endOf = (day: string): number | undefined => {
    const session = calendar.sessionOn(day);
    if (session === undefined) return undefined;
    if (!outsideRegularHours) return session.closeMs;
    return session.early ? session.closeMs + 4 * 3_600_000 : epochMsOf(day, AFTER_HOURS_CLOSE);
  };
  const today = tradingDayOf(marketMs);
  const endsMs = endOf(today);
  if (endsMs !== undefined && marketMs < endsMs) return endsMs;
  const next = calendar.nextTradingDay(today);
  return endOf(next) ?? epochMsOf(next, AFTER_HOURS_CLOSE);
}
