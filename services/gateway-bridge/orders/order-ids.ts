/**
 * Gives out order ids, each once for ever: above every id in the ledger, above everything the gateway told, and
 * never lower, whatever the gateway says later (it rolls its counter back when it restarts: tws.md 7.1; a reused id
 * would silently modify a living order: 5.6).
 */
export class OrderIds {
  #highest: number;

  /** @param highestInLedger the highest id that the ledger has ever seen; 0 for none. */
  constructor(highestInLedger: number) {
    this.#highest = highestInLedger;
  }

  /** The gateway names the next id it would take: raises, never lowers. */
  raiseTo(nextValidId: number): void {
    if (Number.isSafeInteger(nextValidId)) this.#highest = Math.max(this.#highest, nextValidId - 1);
  }

  next(): number {
    this.#highest += 1;
    return this.#highest;
  }
}
