import type { Bar, BarInterval } from "#libs/contracts/mod.ts";

const MINUTES: Record<BarInterval, number> = { "5s": 5 / 60, "1m": 1, "5m": 5, "15m": 15, "1d": 24 * 60 };

/** Market time at which a bar is complete, epoch milliseconds: the moment a strategy may know of it. */
export const barEndsAt = (bar: Bar): number => bar.startsAt + MINUTES[bar.interval] * 60_000;
