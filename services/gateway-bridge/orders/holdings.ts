import type { Side } from "#libs/contracts/mod.ts";

export interface Holding {
  /** Shares; negative is short. Never 0: then there is no holding. */
  readonly quantity: number;
  /** USD a share, commissions of the opening trades in, as the broker counts it. */
  readonly averageCost: number;
}

interface Trade {
  readonly side: Side;
  readonly quantity: number;
  readonly price: number;
}

/** Shares to the millionth: sums of parts of shares are not exact in binary. */
export const exactShares = (quantity: number): number => Math.round(quantity * 1e6) / 1e6;

/** A holding after a trade: adding averages the cost, reducing keeps it, crossing zero starts anew at the price. */
export function addExecution(holding: Holding | undefined, trade: Trade): Holding | undefined {
  const traded = trade.side === "buy" ? trade.quantity : -trade.quantity;
  const before = holding?.quantity ?? 0;
  const quantity = exactShares(before + traded);
  if (quantity === 0) return undefined;
  if (holding === undefined || Math.sign(before) !== Math.sign(quantity)) return { quantity, averageCost: trade.price };
  if (Math.sign(traded) !== Math.sign(before)) return { quantity, averageCost: holding.averageCost };
  return { quantity, averageCost: (before * holding.averageCost + traded * trade.price) / quantity };
}

/** Takes a trade back (a correction replaces it). Exact in shares; the cost is exact while the position only grew. */
export function removeExecution(holding: Holding | undefined, trade: Trade): Holding | undefined {
  const traded = trade.side === "buy" ? trade.quantity : -trade.quantity;
  const before = holding?.quantity ?? 0;
  const quantity = exactShares(before - traded);
  if (quantity === 0) return undefined;
  if (holding === undefined || Math.sign(before) !== Math.sign(quantity)) return { quantity, averageCost: trade.price };
  if (Math.sign(traded) !== Math.sign(before)) return { quantity, averageCost: holding.averageCost };
  return { quantity, averageCost: (before * holding.averageCost - traded * trade.price) / quantity };
}

/** Commission of a trade that opened the holding is part of its cost; that of a closing one is not. */
export function payCommission(holding: Holding | undefined, side: Side, commission: number): Holding | undefined {
  if (holding === undefined || holding.quantity > 0 !== (side === "buy")) return holding;
  return { ...holding, averageCost: holding.averageCost + commission / holding.quantity };
}
