import { type Instrument, plain } from "../instrument.ts";

/** An index, currencies, coins and bonds: enough of each to try a client on. The bonds' contract ids are made up. */

export const spx: Instrument = {
  ...plain,
  key: "IND:SPX",
  conId: 416904,
  symbol: "SPX",
  secType: "IND",
  currency: "USD",
  primaryExchange: "CBOE",
  exchanges: ["CBOE"],
  localSymbol: "SPX",
  tradingClass: "SPX",
  longName: "S&P 500 Stock Index",
  minTick: 0.01,
  hasQuotes: false,
  // Ten times SPY's level on SPY's path: the two move together, and so do the futures.
  generated: { path: "SPY", startPrice: 5600, dailyVolatility: 0.009, dailyVolume: 0, tick: 0.01, lot: 100 },
};

const currencies: readonly Instrument[] = [
  currency(12087792, "EUR", "USD", "European Monetary Union Euro", 1.09, 0.00005),
  currency(12087797, "GBP", "USD", "British pound", 1.28, 0.00005),
  currency(15016059, "USD", "JPY", "United States Dollar", 148, 0.005),
];

const coins: readonly Instrument[] = [
  coin(479624278, "BTC", "Bitcoin cryptocurrency", 62_000, 0.02, 0.25),
  coin(495759171, "ETH", "Ethereum cryptocurrency", 2_500, 0.025, 0.01),
];

const bonds: readonly Instrument[] = [
  bond({
    conId: 147_554_578,
    symbol: "IBCID147554578",
    longName: "APPLE INC",
    startPrice: 96.4,
    coupon: 3.85,
    cusip: "037833AL4",
    issueDate: "2013-05-03",
    maturity: "2043-05-04",
    ratings: "AAA/AA+",
    bondType: "Corporate",
    issuer: "AAPL",
  }),
  bond({
    conId: 344_273_168,
    symbol: "US-T",
    longName: "United States Treasury",
    startPrice: 99.1,
    coupon: 2.875,
    cusip: "912810SD1",
    issueDate: "2018-08-15",
    maturity: "2048-08-15",
    ratings: "AA+",
    bondType: "US Treasury Bond",
    issuer: "US-T",
  }),
];

/** Everything that is listed whatever the date and whatever stocks are asked for. */
export const others: readonly Instrument[] = [spx, ...currencies, ...coins, ...bonds];

function currency(
  conId: number,
  symbol: string,
  quoted: string,
  longName: string,
  startPrice: number,
  tick: number,
): Instrument {
  const localSymbol = `${symbol}.${quoted}`;
  return {
    ...plain,
    key: `CASH:${localSymbol}`,
    conId,
    symbol,
    secType: "CASH",
    currency: quoted,
    primaryExchange: "IDEALPRO",
    exchanges: ["IDEALPRO"],
    localSymbol,
    tradingClass: localSymbol,
    longName,
    minTick: tick,
    marketRuleId: quoted === "JPY" ? 59 : 239,
    hasTrades: false,
    generated: { path: localSymbol, startPrice, dailyVolatility: 0.005, dailyVolume: 2e9, tick, lot: 1_000_000 },
  };
}

function coin(
  conId: number,
  symbol: string,
  longName: string,
  startPrice: number,
  dailyVolatility: number,
  tick: number,
): Instrument {
  return {
    ...plain,
    key: `CRYPTO:${symbol}`,
    conId,
    symbol,
    secType: "CRYPTO",
    currency: "USD",
    primaryExchange: "PAXOS",
    exchanges: ["PAXOS"],
    localSymbol: `${symbol}.USD`,
    tradingClass: symbol,
    longName,
    minTick: tick,
    minSize: 0.0001,
    marketRuleId: tick === 0.25 ? 67 : 26,
    generated: { path: symbol, startPrice, dailyVolatility, dailyVolume: 2e4, tick, lot: 1 },
  };
}

function bond(terms: {
  readonly conId: number;
  readonly symbol: string;
  readonly longName: string;
  /** Per cent of par. */
  readonly startPrice: number;
  readonly coupon: number;
  readonly cusip: string;
  readonly issueDate: string;
  readonly maturity: string;
  readonly ratings: string;
  readonly bondType: string;
  readonly issuer: string;
}): Instrument {
  const { conId, symbol, longName, startPrice, coupon, cusip, issueDate, maturity, ratings, bondType, issuer } = terms;
  const [year = "", month = "", day = ""] = maturity.split("-");
  return {
    ...plain,
    key: `BOND:${cusip}`,
    conId,
    symbol,
    secType: "BOND",
    currency: "USD",
    primaryExchange: "SMART",
    exchanges: ["SMART"],
    localSymbol: symbol,
    tradingClass: issuer,
    longName,
    minTick: 0.001,
    marketRuleId: 109,
    lastTradeDate: `${year}${month}${day}`,
    bond: {
      cusip,
      coupon,
      maturity,
      issueDate,
      ratings,
      bondType,
      description: `${issuer} ${coupon} ${month}/${day}/${year.slice(2)}`,
      issuer,
    },
    listedSince: issueDate,
    generated: { path: cusip, startPrice, dailyVolatility: 0.004, dailyVolume: 4000, tick: 0.001, lot: 10 },
  };
}
