import { marketDayAt, sessionSeconds, tradingDayFrom } from "./new-york.ts";
import { regularEndOf, type Tape, tapeSeconds } from "./tape.ts";

/** One second of a tape in which something happened. */
export interface Tick {
  readonly epochS: number;
  /** The trade's price, or the middle of the quote. */
  readonly price: number;
  readonly size: number;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

/** Seconds with a trade, with a changed quote, or with a changed middle. */
export type TickKind = "trades" | "quotes" | "midpoints";

/** How many sessions are looked through for the ticks that are wanted. */
const sessionsMax = 5;

type TapeOf = (date: string) => Tape | undefined;

/** The last ticks up to and including an instant, oldest first. */
export function lastTicks(
  tapeOf: TapeOf,
  kind: TickKind,
  untilEpochS: number,
  count: number,
  regularHoursOnly: boolean,
): Tick[] {
  let found: Tick[] = [];
  let day = marketDayAt(untilEpochS);
  for (let sessions = 0; sessions < sessionsMax && found.length < count; sessions += 1) {
    const tape = day.isTradingDay ? tapeOf(day.date) : undefined;
    const ofDay = tape === undefined ? [] : ticksOf(tape, kind, regularHoursOnly);
    found = [...ofDay.filter(({ epochS }) => epochS <= untilEpochS), ...found];
    day = tradingDayFrom(day.date, -1);
  }
  return found.slice(-count);
}

/** The first ticks from an instant on, oldest first; none after `nowEpochS`. */
export function firstTicks(
  tapeOf: TapeOf,
  kind: TickKind,
  fromEpochS: number,
  count: number,
  regularHoursOnly: boolean,
  nowEpochS: number,
): Tick[] {
  const found: Tick[] = [];
  let day = marketDayAt(fromEpochS);
  for (let sessions = 0; sessions < sessionsMax && found.length < count; sessions += 1) {
    if (day.midnightEpochS > nowEpochS) break;
    const tape = day.isTradingDay ? tapeOf(day.date) : undefined;
    const ofDay = tape === undefined ? [] : ticksOf(tape, kind, regularHoursOnly);
    found.push(...ofDay.filter(({ epochS }) => epochS >= fromEpochS && epochS <= nowEpochS));
    day = tradingDayFrom(day.date, 1);
  }
  return found.slice(0, count);
}

function ticksOf(tape: Tape, kind: TickKind, regularHoursOnly: boolean): Tick[] {
  const from = regularHoursOnly ? sessionSeconds.regularOpen - sessionSeconds.extendedOpen : 0;
  const to = regularHoursOnly ? regularEndOf(tape) : tapeSeconds;
  const ticks: Tick[] = [];
  let before: Tick | undefined;
  for (let index = from; index < to; index += 1) {
    const tick = tickAt(tape, index, kind);
    if (tick === undefined || Number.isNaN(tick.price)) continue;
    if (kind !== "trades" && before !== undefined && isSame(before, tick, kind)) continue;
    before = tick;
    ticks.push(tick);
  }
  return ticks;
}

function tickAt(tape: Tape, index: number, kind: TickKind): Tick | undefined {
  if (kind === "trades" && tape.trades[index] === 0) return undefined;
  const bid = tape.bid[index] ?? Number.NaN;
  const ask = tape.ask[index] ?? Number.NaN;
  return {
    epochS: tape.startEpochS + index,
    price: kind === "trades" ? (tape.last[index] ?? Number.NaN) : (bid + ask) / 2,
    size: kind === "trades" ? (tape.volume[index] ?? 0) : 0,
    bid,
    ask,
    bidSize: tape.bidSize[index] ?? 0,
    askSize: tape.askSize[index] ?? 0,
  };
}

function isSame(before: Tick, now: Tick, kind: TickKind): boolean {
  if (kind === "midpoints") return before.price === now.price;
  return (
    before.bid === now.bid && before.ask === now.ask && before.bidSize === now.bidSize && before.askSize === now.askSize
  );
}
