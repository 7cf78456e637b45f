import type { Side } from "#libs/contracts/mod.ts";

/**
 * Counts the day trades of one security on one day, by both published methods at once:
 *
 * - `byOpening` (FINRA Interpretation 4210(f)(8)(B)/01): each opening transaction that is closed the same day counts,
 *   once, however little of it is closed. Openings are closed in the order in which they were made.
 * - `byDirection` (Regulatory Notice 21-13): each turn from opening to closing counts, once for all closings that
 *   follow one another.
 *
 * What was held overnight is closed last, and only closes that touch something opened today count: a long held
 * overnight and sold before any new purchase is no day trade, sold after one it is.
 */
export interface Tally {
  /** Shares held after the transactions so far; negative is short. */
  readonly position: number;
  /** Today's openings that are not fully closed, oldest first. */
  readonly openings: readonly Opening[];
  /** Whether something was opened since the last close that counted. */
  readonly openedSinceClose: boolean;
  readonly byOpening: number;
  readonly byDirection: number;
}

export interface Opening {
  /** The order that opened it. */
  readonly key: string;
  readonly shares: number;
  readonly counted: boolean;
}

/** All executions of one order on one day: partial fills of one order are one transaction. */
export interface Transaction {
  readonly key: string;
  readonly side: Side;
  readonly quantity: number;
}

/** Shares to a millionth: parts of shares are not exact in binary, and what is left of 0.1 + 0.2 - 0.3 is no position. */
export const exactShares = (shares: number): number => Math.round(shares * 1e6) / 1e6;

export interface DayTradeCount {
  readonly byOpening: number;
  readonly byDirection: number;
}

/** @param position shares held when the day began */
export function startTally(position: number): Tally {
  return { position, openings: [], openedSinceClose: false, byOpening: 0, byDirection: 0 };
}

export function addTransaction(tally: Tally, { key, side, quantity }: Transaction): Tally {
  const signed = side === "buy" ? quantity : -quantity;
  const opposite = tally.position !== 0 && Math.sign(tally.position) !== Math.sign(signed);
  const closing = opposite ? Math.min(quantity, Math.abs(tally.position)) : 0;
  const closed = closing > 0 ? close(tally, closing, side) : tally;
  const opening = exactShares(quantity - closing);
  return opening > 0 ? open(closed, { key, shares: opening, counted: false }, side) : closed;
}

/** The count if everything opened today, but for what is meant to be held overnight, were closed today as well. */
export function countIfClosed(tally: Tally, heldOvernight: (key: string) => boolean): DayTradeCount {
  const closing = tally.openings.filter((opening) => !heldOvernight(opening.key));
  return {
    byOpening: tally.byOpening + closing.filter((opening) => !opening.counted).length,
    byDirection: tally.byDirection + (closing.length > 0 && tally.openedSinceClose ? 1 : 0),
  };
}

function close(tally: Tally, shares: number, side: Side): Tally {
  const openings: Opening[] = [];
  let left = shares;
  let byOpening = tally.byOpening;
  for (const opening of tally.openings) {
    const taken = Math.min(left, opening.shares);
    left = exactShares(left - taken);
    if (taken > 0 && !opening.counted) byOpening += 1;
    if (exactShares(opening.shares - taken) > 0) {
      openings.push({ ...opening, shares: exactShares(opening.shares - taken), counted: opening.counted || taken > 0 });
    }
  }
  const counts = left < shares && tally.openedSinceClose;
  return {
    position: exactShares(tally.position + (side === "buy" ? shares : -shares)),
    openings,
    openedSinceClose: counts ? false : tally.openedSinceClose,
    byOpening,
    byDirection: tally.byDirection + (counts ? 1 : 0),
  };
}

function open(tally: Tally, opening: Opening, side: Side): Tally {
  return {
    ...tally,
    position: exactShares(tally.position + (side === "buy" ? opening.shares : -opening.shares)),
    openings: [...tally.openings, opening],
    openedSinceClose: true,
  };
}
