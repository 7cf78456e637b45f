import { FIRST_REQUEST_ID, LAST_REQUEST_ID } from "../desk/request-ids.ts";

export interface OrderIdsOptions {
  /** The highest id that the ledger has ever seen; 0 for none. */
  readonly highestInLedger: number;
  /** The highest id that was ever reserved ({@link OrderIds.reserve}); 0 for none. */
  readonly reservedUpTo: number;
  /** Keeps that ids up to this one may be used. Resolves when that is on the disk. */
  readonly keep: (upTo: number) => Promise<unknown>;
}

/** The protocol's ids are signed 32-bit numbers. */
const LAST_ID = 2_147_483_647;
/**
 * Ids that are left alone at the end of the line. Nobody counts that far: a counter that stands there was driven there, by
 * another program or by nonsense, and an order that took an id of them would have this ledger stand there for ever.
 */
const LEFT_ALONE = 1_000_000;
/** The highest id that an order or a question is given. */
export const LAST_ORDER_ID = LAST_ID - LEFT_ALONE;

/** Ids reserved at a time: a write to the disk in so many questions, and at most so many ids left out by a restart. */
const BLOCK = 100;

/**
 * Gives out order ids, each once for ever: above every id in the ledger, above everything the gateway told, and
 * never lower, whatever the gateway says later (it rolls its counter back when it restarts: tws.md 7.1; a reused id
 * would silently modify a living order: 5.6). Those of requests are left out, so that an error names one of the two.
 *
 * An order's id is in the ledger before the order is written. A question leaves no trace there, so its id is taken from
 * those that were reserved: a bridge that starts again begins above all of them.
 */
export class OrderIds {
  readonly #keep: OrderIdsOptions["keep"];
  #highest: number;
  #reservedUpTo: number;
  #reserving: Promise<void> | null = null;
  /** What the gateway asks for, while no order may have it. */
  #beyond: number | null = null;

  constructor({ highestInLedger, reservedUpTo, keep }: OrderIdsOptions) {
    this.#highest = Math.max(highestInLedger, reservedUpTo);
    this.#reservedUpTo = reservedUpTo;
    this.#keep = keep;
  }

  /**
   * The gateway names the next id it would take: raises, never lowers. One beyond what may be given out raises nothing,
   * and no order is to be sent until it names another ({@link whyNone}).
   */
  raiseTo(nextValidId: number): void {
    if (!Number.isSafeInteger(nextValidId)) return;
    this.#beyond = nextValidId > LAST_ORDER_ID ? nextValidId : null;
    if (this.#beyond === null) this.#highest = Math.max(this.#highest, nextValidId - 1);
  }

  /** An order that bears this id is at the broker. */
  seen(orderId: number): void {
    if (orderId <= LAST_ORDER_ID) this.#highest = Math.max(this.#highest, orderId);
  }

  /** Why no order can have an id that the gateway would take; null while they can. */
  get whyNone(): string | null {
    const next = this.#beyond ?? after(this.#highest);
    return next > LAST_ORDER_ID ? `its next order id is ${next}, and ids end at ${LAST_ID}` : null;
  }

  /** For what is recorded in the ledger before it is written. */
  next(): number {
    this.#highest = after(this.#highest);
    return this.#highest;
  }

  /** For what is recorded nowhere; null until more are reserved. */
  nextReserved(): number | null {
    return after(this.#highest) <= this.#reservedUpTo ? this.next() : null;
  }

  /** Resolves when there are reserved ids again, on the disk. Rejects as `keep` does. */
  reserve(): Promise<void> {
    this.#reserving ??= this.#reserve().finally(() => {
      this.#reserving = null;
    });
    return this.#reserving;
  }

  async #reserve(): Promise<void> {
    const upTo = after(this.#highest) + BLOCK - 1;
    await this.#keep(upTo);
    this.#reservedUpTo = upTo;
  }
}

/** The id after one, those of requests left out. */
function after(id: number): number {
  const next = id + 1;
  return next >= FIRST_REQUEST_ID && next <= LAST_REQUEST_ID ? LAST_REQUEST_ID + 1 : next;
}
