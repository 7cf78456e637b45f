import type { Bar, BarInterval } from "#libs/contracts/mod.ts";
import type { Session } from "#libs/time/mod.ts";

const SECONDS: Record<Exclude<BarInterval, "1d">, number> = { "5s": 5, "1m": 60, "5m": 300, "15m": 900 };

/** Market time at which a bar of a session is complete, epoch milliseconds: the moment a strategy may know of it. */
export const barEndsAt = (bar: Bar, session: Session): number =>
  bar.interval === "1d" ? session.closeMs : bar.startsAt + SECONDS[bar.interval] * 1000;
