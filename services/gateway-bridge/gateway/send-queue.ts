/**
 * What goes first when not all can go at once (architecture section 6). Before all the heartbeat, one message in five
 * seconds: behind some hundred cancels it would leave after its deadline, and end a session that works.
 */
export const PRIORITIES = ["heartbeat", "cancel", "order", "query", "data"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Below the broker's 50 messages a second (tws.md 6.3). */
export const MESSAGES_PER_SECOND = 45;
/**
 * The library's own limit. So far above ours that its queue, which cannot be cleared, stays empty: it lets a tenth of
 * this leave in each tenth of a second (tws.md 1.4).
 */
export const LIBRARY_MESSAGES_PER_SECOND = 10_000;

export interface Request {
  readonly send: () => void;
  /** How many messages `send` writes, for the pace; 1 when absent. */
  readonly messages?: number;
  /** Asked at the very moment of writing; false drops it. */
  readonly mayStillSend?: () => boolean;
  /** It was not written and never will be: no longer allowed, or the connection ended. */
  readonly onDropped?: () => void;
}

/**
 * The queue in front of the library, whose own queue is a plain FIFO that cannot be cleared (tws.md 1.4): a cancel
 * waits for nothing but cancels and the heartbeat. At most `perSecond` messages leave in any second, below the broker's 50.
 */
export class SendQueue {
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  readonly #later: (run: () => void, ms: number) => void;
  readonly #waiting: Record<Priority, Request[]> = { heartbeat: [], cancel: [], order: [], query: [], data: [] };
  /** When the newest `perSecond` messages were sent; a ring. */
  readonly #sentAtMs: number[] = [];
  #timer = false;
  #closed = false;

  constructor(options: { perSecond: number; nowMs: () => number; later?: (run: () => void, ms: number) => void }) {
    this.#perSecond = options.perSecond;
    this.#nowMs = options.nowMs;
    this.#later = options.later ?? ((run, ms) => void setTimeout(run, ms).unref());
  }

  get length(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#waiting[priority].length, 0);
  }

  /** Sends now when the pace allows it and nothing more urgent waits; else as soon as both are true. */
  push(priority: Priority, request: Request): void {
    if (this.#closed) {
      request.onDropped?.();
      return;
    }
    this.#waiting[priority].push(request);
    this.#drain();
  }

  /** Drops everything that waits; nothing leaves from here on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const priority of PRIORITIES) {
      for (const request of this.#waiting[priority].splice(0)) request.onDropped?.();
    }
  }

  #drain(): void {
    for (;;) {
      if (this.#closed) return;
      const next = PRIORITIES.find((priority) => this.#waiting[priority].length > 0);
      if (next === undefined) return;
      const waitMs = this.#waitMs(this.#waiting[next][0]?.messages ?? 1);
      if (waitMs > 0) {
        this.#wakeIn(waitMs);
        return;
      }
      const request = this.#waiting[next].shift();
      if (request === undefined) return;
      if (request.mayStillSend?.() === false) {
        request.onDropped?.();
        continue;
      }
      for (let message = 0; message < (request.messages ?? 1); message += 1) {
        this.#sentAtMs.push(this.#nowMs());
        if (this.#sentAtMs.length > this.#perSecond) this.#sentAtMs.shift();
      }
      request.send();
    }
  }

  /** Milliseconds until the pace allows so many messages at once; of more than a second's worth it allows the rest. */
  #waitMs(messages: number): number {
    const excess = this.#sentAtMs.length + Math.min(messages, this.#perSecond) - this.#perSecond;
    const last = this.#sentAtMs[excess - 1];
    return last === undefined ? 0 : Math.max(0, last + 1000 - this.#nowMs());
  }

  #wakeIn(ms: number): void {
    if (this.#timer) return;
    this.#timer = true;
    this.#later(() => {
      this.#timer = false;
      this.#drain();
    }, Math.ceil(ms));
  }
}
