/** Security types the simulated gateway lists. */
export type SecType = "STK" | "OPT" | "FUT" | "CASH" | "IND" | "CRYPTO" | "BOND";

/** Something the simulated gateway lists: what a contract resolves to. */
export interface Instrument {
  /** Unique in the catalogue: a stock's symbol, and for the rest type and local symbol, such as "FUT:ESZ5". */
  readonly key: string;
  readonly conId: number;
  /** IB's spelling: a space where others write a dot ("BRK B"). */
  readonly symbol: string;
  readonly secType: SecType;
  readonly currency: string;
  readonly primaryExchange: string;
  /** Where it can be asked for, the primary exchange included. */
  readonly exchanges: readonly string[];
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly longName: string;
  /** COMMON or ETF for a stock, else empty. */
  readonly stockType: string;
  readonly minTick: number;
  /** Smallest order and order step, in units of the instrument. */
  readonly minSize: number;
  readonly marketRuleId: number;
  /** "100" for an option, empty where there is none. */
  readonly multiplier: string;
  /** Last trading day, such as "20251219"; empty for what does not expire. */
  readonly lastTradeDate: string;
  readonly strike: number;
  readonly right: "" | "C" | "P";
  /** What an option or future is written on. */
  readonly underlying: Underlying | undefined;
  readonly bond: BondTerms | undefined;
  /** ISIN, where it is known. */
  readonly isin: string;
  /** A spot currency has quotes and no trades; an index has a level and no quotes. */
  readonly hasTrades: boolean;
  readonly hasQuotes: boolean;
  /** Whether the account pays for its market data: without, live prices are refused and delayed ones are all there is. */
  readonly isSubscribed: boolean;
  /** First day with prices, ISO. */
  readonly listedSince: string;
  readonly generated: GeneratedPrices;
}

export interface Underlying {
  readonly key: string;
  readonly conId: number;
  readonly symbol: string;
  readonly secType: SecType;
}

export interface BondTerms {
  readonly cusip: string;
  /** Per cent a year. */
  readonly coupon: number;
  /** ISO dates. */
  readonly maturity: string;
  readonly issueDate: string;
  readonly ratings: string;
  readonly bondType: string;
  readonly description: string;
  readonly issuer: string;
}

/** What the generator makes an instrument's prices from. An option's prices come from its underlying's instead. */
export interface GeneratedPrices {
  /** Name of the random path. Instruments that move together (an index, its futures, its fund) share one. */
  readonly path: string;
  /** Level around which the daily opens wander, in the instrument's currency. */
  readonly startPrice: number;
  /** Standard deviation of one regular session's return, as a fraction. */
  readonly dailyVolatility: number;
  /** Units traded in one regular session. */
  readonly dailyVolume: number;
  /** Prices are multiples of this. */
  readonly tick: number;
  /** Displayed sizes are multiples of this. */
  readonly lot: number;
}

/** What most instruments have in common; a listing overrides what is different. */
export const plain = {
  stockType: "",
  minSize: 1,
  marketRuleId: 26,
  multiplier: "",
  lastTradeDate: "",
  strike: 0,
  right: "",
  underlying: undefined,
  bond: undefined,
  isin: "",
  hasTrades: true,
  hasQuotes: true,
  isSubscribed: true,
  listedSince: "2000-01-03",
} as const satisfies Partial<Instrument>;

/** Stable contract ids for what has none from the broker. Each security type has a range of its own. */
export const conIdBases = {
  STK: 900_000_000,
  OPT: 700_000_000,
  FUT: 600_000_000,
} as const;
