/** What a window of requests says about one more of them. */
export interface WindowAnswer {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** Requests allowed in a time that begins with the first of them, as Discord's buckets count. */
export class RateWindow {
  readonly limit: number;
  readonly windowMs: number;
  #opensAtMs = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(limit: number, windowMs: number) {
    this.limit = limit;
    this.windowMs = windowMs;
  }

  take(nowMs: number): WindowAnswer {
    if (nowMs >= this.#opensAtMs + this.windowMs) {
      this.#opensAtMs = nowMs;
      this.#used = 0;
    }
    const allowed = this.#used < this.limit;
    if (allowed) this.#used += 1;
    return { allowed, remaining: this.limit - this.#used, resetAfterMs: this.#opensAtMs + this.windowMs - nowMs };
  }
}
