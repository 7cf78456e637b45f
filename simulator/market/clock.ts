/** Settings of a market clock. */
export interface MarketClockOptions {
  /** Market time at the start, epoch milliseconds. */
  readonly startEpochMs: number;
  /** Market seconds in a machine second, above 0. */
  readonly speed: number;
  /** Stand still until {@link MarketClock.release}. */
  readonly hold: boolean;
  /** The machine's monotonic clock, milliseconds. */
  readonly machineNowMs: () => number;
}

/** The time at the simulated exchange: any day, any speed, and it can wait for a start signal. */
export class MarketClock {
  readonly speed: number;
  readonly #startEpochMs: number;
  readonly #machineNowMs: () => number;
  #releasedAtMachineMs: number | undefined;
  #momentMs: number | undefined;

  constructor(options: MarketClockOptions) {
    this.speed = options.speed;
    this.#startEpochMs = options.startEpochMs;
    this.#machineNowMs = options.machineNowMs;
    this.#releasedAtMachineMs = options.hold ? undefined : options.machineNowMs();
  }

  get isHeld(): boolean {
    return this.#releasedAtMachineMs === undefined;
  }

  /** Lets a held clock run. @returns false when it was running already. */
  release(): boolean {
    if (this.#releasedAtMachineMs !== undefined) return false;
    this.#releasedAtMachineMs = this.#machineNowMs();
    return true;
  }

  /** Market time, epoch milliseconds. */
  nowMs(): number {
    if (this.#momentMs !== undefined) return this.#momentMs;
    if (this.#releasedAtMachineMs === undefined) return this.#startEpochMs;
    return this.#startEpochMs + (this.#machineNowMs() - this.#releasedAtMachineMs) * this.speed;
  }

  /**
   * Does something in one moment: the clock reads the same meanwhile. A message that is logged at the end of a second is
   * answered in that second, and a replay of the log finds the same times.
   */
  inOneMoment<Result>(run: () => Result): Result {
    if (this.#momentMs !== undefined) return run();
    this.#momentMs = this.nowMs();
    try {
      return run();
    } finally {
      this.#momentMs = undefined;
    }
  }

  /** Market time, whole epoch seconds. */
  nowS(): number {
    return Math.floor(this.nowMs() / 1000);
  }
}
