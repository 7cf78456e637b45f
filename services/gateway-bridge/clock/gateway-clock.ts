import type { Alert } from "#libs/contracts/mod.ts";
import { type ClockAnchor, type GatewayTimeState, observeGatewayTime } from "#libs/time/mod.ts";

export interface ClockNews {
  readonly anchor: ClockAnchor;
  /** Gateway's clock minus machine's, milliseconds; null when the two have nothing to do with one another. */
  readonly driftMs: number | null;
  readonly alert: Alert | null;
}

/** The market clock from the gateway's answers (architecture section 9), and the watch over its drift. */
export class GatewayClock {
  readonly #speed: number;
  readonly #comparable: boolean;
  readonly #driftAlertMs: number;
  #state: GatewayTimeState | undefined;
  #askedAtMs: number | null = null;
  #drifting = false;

  /**
   * @param driftAlertMs 0 for no alert
   * @param simulated the platform's simulated gateway, whose day may be any: like a clock faster than life it has no
   * drift to speak of, so none is alerted, and risk is told of none
   */
  constructor(speed: number, driftAlertMs: number, simulated: boolean) {
    this.#speed = speed;
    this.#comparable = speed === 1 && !simulated;
    this.#driftAlertMs = driftAlertMs;
  }

  /** The gateway was asked for its time. */
  asked(monotonicMs: number): void {
    this.#askedAtMs = monotonicMs;
  }

  /** It answered, or told it unasked, as a fast simulated gateway does. */
  heard(epochSeconds: number, monotonicMs: number, wallMs: number): ClockNews {
    // A fast gateway tells the time unasked all the while: which answer belongs to the question is not known.
    const requestedAtMonotonicMs = this.#speed === 1 ? (this.#askedAtMs ?? monotonicMs) : monotonicMs;
    this.#askedAtMs = null;
    const estimate = observeGatewayTime(this.#state, {
      epochSeconds,
      requestedAtMonotonicMs,
      receivedAtMonotonicMs: monotonicMs,
      wallMs,
      speed: this.#speed,
    });
    this.#state = estimate.state;
    const driftMs = this.#comparable ? estimate.driftMs : null;
    return { anchor: estimate.anchor, driftMs, alert: this.#watch(driftMs) };
  }

  #watch(driftMs: number | null): Alert | null {
    if (driftMs === null || this.#driftAlertMs === 0) return null;
    const off = Math.abs(driftMs);
    // Half the limit ends it, so that a drift around the limit is one alert and not one a minute.
    if (this.#drifting) this.#drifting = off > this.#driftAlertMs / 2;
    else if (off > this.#driftAlertMs) {
      this.#drifting = true;
      return driftAlert(driftMs, this.#driftAlertMs);
    }
    return null;
  }
}

const driftAlert = (driftMs: number, limitMs: number): Alert => ({
  severity: "warning",
  code: "CLOCK_DRIFT",
  title: `This machine's clock is ${(Math.abs(driftMs) / 1000).toFixed(1)} s ${driftMs > 0 ? "behind" : "ahead of"} the gateway's`,
  text: "Trading follows the gateway's clock, so nothing is wrong yet. Correct this machine's time: on Windows `w32tm /resync`, on Linux check the time service.",
  fields: [{ name: "limit", value: `${limitMs} ms` }],
});
