/** Events that may wait; above it, what the next message replaces is left out. */
const WAITING_MAX = 10_000;
/** Events handled before the sockets get their turn again. */
const TURN_EVENTS = 500;

export interface PushOptions {
  /** An event of the same key that still waits is replaced: the newest is what counts. */
  readonly key?: string;
  /** May be left out when too much waits: market data, of which more is coming. */
  readonly expendable?: boolean;
}

/**
 * Events in the order in which they came, handled one after the other outside the sockets' callbacks. A strategy that
 * is slower than its quotes sees the newest quote of each symbol, and the queue does not grow with what it missed.
 */
export class Inbox<Event> {
  readonly #waiting = new Map<string, Event>();
  readonly #handle: (event: Event) => void;
  readonly #onOverflow: () => void;
  #serial = 0;
  #scheduled = false;
  #paused = false;

  constructor(handle: (event: Event) => void, onOverflow: () => void) {
    this.#handle = handle;
    this.#onOverflow = onOverflow;
  }

  get length(): number {
    return this.#waiting.size;
  }

  push(event: Event, { key, expendable = false }: PushOptions = {}): void {
    if (key !== undefined) {
      // To the end of the line: what it replaced must not pull it before an older event.
      this.#waiting.delete(key);
    } else if (expendable && this.#waiting.size >= WAITING_MAX) {
      this.#onOverflow();
      return;
    }
    this.#serial += 1;
    this.#waiting.set(key ?? `#${this.#serial}`, event);
    this.#schedule();
  }

  /** Nothing is handled until {@link resume}; what comes in waits. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#waiting.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    let handled = 0;
    for (const [key, event] of this.#waiting) {
      if (this.#paused || handled >= TURN_EVENTS) break;
      this.#waiting.delete(key);
      handled += 1;
      this.#handle(event);
    }
    this.#schedule();
  }
}
