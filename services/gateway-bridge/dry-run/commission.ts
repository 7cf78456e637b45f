/**
 * IBKR's fixed schedule for US stocks: 0.005 USD a share, at least 1.00 USD an order, at most 1 % of its value (the
 * maximum wins over the minimum). For what is filled of an order so far, in USD, to the cent.
 */
export function fixedCommission(shares: number, value: number): number {
  if (shares <= 0) return 0;
  return Math.round(Math.min(Math.max(0.005 * shares, 1), 0.01 * value) * 100) / 100;
}
