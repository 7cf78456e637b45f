import type { WireMargins } from "../protocol/open-order.ts";
import { type AccountFigures, initialMarginRate, maintenanceMarginRate } from "./account.ts";
import { fixedCommission } from "./commission.ts";
import type { Refusal } from "./refusal.ts";

/** What an order would do to the account. */
export interface Exposure {
  /** Shares held now, negative when short. */
  readonly held: number;
  /** Shares the order adds, negative for a sale. */
  readonly change: number;
  /** Price the order is valued at, USD. */
  readonly price: number;
}

/** Shares by which the position grows away from zero; negative when it shrinks. */
function addedShares({ held, change }: Exposure): number {
  return Math.abs(held + change) - Math.abs(held);
}

/** 201 when an order needs more than the account's buying power. One that only reduces a position never does. */
export function buyingPowerRefusal(exposure: Exposure, figures: AccountFigures): Refusal | undefined {
  const addedValue = addedShares(exposure) * exposure.price;
  if (addedValue <= 0 || addedValue <= figures.buyingPower) return undefined;
  const initialMargin = addedValue * initialMarginRate(figures.netLiquidation);
  return {
    code: 201,
    text:
      "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR AVAILABLE " +
      `FUNDS [${figures.availableFunds.toFixed(2)} USD] MUST EXCEED THE INITIAL MARGIN [${initialMargin.toFixed(2)} USD]`,
  };
}

/** The answer to a what-if order: margins and equity before and after it, USD. */
export function whatIfMargins(exposure: Exposure, before: AccountFigures): WireMargins {
  const refusal = buyingPowerRefusal(exposure, before);
  const addedValue = addedShares(exposure) * exposure.price;
  const shares = Math.abs(exposure.change);
  return {
    initialBefore: before.initialMargin,
    maintenanceBefore: before.maintenanceMargin,
    equityBefore: before.netLiquidation,
    initialAfter: before.initialMargin + addedValue * initialMarginRate(before.netLiquidation),
    maintenanceAfter: before.maintenanceMargin + addedValue * maintenanceMarginRate,
    equityAfter: before.netLiquidation,
    commission: fixedCommission(shares, shares * exposure.price),
    warning: refusal?.text ?? "",
  };
}
