import type { Bar } from "./bars.ts";
import type { Catalogue } from "./catalogue.ts";
import { BarFileError, datesInFolder, readTape } from "./csv.ts";
import type { Disturbances, HaltKind } from "./disturbances.ts";
import { generateTape } from "./generator.ts";
import { HandPrices } from "./hand-prices.ts";
import type { Instrument } from "./instrument.ts";
import { KeptBars } from "./kept-bars.ts";
import { compactDateText, marketDayAt } from "./new-york.ts";
import type { QuoteChange } from "./quote-change.ts";
import { type Quote, quoteAt, type Tape, type TapeSource } from "./tape.ts";

/**
 * Tapes in memory beside one for each symbol that is watched: one is about 3 MB and takes tens of milliseconds to make,
 * and a week of history for three symbols should not be made twice.
 */
const tapesBesides = 24;
/** More lines than a gateway gives out; each may be of another symbol. */
const watchedMax = 200;
/** Bars of days that are over, about 20 MB: four hundred years of day bars, or a year of minutes of one symbol. */
const keptBarsMax = 100_000;

/** Made-up prices for every instrument on every weekday. */
export function generatedSource(seed: number, instrumentOf: (key: string) => Instrument | undefined): TapeSource {
  return {
    tape: (key, date) => {
      const instrument = instrumentOf(key);
      return instrument === undefined ? undefined : generateTape(seed, key, instrument.generated, date);
    },
    firstDate: (key) => instrumentOf(key)?.listedSince,
  };
}

/**
 * Minute bars from a folder; symbols without any file there come from `others`.
 *
 * @param onBadFile told of a file that cannot be used; that day then has no prices. The files of the start date are
 *   read before the gateway starts, so this concerns other days, asked for as history.
 */
export function folderSource(
  folder: string,
  folderSymbols: ReadonlySet<string>,
  others: TapeSource,
  onBadFile: (error: BarFileError) => void,
): TapeSource {
  return {
    tape: (symbol, date) => {
      if (!folderSymbols.has(symbol)) return others.tape(symbol, date);
      try {
        return readTape(folder, symbol, date);
      } catch (error) {
        if (!(error instanceof BarFileError)) throw error;
        onBadFile(error);
        return undefined;
      }
    },
    firstDate: (symbol) => (folderSymbols.has(symbol) ? datesInFolder(folder, symbol)[0] : others.firstDate(symbol)),
  };
}

/**
 * What is listed, and what it costs. Prices come from tapes, or by hand for the instruments set by hand. Everything is
 * asked for by an instrument's key, which is a stock's symbol.
 */
export class Market {
  readonly catalogue: Catalogue;
  readonly #source: TapeSource;
  readonly #disturbances: Disturbances;
  readonly #manualOnly: boolean;
  /** The one that was used least lately comes first. */
  readonly #tapes = new Map<string, Tape | undefined>();
  readonly #manual = new Map<string, HandPrices>();
  readonly #bars = new KeptBars(keptBarsMax);
  #tapesMax = tapesBesides;

  /**
   * @param source where the tapes come from; what stands in `disturbances` is in them already.
   * @param manualOnly nothing has a price until one is set by hand.
   */
  constructor(catalogue: Catalogue, source: TapeSource, disturbances: Disturbances, manualOnly: boolean) {
    this.catalogue = catalogue;
    this.#source = source;
    this.#disturbances = disturbances;
    this.#manualOnly = manualOnly;
  }

  instrument(key: string): Instrument | undefined {
    return this.catalogue.get(key);
  }

  quote(symbol: string, epochS: number): Quote | undefined {
    if (this.isManual(symbol)) return this.#manual.get(symbol)?.quote;
    const tape = this.tapeAt(symbol, epochS);
    return tape === undefined ? undefined : quoteAt(tape, epochS);
  }

  isManual(symbol: string): boolean {
    return this.#manualOnly || this.#manual.has(symbol);
  }

  /** The second from which on clients are told prices: with those set by hand alone, that in which the hand came. */
  toldSince(symbol: string): number {
    if (!this.#manualOnly) return Number.NEGATIVE_INFINITY;
    return this.#manual.get(symbol)?.beganS ?? Number.POSITIVE_INFINITY;
  }

  /** Sets a symbol's quote by hand; from then on its tape is ignored. @throws RangeError for an unlisted symbol. */
  setQuote(symbol: string, change: QuoteChange, epochS: number): Quote | undefined {
    this.#listed(symbol);
    // Where nothing has a price but by hand, no tick of the source was sent: the minute is the hand's alone.
    const untilS = this.#manualOnly ? epochS - (epochS % 60) : epochS;
    const before = { quote: this.quote(symbol, epochS), tape: this.tapeAt(symbol, epochS), untilS };
    const hand = this.#manual.get(symbol) ?? new HandPrices(symbol);
    this.#manual.set(symbol, hand);
    return hand.change(change, epochS, before);
  }

  /** The market's clock came to a second: quotes set by hand stand on. */
  advanceTo(epochS: number): void {
    for (const hand of this.#manual.values()) hand.advanceTo(epochS);
  }

  /** Why a symbol does not trade, an option as its underlying; undefined while it does. */
  haltOf(symbol: string): HaltKind | undefined {
    return this.#disturbances.haltOf(this.instrument(symbol)?.underlying?.key ?? symbol);
  }

  /** From a second on a symbol does not trade. @returns false when it is halted already. @throws RangeError. */
  halt(symbol: string, kind: HaltKind, fromS: number): boolean {
    this.#listed(symbol);
    this.#forget(symbol);
    return this.#disturbances.halt(symbol, kind, fromS);
  }

  /** @returns false when it is not halted. @throws RangeError for an unlisted symbol. */
  resume(symbol: string, fromS: number): boolean {
    this.#listed(symbol);
    this.#forget(symbol);
    return this.#disturbances.resume(symbol, fromS);
  }

  /** From a second on a symbol's prices are higher or lower, but for those set by hand. @throws RangeError. */
  gap(symbol: string, percent: number, fromS: number): void {
    this.#listed(symbol);
    this.#forget(symbol);
    this.#disturbances.gap(symbol, percent, fromS);
  }

  /** Its tapes and bars, and those of its options, are made anew: they are different from a second on. */
  #forget(symbol: string): void {
    const isChanged = (name: string) => name === symbol || this.instrument(name)?.underlying?.key === symbol;
    for (const key of this.#tapes.keys()) {
      if (isChanged(key.slice(0, key.lastIndexOf("|")))) this.#tapes.delete(key);
    }
    this.#bars.forget(isChanged);
  }

  #listed(symbol: string): void {
    if (this.instrument(symbol) !== undefined) return;
    throw new RangeError(`The simulated gateway does not list ${symbol}; add it with the option symbols.`);
  }

  /** The first date with prices, ISO; undefined when there is none. */
  firstDate(symbol: string): string | undefined {
    return this.#source.firstDate(symbol);
  }

  /** Whether the prices of a day are there: to be asked for them costs nothing then. */
  isMade(symbol: string, epochS: number): boolean {
    return this.isManual(symbol) || this.#tapes.has(`${symbol}|${marketDayAt(epochS).date}`);
  }

  tapeAt(symbol: string, epochS: number): Tape | undefined {
    return this.tape(symbol, marketDayAt(epochS).date);
  }

  tape(symbol: string, date: string): Tape | undefined {
    const byHand = this.#manual.get(symbol)?.tape(date);
    if (byHand !== undefined) return byHand;
    const key = `${symbol}|${date}`;
    const tape = this.#tapes.has(key) ? this.#tapes.get(key) : this.#made(symbol, date);
    this.#tapes.delete(key);
    this.#tapes.set(key, tape);
    this.#letGo();
    return tape;
  }

  /**
   * Bars of a day that is over, made once and kept while there is room.
   *
   * @param kind what tells them from other bars of that day: size, series, hours.
   */
  barsOfPastDay(symbol: string, date: string, kind: string, make: (tape: Tape) => readonly Bar[]): readonly Bar[] {
    const byHand = this.#manual.get(symbol)?.tape(date);
    if (byHand !== undefined) return make(byHand);
    return this.#bars.of(symbol, date, kind, () => {
      const tape = this.tape(symbol, date);
      return tape === undefined ? [] : make(tape);
    });
  }

  /** So many symbols are looked at every second: without room for a tape of each, each would be made every second. */
  watch(symbols: number): void {
    this.#tapesMax = tapesBesides + Math.min(symbols, watchedMax);
    this.#letGo();
  }

  #made(symbol: string, date: string): Tape | undefined {
    const instrument = this.instrument(symbol);
    const isListed = instrument !== undefined && date >= instrument.listedSince && !hasExpired(instrument, date);
    return isListed ? this.#source.tape(symbol, date) : undefined;
  }

  #letGo(): void {
    for (const oldest of this.#tapes.keys()) {
      if (this.#tapes.size <= this.#tapesMax) return;
      this.#tapes.delete(oldest);
    }
  }
}

function hasExpired(instrument: Instrument, date: string): boolean {
  return instrument.lastTradeDate !== "" && instrument.lastTradeDate < compactDateText(date);
}
