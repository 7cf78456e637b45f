import type { GeneratedPrices } from "./catalogue.ts";
import { marketDay, sessionSeconds, tradingDayFrom } from "./new-york.ts";
import { hash, type Random, randomFrom } from "./random.ts";
import { emptyTape, type Tape, tapeSeconds, type WritableTape } from "./tape.ts";

const opensAt = sessionSeconds.regularOpen - sessionSeconds.extendedOpen;
const closesAt = sessionSeconds.regularClose - sessionSeconds.extendedOpen;
const regularSeconds = closesAt - opensAt;

/** Daily range of the overnight gap, as a share of the symbol's daily volatility. */
const gapShare = 0.35;

/**
 * A day of made-up prices: a function of seed, symbol and date only. The volatility and the volume are U-shaped (a
 * wild open, a calm midday, a busy close), spread and displayed size follow them.
 *
 * @returns undefined on days without a session.
 */
export function generateTape(seed: number, symbol: string, prices: GeneratedPrices, date: string): Tape | undefined {
  const day = marketDay(date);
  if (!day.isTradingDay) return undefined;
  const random = randomFrom(`${seed}|${symbol}|${day.date}`);
  const tape = emptyTape(symbol, day.date, day.midnightEpochS);
  const from = closeLevel(seed, symbol, prices, tradingDayFrom(day.date, -1).date);
  const to = closeLevel(seed, symbol, prices, day.date);
  const path = logPath(random, prices.dailyVolatility, Math.log(from), Math.log(to));
  trade(tape, path, prices, random);
  tape.previousClose = Math.round(from * 100) / 100;
  return tape;
}

/**
 * The price level at which a day ends, so that one day starts where the last one ended: a wave of several lengths
 * around the start price, computed without walking through the days before.
 */
function closeLevel(seed: number, symbol: string, prices: GeneratedPrices, date: string): number {
  const dayNumber = Math.floor(marketDay(date).midnightEpochS / 86400);
  let wave = 0;
  for (const length of [3, 8, 21, 55])
    wave += Math.sqrt(length) * smoothNoise(`${seed}|${symbol}|${length}`, dayNumber / length);
  return prices.startPrice * Math.exp(prices.dailyVolatility * 0.8 * wave);
}

function smoothNoise(seedText: string, position: number): number {
  const left = Math.floor(position);
  const share = position - left;
  const smooth = share * share * (3 - 2 * share);
  const at = (index: number) => (hash(`${seedText}|${index}`) / 4294967296) * 2 - 1;
  return at(left) * (1 - smooth) + at(left + 1) * smooth;
}

/** Logarithm of the middle price, second by second: a bridge from yesterday's level to today's, over uneven time. */
function logPath(random: Random, dailyVolatility: number, fromLog: number, toLog: number): Float64Array {
  const elapsed = new Float64Array(tapeSeconds);
  const walk = new Float64Array(tapeSeconds);
  let total = 0;
  for (const level of activity) total += level;
  let elapsedShare = 0;
  let position = 0;
  for (let index = 0; index < tapeSeconds; index += 1) {
    const share = (activity[index] ?? 0) / total;
    elapsedShare += share;
    position += dailyVolatility * Math.sqrt(share) * random.normal();
    if (index === opensAt) position += dailyVolatility * gapShare * random.normal();
    elapsed[index] = elapsedShare;
    walk[index] = position;
  }
  const end = walk[closesAt - 1] ?? 0;
  const endShare = elapsed[closesAt - 1] ?? 1;
  const correction = toLog - fromLog - end;
  return walk.map((value, index) => fromLog + value + correction * Math.min(1, (elapsed[index] ?? 0) / endShare));
}

/** Relative variance and volume of each second: about 1 at midday, several times that at the open and the close. */
const activity = Float64Array.from({ length: tapeSeconds }, (_, index) => {
  if (index < opensAt || index >= closesAt) return 0.02;
  const share = (index - opensAt) / regularSeconds;
  return 0.7 + 4.5 * Math.exp(-share / 0.05) + 1.6 * Math.exp(-(1 - share) / 0.06);
});

function trade(tape: WritableTape, path: Float64Array, prices: GeneratedPrices, random: Random): void {
  const sharesPerActivity = prices.dailyVolume / (regularSeconds * 1.02);
  let last = Number.NaN;
  let bidSize = 0;
  let askSize = 0;
  for (let index = 0; index < tapeSeconds; index += 1) {
    const middleCents = Math.exp(path[index] ?? 0) * 100;
    const level = activity[index] ?? 0;
    const spreadCents = spreadOf(middleCents, prices.dailyVolume, level, random);
    const bidCents = Math.max(1, Math.round(middleCents - spreadCents / 2));
    const bid = bidCents / 100;
    const ask = (bidCents + spreadCents) / 100;
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
    tape.volume[index] = trades === 0 ? 0 : volumeOf(sharesPerActivity * level, random);
  }
}

/** Whole cents: one in a liquid stock at midday, more at the open, where little trades, or where a cent is little. */
function spreadOf(middleCents: number, dailyVolume: number, level: number, random: Random): number {
  const usual = 0.6 + (middleCents * 0.000035) / (1 + Math.sqrt(dailyVolume / 4e6));
  const mood = level < 0.1 ? 3 : 0.75 + 0.25 * Math.sqrt(level);
  return Math.max(1, Math.round(usual * mood + 0.6 * (random.uniform() - 0.5)));
}

function displayedSize(prices: GeneratedPrices, random: Random): number {
  const typicalLots = 1 + Math.sqrt(prices.dailyVolume) / 1500;
  return 100 * (1 + Math.floor(-Math.log(1 - random.uniform()) * typicalLots));
}

function tradesIn(level: number, random: Random): number {
  const probability = level < 0.1 ? 0.06 : Math.min(0.97, 0.55 + 0.15 * level);
  if (random.uniform() >= probability) return 0;
  return 1 + Math.floor(-Math.log(1 - random.uniform()) * level * 4);
}

function volumeOf(expectedShares: number, random: Random): number {
  return Math.max(1, Math.round(-Math.log(1 - random.uniform()) * expectedShares));
}
