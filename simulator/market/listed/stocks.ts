import { conIdBases, type Instrument, plain } from "../instrument.ts";
import { hash } from "../random.ts";

/** US stocks and ETFs. Contract ids and ISINs are the real ones, prices are a level to start from. */

const usStockExchanges = ["SMART", "AMEX", "NYSE", "CBOE", "ARCA", "ISLAND", "NASDAQ", "BATS", "IEX", "BYX", "EDGEA"];

const listed: readonly Instrument[] = [
  stock(756733, "SPY", "ARCA", "SPDR S&P 500 ETF TRUST", "ETF", 560, 0.009, 65e6, "US78462F1030"),
  stock(320227571, "QQQ", "NASDAQ", "INVESCO QQQ TRUST SERIES 1", "ETF", 480, 0.012, 40e6, "US46090E1038"),
  stock(265598, "AAPL", "NASDAQ", "APPLE INC", "COMMON", 225, 0.015, 50e6, "US0378331005"),
  stock(272093, "MSFT", "NASDAQ", "MICROSOFT CORP", "COMMON", 430, 0.014, 20e6, "US5949181045"),
  stock(4815747, "NVDA", "NASDAQ", "NVIDIA CORP", "COMMON", 125, 0.028, 250e6, "US67066G1040"),
  stock(8314, "IBM", "NYSE", "INTL BUSINESS MACHINES CORP", "COMMON", 215, 0.013, 4e6, "US4592001014"),
  stock(10098, "BAC", "NYSE", "BANK OF AMERICA CORP", "COMMON", 40, 0.015, 38e6, "US0605051046"),
  stock(72063691, "BRK B", "NYSE", "BERKSHIRE HATHAWAY INC-CL B", "COMMON", 460, 0.009, 4e6, "US0846707026"),
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
  const conId = conIdBases.STK + (hash(symbol) % 90_000_000);
  const base = known ?? stock(conId, symbol, "NYSE", symbol, "COMMON", 100, 0.015, 5e6, "");
  return startPrice === undefined ? base : { ...base, generated: { ...base.generated, startPrice } };
}

/**
 * A second listing of IBM, in euros, without a market data subscription: whoever leaves the currency out is told that
 * the contract is ambiguous, and whoever asks for its prices that they are not subscribed.
 */
export const germanIbm: Instrument = {
  ...stock(900_000_001, "IBM", "IBIS", "INTL BUSINESS MACHINES CORP", "COMMON", 185, 0.013, 40e3, "US4592001014"),
  key: "STK:IBM@IBIS",
  currency: "EUR",
  exchanges: ["SMART", "IBIS"],
  tradingClass: "XETRA",
  isSubscribed: false,
};

function stock(
  conId: number,
  symbol: string,
  primaryExchange: string,
  longName: string,
  stockType: "COMMON" | "ETF",
  startPrice: number,
  dailyVolatility: number,
  dailyVolume: number,
  isin: string,
): Instrument {
  return {
    ...plain,
    key: symbol,
    conId,
    symbol,
    secType: "STK",
    currency: "USD",
    primaryExchange,
    exchanges: usStockExchanges,
    localSymbol: symbol,
    tradingClass: primaryExchange === "NASDAQ" ? "NMS" : symbol,
    longName,
    stockType,
    minTick: 0.01,
    isin,
    generated: { path: symbol, startPrice, dailyVolatility, dailyVolume, tick: 0.01, lot: 100 },
  };
}
