import type { Instrument } from "./instrument.ts";
import { instantOf, sessionSeconds } from "./new-york.ts";
import { optionFigures, smileVolatility, yearsBetween } from "./option-model.ts";
import { emptyTape, regularEndOf, type Tape, type TapeSource } from "./tape.ts";

/** Options trade in the regular session only; an index into a tape. */
const opensAt = sessionSeconds.regularOpen - sessionSeconds.extendedOpen;

/** Option prices from their underlyings'; everything else from `others`. */
export function optionSource(instrumentOf: (key: string) => Instrument | undefined, others: TapeSource): TapeSource {
  return {
    tape: (key, date) => {
      const option = key.startsWith("OPT:") ? instrumentOf(key) : undefined;
      if (option?.underlying === undefined) return others.tape(key, date);
      const underlying = others.tape(option.underlying.key, date);
      return underlying === undefined ? undefined : optionTape(option, underlying);
    },
    firstDate: (key) => (key.startsWith("OPT:") ? instrumentOf(key)?.listedSince : others.firstDate(key)),
  };
}

/** An option's last second of life: 16:00 New York on its last trading day. */
export function expiryEpochS(option: Instrument): number {
  const { lastTradeDate } = option;
  const date = `${lastTradeDate.slice(0, 4)}-${lastTradeDate.slice(4, 6)}-${lastTradeDate.slice(6, 8)}`;
  return instantOf(date, "16:00:00");
}

/** What the simulated market thinks an option is worth. */
export function modelOf(option: Instrument, underlyingPrice: number, nowEpochS: number) {
  const { strike, right, generated } = option;
  const volatility = smileVolatility(strike, underlyingPrice, generated.dailyVolatility);
  const years = yearsBetween(nowEpochS, expiryEpochS(option));
  const figures = optionFigures({ right: right || "C", strike, underlyingPrice, years, volatility });
  return { ...figures, volatility, underlyingPrice };
}

/** An option's day, computed from its underlying's: the option is quoted around the model's price in whole cents. */
function optionTape(option: Instrument, underlying: Tape): Tape {
  const tape = emptyTape(option.key, underlying.date, underlying.startEpochS - sessionSeconds.extendedOpen);
  let middleBefore = Number.NaN;
  let bid = Number.NaN;
  let ask = Number.NaN;
  let last = Number.NaN;
  for (let index = opensAt; index < regularEndOf(underlying); index += 1) {
    const middle = ((underlying.bid[index] ?? Number.NaN) + (underlying.ask[index] ?? Number.NaN)) / 2;
    if (Number.isNaN(middle)) continue;
    if (middle !== middleBefore) {
      const { price } = modelOf(option, middle, underlying.startEpochS + index);
      const halfSpread = Math.max(0.005, price * 0.006);
      bid = Math.max(0.01, Math.round((price - halfSpread) * 100) / 100);
      ask = Math.max(bid + 0.01, Math.round((price + halfSpread) * 100) / 100);
      middleBefore = middle;
    }
    // About one trade in twenty of the underlying's has one in the option.
    const trades = (underlying.trades[index] ?? 0) > 0 && index % 20 === 7 ? 1 : 0;
    if (trades > 0 || Number.isNaN(last)) last = index % 2 === 0 ? bid : ask;
    tape.bid[index] = bid;
    tape.ask[index] = ask;
    tape.bidSize[index] = Math.max(1, Math.round((underlying.bidSize[index] ?? 0) / 50));
    tape.askSize[index] = Math.max(1, Math.round((underlying.askSize[index] ?? 0) / 50));
    tape.last[index] = last;
    tape.trades[index] = trades;
    tape.volume[index] = trades === 0 ? 0 : 1 + (index % 7);
  }
  return tape;
}
