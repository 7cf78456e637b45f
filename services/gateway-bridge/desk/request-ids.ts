/**
 * Ids of requests. The gateway tells errors of requests and of orders apart by number only, so requests have a range of
 * their own that no order is given an id of, wherever the gateway's counter stands (`orders/order-ids.ts`).
 */
export const FIRST_REQUEST_ID = 1_500_000_000;
/** As many as a process would use in a thousand days at the message pace. */
export const LAST_REQUEST_ID = 1_599_999_999;

export class RequestIds {
  #next = FIRST_REQUEST_ID;

  next(): number {
    const id = this.#next;
    this.#next = id < LAST_REQUEST_ID ? id + 1 : FIRST_REQUEST_ID;
    return id;
  }
}

export const isRequestId = (id: number): boolean => id >= FIRST_REQUEST_ID && id <= LAST_REQUEST_ID;
