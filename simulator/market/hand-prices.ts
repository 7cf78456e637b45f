import { marketDayAt } from "./new-york.ts";
import type { QuoteChange } from "./quote-change.ts";
import { emptyTape, type PricesWithin, type Quote, type Tape, tapeSeconds, type WritableTape } from "./tape.ts";

/** Trading days of a symbol that are remembered as the hand drove them; a day takes 5 MB. */
const DAYS_MAX = 2;

type HandTape = WritableTape & { readonly within: PricesWithin };

/**
 * A symbol whose prices are set by hand, and the tape that the hand writes: what is asked of it later agrees with the
 * ticks that were sent. The day in which the hand began is the source's up to that second.
 */
export class HandPrices {
  readonly #symbol: string;
  /** By date; the newest last. */
  readonly #tapes = new Map<string, HandTape>();
  #quote: Quote | undefined;
  /** The second up to which the tapes are written. */
  #writtenS = 0;
  #beganS = Number.POSITIVE_INFINITY;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  get quote(): Quote | undefined {
    return this.#quote;
  }

  /** The second in which the hand came. */
  get beganS(): number {
    return this.#beganS;
  }

  /** The day as the hand drove it; undefined for a day in which it did not, or too long ago. */
  tape(date: string): Tape | undefined {
    return this.#tapes.get(date);
  }

  /**
   * Takes a change; `last` is a trade.
   *
   * @param before what the source has: the quote of now, the day's tape, and the second up to which it was the
   *   market's. Only the first change looks at it.
   * @returns undefined while bid, ask or last is not known.
   */
  change(
    change: QuoteChange,
    epochS: number,
    before: { readonly quote: Quote | undefined; readonly tape: Tape | undefined; readonly untilS: number },
  ): Quote | undefined {
    const quote = changed(this.#quote ?? before.quote, change);
    if (quote === undefined) return undefined;
    if (this.#quote === undefined) this.#begin(epochS, before);
    else this.advanceTo(epochS);
    this.#quote = quote;
    this.#write(epochS, quote);
    if (change.last !== undefined) this.#trade(epochS, quote);
    return quote;
  }

  /** Carries the quote on: it stands until the hand sets another. */
  advanceTo(epochS: number): void {
    const quote = this.#quote;
    if (quote === undefined) return;
    while (this.#writtenS < epochS) this.#write(this.#writtenS + 1, quote);
  }

  #begin(epochS: number, { tape: source, untilS }: { readonly tape: Tape | undefined; readonly untilS: number }): void {
    this.#beganS = epochS;
    this.#writtenS = epochS;
    const tape = this.#tapeAt(epochS);
    if (source === undefined || tape === undefined) return;
    const index = Math.min(untilS - tape.startEpochS, tapeSeconds);
    if (index <= 0) return;
    tape.previousClose = source.previousClose;
    for (const column of ["last", "bid", "ask", "bidSize", "askSize", "volume"] as const) {
      tape[column].set(source[column].subarray(0, index));
    }
    tape.trades.set(source.trades.subarray(0, index));
  }

  #write(epochS: number, { bid, ask, bidSize, askSize, last }: Quote): void {
    this.#writtenS = epochS;
    const tape = this.#tapeAt(epochS);
    if (tape === undefined) return;
    const index = epochS - tape.startEpochS;
    if (index < 0 || index >= tapeSeconds) return;
    tape.last[index] = last;
    tape.bid[index] = bid;
    tape.ask[index] = ask;
    tape.bidSize[index] = bidSize;
    tape.askSize[index] = askSize;
  }

  #trade(epochS: number, { last, lastSize }: Quote): void {
    const tape = this.#tapeAt(epochS);
    if (tape === undefined) return;
    const index = epochS - tape.startEpochS;
    if (index < 0 || index >= tapeSeconds) return;
    const { open, high, low, amount } = tape.within;
    const trades = tape.trades[index] ?? 0;
    if (trades === 0) open[index] = last;
    high[index] = trades === 0 ? last : Math.max(high[index] ?? last, last);
    low[index] = trades === 0 ? last : Math.min(low[index] ?? last, last);
    amount[index] = (amount[index] ?? 0) + lastSize * last;
    tape.volume[index] = (tape.volume[index] ?? 0) + lastSize;
    tape.trades[index] = trades + 1;
  }

  /** Undefined on a day without trading, which takes no other day's place. */
  #tapeAt(epochS: number): HandTape | undefined {
    const day = marketDayAt(epochS);
    if (!day.isTradingDay) return undefined;
    const known = this.#tapes.get(day.date);
    if (known !== undefined) return known;
    const seconds = () => new Float64Array(tapeSeconds);
    const within = { open: seconds(), high: seconds(), low: seconds(), amount: seconds() };
    const tape = { ...emptyTape(this.#symbol, day.date, day.midnightEpochS), within, previousClose: this.#quote?.last };
    this.#tapes.set(day.date, tape);
    const [oldest] = this.#tapes.keys();
    if (oldest !== undefined && this.#tapes.size > DAYS_MAX) this.#tapes.delete(oldest);
    return tape;
  }
}

function changed(before: Quote | undefined, change: QuoteChange): Quote | undefined {
  const bid = change.bid ?? before?.bid ?? change.last;
  const ask = change.ask ?? before?.ask ?? change.last;
  const last = change.last ?? before?.last ?? bid ?? ask;
  if (bid === undefined || ask === undefined || last === undefined) return undefined;
  return {
    bid,
    ask,
    last,
    bidSize: change.bidSize ?? before?.bidSize ?? 1000,
    askSize: change.askSize ?? before?.askSize ?? 1000,
    lastSize: change.lastSize ?? before?.lastSize ?? 100,
  };
}
