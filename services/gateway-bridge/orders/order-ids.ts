export interface OrderIdsOptions {
  /** The highest id that the ledger has ever seen; 0 for none. */
  readonly highestInLedger: number;
  /** The highest id that was ever reserved ({@link OrderIds.reserve}); 0 for none. */
  readonly reservedUpTo: number;
  /** Keeps that ids up to this one may be used. Resolves when that is on the disk. */
  readonly keep: (upTo: number) => Promise<unknown>;
}

/** Ids reserved at a time: a write to the disk in so many questions, and at most so many ids left out by a restart. */
const BLOCK = 100;

/**
 * Gives out order ids, each once for ever: above every id in the ledger, above everything the gateway told, and
 * never lower, whatever the gateway says later (it rolls its counter back when it restarts: tws.md 7.1; a reused id
 * would silently modify a living order: 5.6).
 *
 * An order's id is in the ledger before the order is written. A question leaves no trace there, so its id is taken from
 * those that were reserved: a bridge that starts again begins above all of them.
 */
export class OrderIds {
  readonly #keep: OrderIdsOptions["keep"];
  #highest: number;
  #reservedUpTo: number;
  #reserving: Promise<void> | null = null;

  constructor({ highestInLedger, reservedUpTo, keep }: OrderIdsOptions) {
    this.#highest = Math.max(highestInLedger, reservedUpTo);
    this.#reservedUpTo = reservedUpTo;
    this.#keep = keep;
  }

  /** The gateway names the next id it would take: raises, never lowers. */
  raiseTo(nextValidId: number): void {
    if (Number.isSafeInteger(nextValidId)) this.#highest = Math.max(this.#highest, nextValidId - 1);
  }

  /** For what is recorded in the ledger before it is written. */
  next(): number {
    this.#highest += 1;
    return this.#highest;
  }

  /** For what is recorded nowhere; null until more are reserved. */
  nextReserved(): number | null {
    return this.#highest < this.#reservedUpTo ? this.next() : null;
  }

  /** Resolves when there are reserved ids again, on the disk. Rejects as `keep` does. */
  reserve(): Promise<void> {
    this.#reserving ??= this.#reserve().finally(() => {
      this.#reserving = null;
    });
    return this.#reserving;
  }

  async #reserve(): Promise<void> {
    const upTo = this.#highest + BLOCK;
    await this.#keep(upTo);
    this.#reservedUpTo = upTo;
  }
}
