import type { OrderType, Side } from "#libs/contracts/mod.ts";

type Trail = Extract<OrderType, { type: "trailing-stop" }>["trail"];

/** From one dollar on a US stock trades in cents, below it in hundredths of a cent (SEC Rule 612). */
const ticksPerDollar = (price: number): number => (price >= 1 ? 100 : 10_000);

/**
 * Where a trailing stop stands after a trade, USD: at its distance from that trade, or where it stood when that is
 * better for its owner. A sell stop never comes down, a buy stop never rises.
 *
 * @param stands null while it has not begun
 */
export function follow(stands: number | null, side: Side, trail: Trail, trade: number): number {
  const distance = trail.by === "amount" ? trail.amount : (trade * trail.percent) / 100;
  const target = onTick(side === "buy" ? trade + distance : Math.max(0, trade - distance));
  if (stands === null) return target;
  return side === "buy" ? Math.min(stands, target) : Math.max(stands, target);
}

// Rounded in ticks, since a division by a tick such as 0.01 is not exact in binary.
function onTick(price: number): number {
  const ticks = ticksPerDollar(price);
  return Math.round(price * ticks) / ticks;
}
