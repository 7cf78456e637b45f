import { epochMsOf, tradingDayOf } from "#libs/time/mod.ts";

/*
 * Interactive Brokers resets its servers every night (North America: its system status page, tws.md 7.1). The gateway
 * says 1100, and 1101 or 1102 when it is over; the socket stays. Orders at the exchange keep working.
 */

const NIGHTLY = { from: "00:15", until: "01:45" };
/** The long one, of the weekend. */
const FRIDAY_FROM = "23:00";
const SATURDAY_UNTIL = "03:00";
const FRIDAY = 5;
const SATURDAY = 6;

/** When the reset that is under way at `marketMs` ends, epoch milliseconds of market time; null outside of one. */
export function serverResetEnd(marketMs: number): number | null {
  const date = tradingDayOf(marketMs);
  const day = Temporal.PlainDate.from(date);
  if (day.dayOfWeek === SATURDAY) {
    const untilMs = epochMsOf(date, SATURDAY_UNTIL);
    return marketMs < untilMs ? untilMs : null;
  }
  if (day.dayOfWeek === FRIDAY && marketMs >= epochMsOf(date, FRIDAY_FROM)) {
    return epochMsOf(day.add({ days: 1 }).toString(), SATURDAY_UNTIL);
  }
  const untilMs = epochMsOf(date, NIGHTLY.until);
  return marketMs >= epochMsOf(date, NIGHTLY.from) && marketMs < untilMs ? untilMs : null;
}
