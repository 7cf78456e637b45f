/**
 * Ids of requests. The gateway tells errors of requests and of orders apart by number only, so requests count from
 * where no order id will ever be.
 */
const FIRST = 1_500_000_000;

export class RequestIds {
  #next = FIRST;

  next(): number {
    const id = this.#next;
    this.#next += 1;
    return id;
  }
}

export const isRequestId = (id: number): boolean => id >= FIRST;
