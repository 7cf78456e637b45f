import { accountStale } from "./account-stale.ts";
import { bracketCollar } from "./bracket-collar.ts";
import { bracketInvalid } from "./bracket-invalid.ts";
import { buyingPower } from "./buying-power.ts";
import { cancelRate } from "./cancel-rate.ts";
import { cancelToFill } from "./cancel-to-fill.ts";
import type { Check } from "./check.ts";
import { clientOrderIdUsed } from "./client-order-id-used.ts";
import { clockUntrusted } from "./clock-untrusted.ts";
import { concentration } from "./concentration.ts";
import { dailyDrawdown } from "./daily-drawdown.ts";
import { dailyLoss } from "./daily-loss.ts";
import { dayTrades } from "./day-trades.ts";
import { duplicateOrder } from "./duplicate-order.ts";
import { exitExceedsPosition } from "./exit-exceeds-position.ts";
import { gatewayNotReady } from "./gateway-not-ready.ts";
import { grossExposure } from "./gross-exposure.ts";
import { intentStale } from "./intent-stale.ts";
import { intradayMargin } from "./intraday-margin.ts";
import { ledgerBehind } from "./ledger-behind.ts";
import { lossStreak } from "./loss-streak.ts";
import { lotSize } from "./lot-size.ts";
import { marginEquity } from "./margin-equity.ts";
import { openOrdersLimit } from "./max-open-orders.ts";
import { modeMismatch } from "./mode-mismatch.ts";
import { netExposure } from "./net-exposure.ts";
import { notShortable } from "./not-shortable.ts";
import { openOrderNotional } from "./open-order-notional.ts";
import { orderLoop } from "./order-loop.ts";
import { orderNotional } from "./order-notional.ts";
import { orderRate } from "./order-rate.ts";
import { positionLimit } from "./position-limit.ts";
import { positionUnexplained } from "./position-unexplained.ts";
import { priceCollar } from "./price-collar.ts";
import { priceInvalid } from "./price-invalid.ts";
import { quantityAboveMaximum } from "./quantity-above-maximum.ts";
import { quantityBelowMinimum } from "./quantity-below-minimum.ts";
import { quoteDelayed } from "./quote-delayed.ts";
import { quoteStale } from "./quote-stale.ts";
import { reducingOnly } from "./reducing-only.ts";
import { repeatedExecutions } from "./repeated-executions.ts";
import { selfCross } from "./self-cross.ts";
import { sessionClosed } from "./session-closed.ts";
import { shortSale } from "./short-sale.ts";
import { symbolDenied } from "./symbol-denied.ts";
import { symbolHalted } from "./symbol-halted.ts";
import { symbolNotAllowed } from "./symbol-not-allowed.ts";
import { symbolNotInPlan } from "./symbol-not-in-plan.ts";
import { tradingHalted } from "./trading-halted.ts";

/** Every check, in the order in which their reasons are given: what stops everything, what is not known, the limits. */
export const CHECKS: readonly Check[] = [
  tradingHalted,
  reducingOnly,
  ledgerBehind,
  intentStale,
  clientOrderIdUsed,
  priceInvalid,
  bracketInvalid,
  exitExceedsPosition,
  lotSize,
  quantityBelowMinimum,
  quantityAboveMaximum,
  shortSale,
  notShortable,
  modeMismatch,
  gatewayNotReady,
  clockUntrusted,
  sessionClosed,
  accountStale,
  quoteStale,
  quoteDelayed,
  symbolHalted,
  positionUnexplained,
  symbolNotInPlan,
  symbolNotAllowed,
  symbolDenied,
  priceCollar,
  bracketCollar,
  dailyLoss,
  dailyDrawdown,
  lossStreak,
  orderNotional,
  positionLimit,
  concentration,
  grossExposure,
  netExposure,
  openOrderNotional,
  buyingPower,
  marginEquity,
  dayTrades,
  intradayMargin,
  openOrdersLimit,
  orderRate,
  cancelRate,
  cancelToFill,
  duplicateOrder,
  repeatedExecutions,
  orderLoop,
  selfCross,
];
