import { marketDayAt, sessionSeconds, tradingDayFrom } from "./new-york.ts";
import { regularEndOf, type Tape, tapeSeconds } from "./tape.ts";

/**
 * What traded at which price in the last sessions up to an instant, the busiest price first.
 *
 * @param sessions how many, the running one included.
 */
export function histogramOf(
  tapeOf: (date: string) => Tape | undefined,
  tick: number,
  sessions: number,
  regularHoursOnly: boolean,
  untilEpochS: number,
): { readonly price: number; readonly size: number }[] {
  const perUnit = Math.round(1 / tick);
  const sizes = new Map<number, number>();
  let day = marketDayAt(untilEpochS);
  for (let count = 0; count < sessions; count += 1) {
    const tape = day.isTradingDay ? tapeOf(day.date) : undefined;
    if (tape !== undefined) addTrades(tape, perUnit, regularHoursOnly, untilEpochS, sizes);
    day = tradingDayFrom(day.date, -1);
  }
  return [...sizes]
    .map(([ticks, size]) => ({ price: ticks / perUnit, size }))
    .sort((one, other) => other.size - one.size || one.price - other.price);
}

function addTrades(
  tape: Tape,
  perUnit: number,
  regularHoursOnly: boolean,
  untilEpochS: number,
  sizes: Map<number, number>,
): void {
  const from = regularHoursOnly ? sessionSeconds.regularOpen - sessionSeconds.extendedOpen : 0;
  const closes = regularHoursOnly ? regularEndOf(tape) : tapeSeconds;
  const to = Math.min(closes, untilEpochS - tape.startEpochS);
  for (let index = from; index < to; index += 1) {
    const price = tape.last[index];
    if (tape.trades[index] === 0 || price === undefined || Number.isNaN(price)) continue;
    const ticks = Math.round(price * perUnit);
    sizes.set(ticks, (sizes.get(ticks) ?? 0) + (tape.volume[index] ?? 0));
  }
}
