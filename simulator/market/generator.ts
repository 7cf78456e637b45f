import type { GeneratedPrices } from "./instrument.ts";
import { type MarketDay, marketDay, sessionSeconds, tradingDayFrom } from "./new-york.ts";
import { hash, type Random, randomFrom } from "./random.ts";
import { emptyTape, type Tape, tapeSeconds, type WritableTape } from "./tape.ts";

const opensAt = sessionSeconds.regularOpen - sessionSeconds.extendedOpen;
const regularSeconds = sessionSeconds.regularClose - sessionSeconds.regularOpen;

/** Daily range of the overnight gap, as a share of the symbol's daily volatility. */
const gapShare = 0.35;

/**
 * A day of made-up prices: a function of seed, path and date only. The volatility and the volume are U-shaped (a
 * wild open, a calm midday, a busy close), spread and displayed size follow them.
 *
 * @returns undefined on days without a session.
 */
export function generateTape(seed: number, symbol: string, prices: GeneratedPrices, date: string): Tape | undefined {
  const day = marketDay(date);
  if (!day.isTradingDay) return undefined;
  const random = randomFrom(`${seed}|${prices.path}|${day.date}`);
  const tape = emptyTape(symbol, day.date, day.midnightEpochS);
  const from = closeLevel(seed, prices, tradingDayFrom(day.date, -1).date);
  const to = closeLevel(seed, prices, day.date);
  const hours = hoursOf(day);
  const path = logPath(random, prices.dailyVolatility, hours, Math.log(from), Math.log(to));
  trade(tape, path, prices, hours, random);
  tape.previousClose = rounded(from, prices.tick);
  return tape;
}

/**
 * The price level at which a day ends, so that one day starts where the last one ended: a wave of several lengths
 * around the start price, computed without walking through the days before.
 */
function closeLevel(seed: number, prices: GeneratedPrices, date: string): number {
  const dayNumber = Math.floor(marketDay(date).midnightEpochS / 86400);
  let wave = 0;
  for (const length of [3, 8, 21, 55])
    wave += Math.sqrt(length) * smoothNoise(`${seed}|${prices.path}|${length}`, dayNumber / length);
  return prices.startPrice * Math.exp(prices.dailyVolatility * 0.8 * wave);
}

function smoothNoise(seedText: string, position: number): number {
  const left = Math.floor(position);
  const share = position - left;
  const smooth = share * share * (3 - 2 * share);
  const at = (index: number) => (hash(`${seedText}|${index}`) / 4294967296) * 2 - 1;
  return at(left) * (1 - smooth) + at(left + 1) * smooth;
}

/** When a day's sessions end, on the tape's grid, how busy each second is, and how much of the day's is over by then. */
interface Hours {
  readonly closesAt: number;
  readonly endsAt: number;
  readonly activity: Float64Array;
  readonly share: Float64Array;
  readonly elapsed: Float64Array;
}

/** Room for one path; a day is made in one go. */
const scratch = new Float64Array(tapeSeconds);

/**
 * Logarithm of the middle price, second by second: a bridge from yesterday's level to today's, over uneven time.
 *
 * @returns room that the next path takes.
 */
function logPath(
  random: Random,
  dailyVolatility: number,
  { share, elapsed, closesAt }: Hours,
  fromLog: number,
  toLog: number,
): Float64Array {
  const path = scratch;
  let position = 0;
  for (let index = 0; index < tapeSeconds; index += 1) {
    position += dailyVolatility * Math.sqrt(share[index] ?? 0) * random.normal();
    if (index === opensAt) position += dailyVolatility * gapShare * random.normal();
    path[index] = position;
  }
  const end = path[closesAt - 1] ?? 0;
  const endShare = elapsed[closesAt - 1] ?? 1;
  const correction = toLog - fromLog - end;
  for (let index = 0; index < tapeSeconds; index += 1) {
    path[index] = fromLog + (path[index] ?? 0) + correction * Math.min(1, (elapsed[index] ?? 0) / endShare);
  }
  return path;
}

/** Made for one close or the other, and kept: full days and half days. */
const knownHours = new Map<number, Hours>();

function hoursOf(day: MarketDay): Hours {
  const closesAt = day.regularClose - sessionSeconds.extendedOpen;
  const known = knownHours.get(closesAt);
  if (known !== undefined) return known;
  const activity = activityUntil(closesAt);
  const share = new Float64Array(tapeSeconds);
  const elapsed = new Float64Array(tapeSeconds);
  let total = 0;
  for (const level of activity) total += level;
  let elapsedShare = 0;
  for (let index = 0; index < tapeSeconds; index += 1) {
    share[index] = (activity[index] ?? 0) / total;
    elapsedShare += share[index] ?? 0;
    elapsed[index] = elapsedShare;
  }
  const hours = { closesAt, endsAt: day.extendedClose - sessionSeconds.extendedOpen, activity, share, elapsed };
  knownHours.set(closesAt, hours);
  return hours;
}

/** Relative variance and volume of each second: about 1 at midday, several times that at the open and the close. */
function activityUntil(closesAt: number): Float64Array {
  return Float64Array.from({ length: tapeSeconds }, (_, index) => {
    if (index < opensAt || index >= closesAt) return 0.02;
    const share = (index - opensAt) / (closesAt - opensAt);
    return 0.7 + 4.5 * Math.exp(-share / 0.05) + 1.6 * Math.exp(-(1 - share) / 0.06);
  });
}

function trade(
  tape: WritableTape,
  path: Float64Array,
  prices: GeneratedPrices,
  { activity, endsAt }: Hours,
  random: Random,
): void {
  const unitsPerActivity = prices.dailyVolume / (regularSeconds * 1.02);
  const ticksPerUnit = Math.round(1 / prices.tick);
  let last = Number.NaN;
  let bidSize = 0;
  let askSize = 0;
  for (let index = 0; index < endsAt; index += 1) {
    const middleTicks = Math.exp(path[index] ?? 0) * ticksPerUnit;
    const level = activity[index] ?? 0;
    const spreadTicks = spreadOf(middleTicks, prices.dailyVolume, level, random);
    const bidTicks = Math.max(1, Math.round(middleTicks - spreadTicks / 2));
    const bid = bidTicks / ticksPerUnit;
    const ask = (bidTicks + spreadTicks) / ticksPerUnit;
    // Displayed sizes live a few seconds before they are drawn anew.
    if (bidSize === 0 || random.uniform() < 0.3) bidSize = displayedSize(prices, random);
    if (askSize === 0 || random.uniform() < 0.3) askSize = displayedSize(prices, random);
    const trades = tradesIn(level, random);
    if (trades > 0 || Number.isNaN(last)) last = random.uniform() < 0.5 ? bid : ask;
    tape.bid[index] = bid;
    tape.ask[index] = ask;
    tape.bidSize[index] = bidSize;
    tape.askSize[index] = askSize;
    tape.last[index] = last;
    tape.trades[index] = trades;
    tape.volume[index] = trades === 0 ? 0 : volumeOf(unitsPerActivity * level, random);
  }
}

/** Whole ticks: one in a liquid stock at midday, more at the open, where little trades, or where a tick is little. */
function spreadOf(middleTicks: number, dailyVolume: number, level: number, random: Random): number {
  const usual = 0.6 + (middleTicks * 0.000035) / (1 + Math.sqrt(dailyVolume / 4e6));
  const mood = level < 0.1 ? 3 : 0.75 + 0.25 * Math.sqrt(level);
  return Math.max(1, Math.round(usual * mood + 0.6 * (random.uniform() - 0.5)));
}

function displayedSize(prices: GeneratedPrices, random: Random): number {
  const typicalLots = 1 + Math.sqrt(prices.dailyVolume) / 1500;
  return prices.lot * (1 + Math.floor(-Math.log(1 - random.uniform()) * typicalLots));
}

function tradesIn(level: number, random: Random): number {
  const probability = level < 0.1 ? 0.06 : Math.min(0.97, 0.55 + 0.15 * level);
  if (random.uniform() >= probability) return 0;
  return 1 + Math.floor(-Math.log(1 - random.uniform()) * level * 4);
}

function volumeOf(expectedUnits: number, random: Random): number {
  // An index has trades (its level is computed) and no volume.
  if (expectedUnits === 0) return 0;
  return Math.max(1, Math.round(-Math.log(1 - random.uniform()) * expectedUnits));
}

function rounded(price: number, tick: number): number {
  const ticksPerUnit = Math.round(1 / tick);
  return Math.round(price * ticksPerUnit) / ticksPerUnit;
}
