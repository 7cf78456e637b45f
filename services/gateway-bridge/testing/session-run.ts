import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { decide, newSession } from "../session/decide.ts";
import type { Kept, Session, SessionEffect, SessionEvent, SessionSettings } from "../session/session.ts";
import { statusOf } from "../session/status.ts";

const settings: SessionSettings = {
  mode: "paper",
  liveAccount: "",
  host: "127.0.0.1",
  port: 4002,
  clientId: 1,
  restart: { restartAt: "16:30", windowMinutes: 10, freezeSeconds: 30 },
  isTradingDay: createCalendar().isTradingDay,
  simulated: false,
};
/** A Tuesday. */
export const DAY = "2026-03-10";

/** A session with its clocks in the test's hand. */
export class SessionRun {
  session: Session;
  effects: SessionEffect[] = [];
  nowMs = 0;
  wallMs = epochMsOf(DAY, "10:30");
  marketMs: number | null;
  readonly settings: SessionSettings;

  constructor(marketTime: string | null = "10:30", change: Partial<SessionSettings> = {}, kept: Kept = {}) {
    this.session = newSession(kept);
    this.marketMs = marketTime === null ? null : epochMsOf(DAY, marketTime);
    this.settings = { ...settings, ...change };
  }

  post(event: SessionEvent): this {
    const at = { nowMs: this.nowMs, wallMs: this.wallMs, marketMs: this.marketMs, random: 0 };
    const decided = decide(this.session, event, at, this.settings);
    this.session = decided.session;
    this.effects.push(...decided.effects);
    return this;
  }

  say(event: Record<string, unknown>): this {
    return this.post({ connection: this.session.connection, ...event } as SessionEvent);
  }

  /** Lets both clocks run, a tick every 50 ms unless it is told otherwise. */
  wait(ms: number, tickMs = 50): this {
    for (let left = ms; left > 0; left -= tickMs) {
      this.nowMs += tickMs;
      this.wallMs += tickMs;
      if (this.marketMs !== null) this.marketMs += tickMs;
      this.post({ type: "tick" });
    }
    return this;
  }

  handshake(accounts: readonly string[] = ["DU1"]): this {
    return this.say({ type: "tcp-open" })
      .say({ type: "version", serverVersion: 193 })
      .say({ type: "accounts", accounts })
      .say({ type: "next-order-id", nextOrderId: 7 });
  }

  /** Waits for the next attempt. */
  untilTrying(): this {
    while (this.session.phase.name !== "tcp") this.wait(50);
    return this;
  }

  /** Lets time pass with a gateway that answers heartbeats. */
  live(ms: number): this {
    for (let left = ms; left > 0; left -= 1000) this.wait(Math.min(left, 1000)).say({ type: "time" });
    return this;
  }

  ready(): this {
    return this.post({ type: "tick" }).handshake().say({ type: "time" }).say({ type: "synced" });
  }

  get state() {
    return statusOf(this.session).state;
  }

  get alerts(): string[] {
    return this.effects.flatMap((effect) => (effect.type === "alert" ? [effect.alert.code] : []));
  }

  count(type: SessionEffect["type"]): number {
    return this.effects.filter((effect) => effect.type === type).length;
  }
}
