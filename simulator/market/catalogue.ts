import type { Instrument } from "./instrument.ts";
import { futuresOn } from "./listed/futures.ts";
import { optionChain } from "./listed/options.ts";
import { others } from "./listed/others.ts";
import { germanIbm } from "./listed/stocks.ts";

/** Everything the simulated gateway lists. Option chains are long, so each is made when it is first asked for. */
export class Catalogue {
  readonly #instruments = new Map<string, Instrument>();
  readonly #chains = new Map<string, readonly Instrument[]>();
  readonly #today: string;
  readonly #levelOf: (instrument: Instrument) => number;

  /**
   * @param today ISO date on which the simulation starts: what expires is listed around it.
   * @param levelOf about what an instrument costs on that date; the strikes of its options lie around it.
   */
  constructor(stocks: Iterable<Instrument>, today: string, levelOf: (instrument: Instrument) => number) {
    this.#today = today;
    this.#levelOf = levelOf;
    for (const instrument of [...stocks, ...others, ...futuresOn(today)]) this.#add(instrument);
    if (this.#instruments.has(germanIbm.symbol)) this.#add(germanIbm);
  }

  get(key: string): Instrument | undefined {
    const known = this.#instruments.get(key);
    if (known !== undefined || !key.startsWith("OPT:")) return known;
    this.#makeChains();
    return this.#instruments.get(key);
  }

  /** Everything but the options. */
  withoutOptions(): Instrument[] {
    return [...this.#instruments.values()].filter((instrument) => instrument.secType !== "OPT");
  }

  /** Stocks in dollars have options; the rest has none here. */
  isOptionable(instrument: Instrument): boolean {
    return instrument.secType === "STK" && instrument.currency === "USD";
  }

  /** The options on an instrument; none when it has no chain. */
  chainOf(underlying: Instrument): readonly Instrument[] {
    if (!this.isOptionable(underlying)) return [];
    const known = this.#chains.get(underlying.key);
    if (known !== undefined) return known;
    const chain = optionChain(underlying, this.#today, this.#levelOf(underlying));
    this.#chains.set(underlying.key, chain);
    for (const option of chain) this.#add(option);
    return chain;
  }

  /** Every option of every chain. */
  options(): Instrument[] {
    this.#makeChains();
    return [...this.#chains.values()].flat();
  }

  #makeChains(): void {
    for (const instrument of this.withoutOptions()) this.chainOf(instrument);
  }

  #add(instrument: Instrument): void {
    this.#instruments.set(instrument.key, instrument);
  }
}
