import { epochMsOf, tradingDayOf } from "#libs/time/mod.ts";

/** After the week's last session and its daily restart, and while the operator is still awake. */
const SAID_AHEAD_AT = "17:00";
const TOKENS_END_AT = "01:00";
const PRE_MARKET_OPENS_AT = "04:00";
const REGULAR_HOURS_OPEN_AT = "09:30";
/** A login by hand takes minutes, and the operator has to be woken first. */
const OVERDUE_BEFORE_PRE_MARKET_MS = 30 * 60_000;
const FRIDAY = 5;
const SUNDAY = 7;

/** One weekend; epoch milliseconds of the market clock. */
export interface Weekend {
  /** The New York date on which the tokens end. */
  readonly sunday: string;
  readonly saidAheadMs: number;
  readonly tokensEndMs: number;
  /** From here on a gateway that still waits for its login costs the next session. */
  readonly overdueMs: number;
  /** Until here a gateway that is away is taken to wait for its login; later it has been logged in, or it is known to wait. */
  readonly endsMs: number;
}

type IsTradingDay = (date: string) => boolean;

// Every tick asks, and the answer changes on whole hours only.
const HOUR_MS = 3_600_000;
let kept: { readonly hour: number; readonly isTradingDay: IsTradingDay; readonly weekend: Weekend } | undefined;

/** The weekend to think of: the coming one from Friday 17:00 on, before that the last one. */
export function weekendAt(marketMs: number, isTradingDay: IsTradingDay): Weekend {
  const hour = Math.floor(marketMs / HOUR_MS);
  if (kept?.hour !== hour || kept.isTradingDay !== isTradingDay) {
    kept = { hour, isTradingDay, weekend: computeWeekend(marketMs, isTradingDay) };
  }
  return kept.weekend;
}

function computeWeekend(marketMs: number, isTradingDay: IsTradingDay): Weekend {
  const today = Temporal.PlainDate.from(tradingDayOf(marketMs));
  const isFridayEvening = today.dayOfWeek === FRIDAY && marketMs >= epochMsOf(today.toString(), SAID_AHEAD_AT);
  const isWeekend = today.dayOfWeek > FRIDAY || isFridayEvening;
  const sunday = today.add({ days: isWeekend ? SUNDAY - today.dayOfWeek : -today.dayOfWeek });
  let next = sunday.add({ days: 1 });
  // No closure is longer; a calendar that closes the whole week ends the walk all the same.
  while (!isTradingDay(next.toString()) && next.dayOfWeek < FRIDAY) next = next.add({ days: 1 });
  return {
    sunday: sunday.toString(),
    saidAheadMs: epochMsOf(sunday.subtract({ days: 2 }).toString(), SAID_AHEAD_AT),
    tokensEndMs: epochMsOf(sunday.toString(), TOKENS_END_AT),
    overdueMs: epochMsOf(next.toString(), PRE_MARKET_OPENS_AT) - OVERDUE_BEFORE_PRE_MARKET_MS,
    endsMs: epochMsOf(next.toString(), REGULAR_HOURS_OPEN_AT),
  };
}
