import type { Bar, BarInterval } from "#libs/contracts/mod.ts";
import { type Calendar, tradingDayOf } from "#libs/time/mod.ts";
import type { HistoricalBar } from "../gateway/reports.ts";
import { INTERVAL_MS } from "./pages.ts";

/** Market time at which a bar is over: a day's bar ends with its session. */
export function barEndsAt(interval: BarInterval, startsAt: number, calendar: Calendar): number {
  if (interval !== "1d") return startsAt + INTERVAL_MS[interval];
  return calendar.sessionOn(tradingDayOf(startsAt))?.closeMs ?? startsAt;
}

/**
 * The broker's bars as ours, oldest first and each once. Bars in which nothing traded are left out, and so is what
 * makes no sense: a gateway marks missing prices by 0 or -1.
 */
export function barsOf(
  symbol: string,
  interval: BarInterval,
  raw: readonly HistoricalBar[],
  calendar: Calendar,
): readonly Bar[] {
  const byStart = new Map<number, Bar>();
  for (const { time, open, high, low, close, volume } of raw) {
    const startsAt = startOf(interval, time, calendar);
    if (startsAt === null || volume <= 0 || !arePrices(open, high, low, close)) continue;
    const outside = interval !== "1d" && calendar.phaseAt(startsAt) !== "open";
    byStart.set(startsAt, {
      symbol,
      interval,
      startsAt,
      open,
      high,
      low,
      close,
      volume,
      ...(outside ? { outsideRegularHours: true } : {}),
    });
  }
  return [...byStart.values()].sort((a, b) => a.startsAt - b.startsAt);
}

const arePrices = (...prices: readonly number[]): boolean =>
  prices.every((price) => Number.isFinite(price) && price > 0);

/** A day's bar begins with its session. Null for a text that is no time, or a day without a session. */
function startOf(interval: BarInterval, time: string, calendar: Calendar): number | null {
  const day = /^(\d{4})(\d{2})(\d{2})$/.exec(time);
  if (day !== null) return calendar.sessionOn(`${day[1]}-${day[2]}-${day[3]}`)?.openMs ?? null;
  if (!/^\d{9,11}$/.test(time)) return null;
  const startsAt = Number(time) * 1000;
  return interval === "1d" ? (calendar.sessionOn(tradingDayOf(startsAt))?.openMs ?? null) : startsAt;
}
