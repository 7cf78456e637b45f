import { formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";

/** Market time for people: New York's reading, and Discord's own, which shows in the reader's zone. */
export function marketTimeText(marketTimeMs: number | null): string {
  if (marketTimeMs === null) return "not known: no gateway clock yet";
  return `${newYorkText(marketTimeMs)} (${discordTime(marketTimeMs)})`;
}

/** New York's reading of an instant, epoch milliseconds. */
export const newYorkText = (epochMs: number): string =>
  `${tradingDayOf(epochMs)} ${formatNewYorkTime(epochMs)} New York`;

/** Discord's timestamp markup, to the second. */
export const discordTime = (epochMs: number): string => `<t:${Math.floor(epochMs / 1000)}:f>`;
