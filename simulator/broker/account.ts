import type { Position } from "./positions.ts";

/** What the operator of the simulation sets about the account. */
export interface AccountSettings {
  readonly account: string;
  /** Cash at the start, USD. */
  readonly equityUsd: number;
  /** Day trades remaining today and on the four following days; -1 is unlimited; undefined leaves the tags out. */
  readonly dayTradesRemaining: readonly number[] | undefined;
}

/** Figures of the account, USD. */
export interface AccountFigures {
  readonly netLiquidation: number;
  readonly totalCash: number;
  readonly grossPositionValue: number;
  readonly initialMargin: number;
  readonly maintenanceMargin: number;
  readonly availableFunds: number;
  readonly excessLiquidity: number;
  readonly buyingPower: number;
  readonly unrealizedProfit: number;
  readonly realizedProfit: number;
}

/** Long stock: 25 % maintenance; a margin account of 25,000 USD or more may use it for the initial margin too. */
export const maintenanceMarginRate = 0.25;
const patternDayTraderEquityUsd = 25_000;

/** @param markOf price at which a symbol's position is valued, USD. */
export function accountFigures(
  cash: number,
  positions: readonly Position[],
  markOf: (symbol: string) => number,
): AccountFigures {
  let marketValue = 0;
  let grossPositionValue = 0;
  let unrealizedProfit = 0;
  let realizedProfit = 0;
  for (const position of positions) {
    const mark = markOf(position.symbol);
    marketValue += position.quantity * mark;
    grossPositionValue += Math.abs(position.quantity) * mark;
    unrealizedProfit += position.quantity * (mark - position.averageCost);
    realizedProfit += position.realizedProfit;
  }
  const netLiquidation = cash + marketValue;
  const initialRate = initialMarginRate(netLiquidation);
  const initialMargin = initialRate * grossPositionValue;
  const maintenanceMargin = maintenanceMarginRate * grossPositionValue;
  const availableFunds = netLiquidation - initialMargin;
  return {
    netLiquidation,
    totalCash: cash,
    grossPositionValue,
    initialMargin,
    maintenanceMargin,
    availableFunds,
    excessLiquidity: netLiquidation - maintenanceMargin,
    buyingPower: Math.max(0, availableFunds / initialRate),
    unrealizedProfit,
    realizedProfit,
  };
}

export function initialMarginRate(netLiquidation: number): number {
  return netLiquidation >= patternDayTraderEquityUsd ? maintenanceMarginRate : 0.5;
}

export interface AccountTag {
  readonly tag: string;
  readonly value: string;
  readonly currency: string;
}

/**
 * Cash and holdings per currency, which an account summary gives for the tag `$LEDGER`. There are dollars alone.
 *
 * @param scope "ALL": the sum in the base currency too; a currency; or none, for the base currency.
 */
export function ledgerTags(figures: AccountFigures, scope: string): AccountTag[] {
  const currencies = scope === "ALL" ? ["BASE", "USD"] : scope === "" ? ["BASE"] : scope === "USD" ? ["USD"] : [];
  const amounts: Record<string, number> = {
    CashBalance: figures.totalCash,
    TotalCashBalance: figures.totalCash,
    AccruedCash: 0,
    StockMarketValue: figures.netLiquidation - figures.totalCash,
    NetLiquidationByCurrency: figures.netLiquidation,
    UnrealizedPnL: figures.unrealizedProfit,
    RealizedPnL: figures.realizedProfit,
    ExchangeRate: 1,
  };
  return currencies.flatMap((currency) => [
    { tag: "Currency", value: currency, currency },
    ...Object.entries(amounts).map(([tag, value]) => ({ tag, value: value.toFixed(2), currency })),
  ]);
}

/** Every tag the account summary and the account updates know, as text. Day trades have no currency (tws.md 6.3). */
export function accountTags(figures: AccountFigures, settings: AccountSettings): AccountTag[] {
  const usd = (tag: string, value: number): AccountTag => ({ tag, value: value.toFixed(2), currency: "USD" });
  const dayTrades = settings.dayTradesRemaining ?? [];
  return [
    { tag: "AccountType", value: "INDIVIDUAL", currency: "" },
    usd("NetLiquidation", figures.netLiquidation),
    usd("TotalCashValue", figures.totalCash),
    usd("SettledCash", figures.totalCash),
    usd("AccruedCash", 0),
    usd("BuyingPower", figures.buyingPower),
    usd("EquityWithLoanValue", figures.netLiquidation),
    usd("PreviousDayEquityWithLoanValue", settings.equityUsd),
    usd("GrossPositionValue", figures.grossPositionValue),
    usd("InitMarginReq", figures.initialMargin),
    usd("MaintMarginReq", figures.maintenanceMargin),
    usd("AvailableFunds", figures.availableFunds),
    usd("ExcessLiquidity", figures.excessLiquidity),
    usd("FullInitMarginReq", figures.initialMargin),
    usd("FullMaintMarginReq", figures.maintenanceMargin),
    usd("FullAvailableFunds", figures.availableFunds),
    usd("FullExcessLiquidity", figures.excessLiquidity),
    usd("LookAheadInitMarginReq", figures.initialMargin),
    usd("LookAheadMaintMarginReq", figures.maintenanceMargin),
    usd("LookAheadAvailableFunds", figures.availableFunds),
    usd("LookAheadExcessLiquidity", figures.excessLiquidity),
    {
      tag: "Cushion",
      value: (figures.netLiquidation === 0 ? 0 : figures.excessLiquidity / figures.netLiquidation).toFixed(6),
      currency: "",
    },
    ...dayTrades.map((remaining, day) => ({
      tag: day === 0 ? "DayTradesRemaining" : `DayTradesRemainingT+${day}`,
      value: String(remaining),
      currency: "",
    })),
  ];
}
