import type { Observed } from "../broker/conditions.ts";
import { type Prints, printsAfter } from "../broker/prints.ts";
import type { Market } from "../market/market.ts";
import { dayFigures, quoteAt, type Tape } from "../market/tape.ts";

/** What an instrument shows to a condition of an order; undefined for one that is not listed. */
export function observe(market: Market, conId: number, epochS: number): Observed | undefined {
  const { catalogue } = market;
  const hasId = (instrument: { readonly conId: number }) => instrument.conId === conId;
  const instrument = catalogue.withoutOptions().find(hasId) ?? catalogue.options().find(hasId);
  if (instrument === undefined) return undefined;
  const { key } = instrument;
  const quote = market.quote(key, epochS);
  // Without a quote there is no price but by hand, and none was set: the source's day is nobody's.
  const tape = quote === undefined && market.isManual(key) ? undefined : market.tapeAt(key, epochS);
  const previousClose = tape?.previousClose;
  return {
    secType: instrument.secType,
    prints: (looksBack) =>
      looksBack ? recentPrints(tape, market.toldSince(key), epochS) : quote && printsAfter(undefined, quote),
    volume: tape === undefined ? undefined : dayFigures(tape, epochS)?.volume,
    change: quote === undefined || previousClose === undefined ? undefined : 100 * (quote.last / previousClose - 1),
  };
}

/** Seconds that are looked through for the price before the present one. */
const recentSeconds = 600;

function recentPrints(tape: Tape | undefined, toldSinceS: number, epochS: number): Prints | undefined {
  let prints: Prints | undefined;
  if (tape === undefined) return undefined;
  const fromS = Math.max(tape.startEpochS, toldSinceS, epochS - recentSeconds);
  for (let second = fromS; second <= epochS; second += 1) {
    const quote = quoteAt(tape, second);
    if (quote !== undefined) prints = printsAfter(prints, quote);
  }
  return prints;
}
