import { type Calendar, TimeError, tradingDayOf } from "#libs/time/mod.ts";

/** Days of decisions and executions that are kept: twice the longest window that looks back. */
export const KEPT_TRADING_DAYS = 10;

/** The New York trading day an instant belongs to; a day without a session belongs to the trading day before it. */
export function sessionDayOf(calendar: Calendar, epochMs: number): string {
  const date = tradingDayOf(epochMs);
  return calendar.isTradingDay(date) ? date : (lastTradingDays(calendar, date, 1)[0] ?? date);
}

/** As the calendar's, but before its first year (2013) the window is what there is of it. */
export function lastTradingDays(calendar: Calendar, date: string, count: number): readonly string[] {
  for (let wanted = count; wanted > 0; wanted -= 1) {
    try {
      return calendar.lastTradingDays(date, wanted);
    } catch (error) {
      if (!(error instanceof TimeError) || error.code !== "CALENDAR_RANGE") throw error;
    }
  }
  return [date];
}
