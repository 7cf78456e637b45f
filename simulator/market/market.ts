import { z } from "zod";
import type { ContractQuery } from "../protocol/contract.ts";
import type { Bar } from "./bars.ts";
import { type Instrument, instrumentFor } from "./catalogue.ts";
import { BarFileError, readTape } from "./csv.ts";
import { generateTape } from "./generator.ts";
import { marketDayAt } from "./new-york.ts";
import { type Quote, quoteAt, type Tape, type TapeSource } from "./tape.ts";

/** A quote set by hand. Fields left out keep their value. Prices in USD, sizes in shares. */
export const quoteChangeSchema = z
  .object({
    bid: z.number().positive(),
    ask: z.number().positive(),
    bidSize: z.number().nonnegative(),
    askSize: z.number().nonnegative(),
    last: z.number().positive(),
    lastSize: z.number().nonnegative(),
  })
  .partial()
  .strict();
export type QuoteChange = z.infer<typeof quoteChangeSchema>;

/** Tapes in memory: one is about 3 MB, and a week of history for three symbols should not be made twice. */
const tapesMax = 24;

/** Made-up prices for every symbol on every weekday. */
export function generatedSource(seed: number, instruments: ReadonlyMap<string, Instrument>): TapeSource {
  return {
    tape: (symbol, date) => {
      const instrument = instruments.get(symbol) ?? instrumentFor(symbol);
      return generateTape(seed, symbol, instrument.generated, date);
    },
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
  };
}

/** What is listed, and what it costs. Prices come from tapes, or by hand for the symbols set by hand. */
export class Market {
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #source: TapeSource;
  readonly #tapes = new Map<string, Tape | undefined>();
  readonly #manual = new Map<string, ManualPrices>();

  /** @param manualOnly no symbol has a price until one is set by hand. */
  constructor(instruments: ReadonlyMap<string, Instrument>, source: TapeSource, manualOnly: boolean) {
    this.#instruments = instruments;
    this.#source = source;
    if (manualOnly) for (const symbol of instruments.keys()) this.#manual.set(symbol, new ManualPrices());
  }

  instrument(symbol: string): Instrument | undefined {
    return this.#instruments.get(symbol);
  }

  /** The instrument a client means; undefined when none fits (code 200). Only US stocks and ETFs are listed. */
  find(query: ContractQuery): Instrument | undefined {
    if (query.secType !== "" && query.secType !== "STK") return undefined;
    if (query.currency !== "" && query.currency !== "USD") return undefined;
    for (const instrument of this.#instruments.values()) {
      if (query.conId > 0 ? instrument.conId === query.conId : namesInstrument(query, instrument)) return instrument;
    }
    return undefined;
  }

  quote(symbol: string, epochS: number): Quote | undefined {
    const manual = this.#manual.get(symbol);
    if (manual !== undefined) return manual.quote;
    const tape = this.tapeAt(symbol, epochS);
    return tape === undefined ? undefined : quoteAt(tape, epochS);
  }

  isManual(symbol: string): boolean {
    return this.#manual.has(symbol);
  }

  /** Sets a symbol's quote by hand; from then on its tape is ignored. @throws RangeError for an unlisted symbol. */
  setQuote(symbol: string, change: QuoteChange, epochS: number): Quote | undefined {
    if (!this.#instruments.has(symbol)) {
      throw new RangeError(`The simulated gateway does not list ${symbol}; add it with the option symbols.`);
    }
    const before = this.quote(symbol, epochS);
    let manual = this.#manual.get(symbol);
    if (manual === undefined) {
      manual = new ManualPrices();
      this.#manual.set(symbol, manual);
    }
    return manual.change(before, change);
  }

  /** The bar of hand-set trades since the last call, and a fresh one begins; undefined while there is no price. */
  takeManualBar(symbol: string, startEpochS: number): Bar | undefined {
    return this.#manual.get(symbol)?.takeBar(startEpochS);
  }

  tapeAt(symbol: string, epochS: number): Tape | undefined {
    return this.tape(symbol, marketDayAt(epochS).date);
  }

  tape(symbol: string, date: string): Tape | undefined {
    const key = `${symbol}|${date}`;
    if (this.#tapes.has(key)) return this.#tapes.get(key);
    const tape = this.#source.tape(symbol, date);
    const oldest = this.#tapes.size >= tapesMax ? this.#tapes.keys().next().value : undefined;
    if (oldest !== undefined) this.#tapes.delete(oldest);
    this.#tapes.set(key, tape);
    return tape;
  }
}

/** A symbol whose prices are set by hand. */
class ManualPrices {
  quote: Quote | undefined;
  #traded: { open: number; high: number; low: number; volume: number; amount: number; count: number } | undefined;

  change(before: Quote | undefined, change: QuoteChange): Quote | undefined {
    const base = this.quote ?? before;
    const bid = change.bid ?? base?.bid ?? change.last;
    const ask = change.ask ?? base?.ask ?? change.last;
    const last = change.last ?? base?.last ?? bid ?? ask;
    if (bid === undefined || ask === undefined || last === undefined) return undefined;
    this.quote = {
      bid,
      ask,
      last,
      bidSize: change.bidSize ?? base?.bidSize ?? 1000,
      askSize: change.askSize ?? base?.askSize ?? 1000,
      lastSize: change.lastSize ?? base?.lastSize ?? 100,
    };
    if (change.last !== undefined) this.#trade(change.last, this.quote.lastSize);
    return this.quote;
  }

  takeBar(startEpochS: number): Bar | undefined {
    const close = this.quote?.last;
    if (close === undefined) return undefined;
    const traded = this.#traded;
    this.#traded = undefined;
    if (traded === undefined) {
      const flat = { open: close, high: close, low: close, close, weightedAveragePrice: close };
      return { startEpochS, ...flat, volume: 0, tradeCount: 0 };
    }
    const { open, high, low, volume, amount, count } = traded;
    const weightedAveragePrice = volume > 0 ? amount / volume : close;
    return { startEpochS, open, high, low, close, volume, weightedAveragePrice, tradeCount: count };
  }

  #trade(price: number, size: number): void {
    this.#traded ??= { open: price, high: price, low: price, volume: 0, amount: 0, count: 0 };
    this.#traded.high = Math.max(this.#traded.high, price);
    this.#traded.low = Math.min(this.#traded.low, price);
    this.#traded.volume += size;
    this.#traded.amount += size * price;
    this.#traded.count += 1;
  }
}

function namesInstrument(query: ContractQuery, instrument: Instrument): boolean {
  const given = query.symbol || query.localSymbol;
  if (given !== instrument.symbol) return false;
  return query.primaryExchange === "" || query.primaryExchange === instrument.primaryExchange;
}
