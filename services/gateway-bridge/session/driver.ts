import type { GatewayStatus } from "#libs/contracts/mod.ts";
import { decide, newSession } from "./decide.ts";
import type { Instant, Kept, Session, SessionEffect, SessionEvent, SessionSettings } from "./session.ts";
import { isNews, statusOf } from "./status.ts";

/** Fine enough for the planned restart at a fast market clock; the machine does nothing between two. */
const TICK_MS = 50;

export interface DriverOptions {
  readonly settings: SessionSettings;
  /** What the bridge before this one kept. */
  readonly kept: Kept;
  readonly now: () => Instant;
  readonly carryOut: (effect: SessionEffect) => void;
  readonly onStatus: (status: GatewayStatus) => void;
}

/** Runs the session's state machine: events in, effects out, one at a time and in order. */
export class SessionDriver {
  readonly #options: DriverOptions;
  #session: Session;
  #status: GatewayStatus;
  readonly #events: SessionEvent[] = [];
  #busy = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#session = newSession(options.kept, options.now().nowMs);
    this.#status = statusOf(this.#session);
  }

  get status(): GatewayStatus {
    return this.#status;
  }

  get session(): Session {
    return this.#session;
  }

  start(): void {
    this.#options.onStatus(this.#status);
    this.#timer = setInterval(() => this.post({ type: "tick" }), TICK_MS);
    this.post({ type: "tick" });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** An event that an effect causes is dealt with after that effect, never inside it. */
  post(event: SessionEvent): void {
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#take(next);
    } finally {
      this.#busy = false;
    }
  }

  #take(event: SessionEvent): void {
    const { settings, now, carryOut, onStatus } = this.#options;
    const decided = decide(this.#session, event, now(), settings);
    this.#session = decided.session;
    const status = statusOf(decided.session);
    const isChange = isNews(this.#status, status);
    this.#status = status;
    for (const effect of decided.effects) carryOut(effect);
    if (isChange) onStatus(status);
  }
}
