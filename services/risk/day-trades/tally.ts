import type { Side } from "#libs/contracts/mod.ts";

/**
 * Counts the day trades of one security on one day, by both published methods at once:
 *
 * - `closedOpenings` (FINRA Interpretation 4210(f)(8)(B)/01): each opening transaction that is closed the same day counts, once,
 *   however little of it is closed. Openings are closed in the order in which they were made.
 * - `byDirection` (Regulatory Notice 21-13): each turn from opening to closing counts, once for all closings that
 *   follow one another.
 *
 * What was held overnight is closed last, and only closes that touch something opened today count: a long held
 * overnight and sold before any new purchase is no day trade, sold after one it is.
 *
 * Partial fills of one order open one transaction, whenever they come. What they close, they close when they do: the rest
 * of a sale that began before a new purchase is sold after it.
 */
export interface Tally {
  /** Shares held after the executions so far; negative is short. */
  readonly position: number;
  /** Today's openings that are not fully closed, oldest first. */
  readonly openings: readonly Opening[];
  /** Orders that opened something today of which something was closed: the count by openings. */
  readonly closedOpenings: ReadonlySet<string>;
  /** Whether something was opened since the last close that counted. */
  readonly openedSinceClose: boolean;
  readonly byDirection: number;
}

/** What an order opened and is still open; in as many parts as others opened something between. */
export interface Opening {
  /** The order that opened it. */
  readonly key: string;
  readonly shares: number;
}

/** What was executed of an order, all of it or a part. */
export interface Filled {
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
  return { position, openings: [], closedOpenings: NONE, openedSinceClose: false, byDirection: 0 };
}

const NONE: ReadonlySet<string> = new Set();

/** Adds the day's next execution, by the time at which it was executed. */
export function addFilled(tally: Tally, { key, side, quantity }: Filled): Tally {
  const signed = side === "buy" ? quantity : -quantity;
  const opposite = tally.position !== 0 && Math.sign(tally.position) !== Math.sign(signed);
  const closing = opposite ? Math.min(quantity, Math.abs(tally.position)) : 0;
  const closed = closing > 0 ? close(tally, closing, side) : tally;
  const opening = exactShares(quantity - closing);
  return opening > 0 ? open(closed, { key, shares: opening }, side) : closed;
}

export const countOf = ({ closedOpenings, byDirection }: Tally): DayTradeCount => ({
  byOpening: closedOpenings.size,
  byDirection,
});

/** Whether the order has opened something today: what is left of it opens no transaction of its own. */
export const hasOpened = ({ openings, closedOpenings }: Tally, key: string): boolean =>
  closedOpenings.has(key) || openings.some((opening) => opening.key === key);

function close(tally: Tally, shares: number, side: Side): Tally {
  const openings: Opening[] = [];
  const closedOpenings = new Set(tally.closedOpenings);
  let left = shares;
  for (const opening of tally.openings) {
    const taken = Math.min(left, opening.shares);
    left = exactShares(left - taken);
    if (taken > 0) closedOpenings.add(opening.key);
    if (exactShares(opening.shares - taken) > 0) {
      openings.push({ ...opening, shares: exactShares(opening.shares - taken) });
    }
  }
  const counts = left < shares && tally.openedSinceClose;
  return {
    position: exactShares(tally.position + (side === "buy" ? shares : -shares)),
    openings,
    closedOpenings,
    openedSinceClose: counts ? false : tally.openedSinceClose,
    byDirection: tally.byDirection + (counts ? 1 : 0),
  };
}

function open(tally: Tally, opening: Opening, side: Side): Tally {
  const { key, shares } = opening;
  const newest = tally.openings.at(-1);
  return {
    ...tally,
    position: exactShares(tally.position + (side === "buy" ? shares : -shares)),
    openings:
      newest?.key === key
        ? tally.openings.with(-1, { key, shares: exactShares(newest.shares + shares) })
        : [...tally.openings, opening],
    openedSinceClose: tally.openedSinceClose || !hasOpened(tally, key),
  };
}
