import { formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";

/** Market time for people: New York's reading, and Discord's own, which shows in the reader's zone. */
export function marketTimeText(marketTimeMs: number | null): string {
  if (marketTimeMs === null) return "not known: no gateway clock yet";
  return `${tradingDayOf(marketTimeMs)} ${formatNewYorkTime(marketTimeMs)} New York (${discordTime(marketTimeMs)})`;
}

/** Discord's timestamp markup, to the second. */
export const discordTime = (epochMs: number): string => `<t:${Math.floor(epochMs / 1000)}:f>`;
