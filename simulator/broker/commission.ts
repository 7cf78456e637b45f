/**
 * What IBKR's fixed schedule for US stocks charges for an order, USD: 0.005 a share, at least 1.00, at most 1 % of the
 * trade value (the maximum wins over the minimum, so five shares at 2.00 cost ten cents).
 */
export function fixedCommission(shares: number, value: number): number {
  return Math.min(Math.max(0.005 * shares, 1), 0.01 * value);
}
