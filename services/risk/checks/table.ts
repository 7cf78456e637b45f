import { accountStale } from "./account-stale.ts";
import { bracketInvalid } from "./bracket-invalid.ts";
import type { Check } from "./check.ts";
import { clientOrderIdUsed } from "./client-order-id-used.ts";
import { clockUntrusted } from "./clock-untrusted.ts";
import { dailyLoss } from "./daily-loss.ts";
import { dayTrades } from "./day-trades.ts";
import { duplicateOrder } from "./duplicate-order.ts";
import { exitExceedsPosition } from "./exit-exceeds-position.ts";
import { gatewayNotReady } from "./gateway-not-ready.ts";
import { intentStale } from "./intent-stale.ts";
import { intradayMargin } from "./intraday-margin.ts";
import { ledgerBehind } from "./ledger-behind.ts";
import { openOrdersLimit } from "./max-open-orders.ts";
import { modeMismatch } from "./mode-mismatch.ts";
import { positionLimit } from "./position-limit.ts";
import { positionUnexplained } from "./position-unexplained.ts";
import { priceInvalid } from "./price-invalid.ts";
import { quoteStale } from "./quote-stale.ts";
import { reducingOnly } from "./reducing-only.ts";
import { sessionClosed } from "./session-closed.ts";
import { shortSale } from "./short-sale.ts";
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
  shortSale,
  modeMismatch,
  gatewayNotReady,
  clockUntrusted,
  sessionClosed,
  accountStale,
  quoteStale,
  positionUnexplained,
  symbolNotInPlan,
  dailyLoss,
  positionLimit,
  dayTrades,
  intradayMargin,
  openOrdersLimit,
  duplicateOrder,
];
