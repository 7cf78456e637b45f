import { TimeError } from "./errors.ts";
import { monotonicNowMs } from "./machine-clock.ts";

/**
 * One point on the market clock and its slope: at `atMonotonicMs` of this machine's monotonic clock the market's
 * time was `marketTimeMs` (epoch milliseconds), and it passes `speed` times as fast as the machine's. Valid within
 * one boot of one machine. Speed is 1 at a real gateway, more at a fast simulated one, 0 while its clock is held.
 */
export type ClockAnchor = { marketTimeMs: number; atMonotonicMs: number; speed: number };

/** The market's time, epoch milliseconds with fractions, at a reading of the monotonic clock. */
export function marketTimeAt(anchor: ClockAnchor, monotonicMs: number): number {
  return anchor.marketTimeMs + (monotonicMs - anchor.atMonotonicMs) * anchor.speed;
}

/**
 * The market's time inside a service, told by the bridge through anchors. Knows nothing until the first anchor:
 * a service that has no market time makes no decision that needs one. Follows each anchor at once.
 */
export class MarketClock {
  readonly #monotonicNow: () => number;
  #anchor: ClockAnchor | undefined;

  /** @param monotonicNow the monotonic clock to extrapolate with, in milliseconds; the machine's by default. */
  constructor(monotonicNow: () => number = monotonicNowMs) {
    this.#monotonicNow = monotonicNow;
  }

  /** Takes a new anchor. Throws `TimeError` ("ANCHOR_INVALID") for one that is not finite or runs backwards. */
  set(anchor: ClockAnchor): void {
    const { marketTimeMs, atMonotonicMs, speed } = anchor;
    if (!(Number.isFinite(marketTimeMs) && Number.isFinite(atMonotonicMs) && Number.isFinite(speed) && speed >= 0)) {
      throw new TimeError(
        "ANCHOR_INVALID",
        `market clock anchor ${JSON.stringify(anchor)} refused: all three must be finite numbers and speed 0 or more`,
      );
    }
    this.#anchor = { marketTimeMs, atMonotonicMs, speed };
  }

  /** Market time in whole epoch milliseconds (rounded down), or undefined before the first anchor. */
  nowMs(): number | undefined {
    if (this.#anchor === undefined) return undefined;
    return Math.floor(marketTimeAt(this.#anchor, this.#monotonicNow()));
  }

  /** How fast the market's time passes now (0 while held), or undefined before the first anchor. */
  get speed(): number | undefined {
    return this.#anchor?.speed;
  }
}
