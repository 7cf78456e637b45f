import { hash } from "./random.ts";

/** A US stock or ETF the simulated gateway lists. */
export interface Instrument {
  readonly conId: number;
  /** IB's spelling: a space where others write a dot ("BRK B"). */
  readonly symbol: string;
  readonly secType: "STK";
  readonly currency: "USD";
  readonly primaryExchange: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly longName: string;
  readonly stockType: "COMMON" | "ETF";
  readonly minTick: number;
  readonly generated: GeneratedPrices;
}

/** What the generator makes a symbol's prices from. */
export interface GeneratedPrices {
  /** Level around which the daily opens wander, USD. */
  readonly startPrice: number;
  /** Standard deviation of one regular session's return, as a fraction. */
  readonly dailyVolatility: number;
  /** Shares in one regular session. */
  readonly dailyVolume: number;
}

const listed: readonly Instrument[] = [
  stock(756733, "SPY", "ARCA", "SPDR S&P 500 ETF TRUST", "ETF", 560, 0.009, 65e6),
  stock(320227571, "QQQ", "NASDAQ", "INVESCO QQQ TRUST SERIES 1", "ETF", 480, 0.012, 40e6),
  stock(265598, "AAPL", "NASDAQ", "APPLE INC", "COMMON", 225, 0.015, 50e6),
  stock(272093, "MSFT", "NASDAQ", "MICROSOFT CORP", "COMMON", 430, 0.014, 20e6),
  stock(4815747, "NVDA", "NASDAQ", "NVIDIA CORP", "COMMON", 125, 0.028, 250e6),
  stock(8314, "IBM", "NYSE", "INTL BUSINESS MACHINES CORP", "COMMON", 215, 0.013, 4e6),
  stock(10098, "BAC", "NYSE", "BANK OF AMERICA CORP", "COMMON", 40, 0.015, 38e6),
  stock(72063691, "BRK B", "NYSE", "BERKSHIRE HATHAWAY INC-CL B", "COMMON", 460, 0.009, 4e6),
];

/** The symbols offered when nothing else is asked for. */
export const defaultSymbols: readonly string[] = listed.map((instrument) => instrument.symbol);

/**
 * The instrument of a symbol. One that is not among the listed gets a made-up but stable contract id.
 *
 * @param startPrice USD; replaces the listed level. 100 for a symbol that is not listed.
 */
export function instrumentFor(symbol: string, startPrice?: number): Instrument {
  const known = listed.find((instrument) => instrument.symbol === symbol);
  const base =
    known ?? stock(900_000_000 + (hash(symbol) % 90_000_000), symbol, "NYSE", symbol, "COMMON", 100, 0.015, 5e6);
  return startPrice === undefined ? base : { ...base, generated: { ...base.generated, startPrice } };
}

function stock(
  conId: number,
  symbol: string,
  primaryExchange: string,
  longName: string,
  stockType: "COMMON" | "ETF",
  startPrice: number,
  dailyVolatility: number,
  dailyVolume: number,
): Instrument {
  return {
    conId,
    symbol,
    secType: "STK",
    currency: "USD",
    primaryExchange,
    localSymbol: symbol,
    tradingClass: primaryExchange === "NASDAQ" ? "NMS" : symbol,
    longName,
    stockType,
    minTick: 0.01,
    generated: { startPrice, dailyVolatility, dailyVolume },
  };
}
