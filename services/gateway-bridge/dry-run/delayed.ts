import type { Side } from "#libs/contracts/mod.ts";

/**
 * Shares that an order may trade at a delayed price. A price of 15 minutes ago cannot be had any more: a dry-run that
 * opened a position at it would show profits that nobody could have made. What reduces a position is filled all the
 * same, and marked, since the way out is always open (law 7).
 *
 * @param held shares of the position; negative is short
 */
export const tradableDelayed = (side: Side, held: number): number => Math.max(0, side === "sell" ? held : -held);

export const DELAYED_FILL = "filled at a delayed price: the broker gives no live data";
