const windowMs = 1000;

/** Violations after which a gateway that refuses (code 100) closes the connection. */
export const violationsMax = 3;

/** Counts one connection's messages over the last second (tws.md 6.3: half as many a second as there are lines). */
export class MessagePacing {
  #passedAtMs: number[] = [];
  #violations = 0;

  /** How long one more message has to wait, machine milliseconds; 0 when it may pass now. */
  waitMs(nowMs: number, messagesMax: number): number {
    this.#passedAtMs = this.#passedAtMs.filter((atMs) => nowMs - atMs < windowMs);
    const freeing = this.#passedAtMs[this.#passedAtMs.length - messagesMax];
    return freeing === undefined ? 0 : freeing + windowMs - nowMs;
  }

  passed(nowMs: number): void {
    this.#passedAtMs.push(nowMs);
  }

  /** One message too many. @returns how many that makes. */
  violated(): number {
    this.#violations += 1;
    return this.#violations;
  }
}
