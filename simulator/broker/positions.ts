import type { Execution } from "./execution.ts";

/** Holdings in one symbol of the account. */
export interface Position {
  readonly symbol: string;
  /** Shares, negative when short. */
  readonly quantity: number;
  /** USD a share, commissions included, as IBKR reports it. */
  readonly averageCost: number;
  /** USD since the start of the simulation, after commissions. */
  readonly realizedProfit: number;
}

export function flatPosition(symbol: string): Position {
  return { symbol, quantity: 0, averageCost: 0, realizedProfit: 0 };
}

/**
 * Applies an execution by the average-cost method.
 *
 * @returns the position after it, and the profit it realized in USD: undefined when it only opened or added.
 */
export function applyExecution(
  position: Position,
  execution: Pick<Execution, "side" | "shares" | "price" | "commission">,
): { readonly position: Position; readonly realizedProfit: number | undefined } {
  const change = execution.side === "BOT" ? execution.shares : -execution.shares;
  const before = position.quantity;
  const after = before + change;
  const commissionPerShare = execution.shares === 0 ? 0 : execution.commission / execution.shares;
  // Buying costs more by the commission, selling brings in less.
  const effectivePrice = execution.price + Math.sign(change) * commissionPerShare;
  if (before === 0 || Math.sign(before) === Math.sign(change)) {
    const averageCost = after === 0 ? 0 : (position.averageCost * before + effectivePrice * change) / after;
    return { position: { ...position, quantity: after, averageCost }, realizedProfit: undefined };
  }
  const closed = Math.min(Math.abs(before), Math.abs(change));
  const realizedProfit = closed * (effectivePrice - position.averageCost) * Math.sign(before);
  const isReversed = after !== 0 && Math.sign(after) !== Math.sign(before);
  return {
    position: {
      ...position,
      quantity: after,
      averageCost: after === 0 ? 0 : isReversed ? effectivePrice : position.averageCost,
      realizedProfit: position.realizedProfit + realizedProfit,
    },
    realizedProfit,
  };
}
