import { BacklogFullError } from "./errors.ts";

/**
 * Runs tasks one after the other, in the order in which they came: what happened first is recorded first, also when
 * the first attempt had to be repeated.
 */
export class SerialQueue {
  readonly #name: string;
  readonly #limit: number;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(name: string, limit: number) {
    this.#name = name;
    this.#limit = limit;
  }

  get length(): number {
    return this.#waiting;
  }

  /** @throws BacklogFullError when `limit` tasks already wait. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= this.#limit) return Promise.reject(new BacklogFullError(this.#name, this.#limit));
    this.#waiting += 1;
    const result = this.#tail.then(task).finally(() => {
      this.#waiting -= 1;
    });
    // The caller sees the rejection through `result`; the chain itself must go on after it.
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
