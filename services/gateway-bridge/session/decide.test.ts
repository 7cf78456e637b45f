import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { decide, newSession } from "./decide.ts";
import type { Session, SessionEffect, SessionEvent, SessionSettings } from "./session.ts";
import { statusOf } from "./status.ts";

const settings: SessionSettings = {
  mode: "paper",
  liveAccount: "",
  host: "127.0.0.1",
  port: 4002,
  clientId: 1,
  restart: { restartAt: "16:30", windowMinutes: 10, freezeSeconds: 30 },
};
const DAY = "2026-03-10";

/** A session with its two clocks in the test's hand. */
class Run {
  session: Session = newSession();
  effects: SessionEffect[] = [];
  nowMs = 0;
  wallMs = epochMsOf(DAY, "10:30");
  marketMs: number | null;
  readonly settings: SessionSettings;

  constructor(marketTime: string | null = "10:30", change: Partial<SessionSettings> = {}) {
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

  /** Lets both clocks run, a tick every 50 ms. */
  wait(ms: number): this {
    for (let left = ms; left > 0; left -= 50) {
      this.nowMs += 50;
      this.wallMs += 50;
      if (this.marketMs !== null) this.marketMs += 50;
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

describe("the way to ready", () => {
  it("goes through connecting, handshaking and syncing", () => {
    const run = new Run();
    expect(run.state).toBe("disconnected");
    expect(run.post({ type: "tick" }).state).toBe("connecting");
    run.say({ type: "tcp-open" }).say({ type: "version", serverVersion: 193 });
    expect(run.state).toBe("handshaking");
    run.say({ type: "accounts", accounts: ["DU1"] }).say({ type: "next-order-id", nextOrderId: 1 });
    expect(run.state).toBe("syncing");
    expect(run.count("take-snapshot")).toBe(1);
    run.say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({
      state: "ready",
      acceptsOrders: true,
      account: "DU1",
      serverVersion: 193,
    });
  });

  it("takes accounts and next order id in either order", () => {
    const run = new Run().post({ type: "tick" }).say({ type: "tcp-open" }).say({ type: "version", serverVersion: 190 });
    run.say({ type: "next-order-id", nextOrderId: 1 }).say({ type: "accounts", accounts: ["DU1"] });
    expect(run.state).toBe("syncing");
  });

  it.each([
    ["no TCP", (run: Run) => run, 5000, "no TCP connection"],
    ["no version", (run: Run) => run.say({ type: "tcp-open" }), 10_000, "no answer to the handshake"],
    [
      "no account",
      (run: Run) => run.say({ type: "tcp-open" }).say({ type: "version", serverVersion: 193 }),
      15_000,
      "no account and next order id",
    ],
    ["no snapshot", (run: Run) => run.handshake().say({ type: "time" }), 30_000, "queries were not all answered"],
  ])("gives up a stage after its deadline: %s", (_name, reach, deadlineMs, words) => {
    const run = reach(new Run().post({ type: "tick" }));
    run.live(deadlineMs - 1000);
    expect(run.count("disconnect")).toBe(0);
    run.live(2000);
    expect(run.count("disconnect")).toBe(1);
    expect(run.session.lastFailure).toContain(words);
  });

  it("ignores what an older connection still says", () => {
    const run = new Run().post({ type: "tick" }).say({ type: "closed", error: "ECONNREFUSED" }).wait(1000);
    expect(run.session.connection).toBe(2);
    run.post({ connection: 1, type: "tcp-open" });
    expect(run.session.phase.name).toBe("tcp");
  });
});

describe("a gateway that is away", () => {
  it("is tried again after 1, 2, 4 .. 60 s for ever, and alerted once, with the usual cause", () => {
    const run = new Run(null).post({ type: "tick" });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      run.say({ type: "closed", error: "connect ECONNREFUSED 127.0.0.1:4002" });
      const { phase } = run.session;
      if (phase.name !== "waiting") throw new Error(phase.name);
      waits.push(phase.retryAtMs - run.nowMs);
      run.wait(phase.retryAtMs - run.nowMs);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    expect(run.alerts).toEqual(["GATEWAY_UNREACHABLE"]);
    const [alert] = run.effects.filter((effect) => effect.type === "alert");
    expect(alert?.alert.text).toContain("not running");
  });

  it("shows a retry only once the gateway answers, so that the ledger is not flooded", () => {
    const run = new Run().post({ type: "tick" }).say({ type: "closed", error: "ECONNREFUSED" });
    const before = statusOf(run.session);
    run.wait(1000).say({ type: "closed", error: "ECONNREFUSED" });
    expect({ ...statusOf(run.session), attempt: 0 }).toEqual({ ...before, attempt: 0 });
  });

  it("is said to be lost at once when it was there, and its return is told with the outage", () => {
    const run = new Run().ready().say({ type: "closed", error: null });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST"]);
    expect(run.count("session-lost")).toBe(1);
    run.wait(1000).handshake().wait(500).say({ type: "synced" });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_RECONNECTED"]);
    expect(statusOf(run.session).lastOutage).toEqual({ planned: false, marketSeconds: 1.5, machineSeconds: 1.5 });
  });

  it("names the second bridge when the client id is in use, and keeps the id", () => {
    const run = new Run().post({ type: "tick" });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      run.say({ type: "tcp-open" }).say({ type: "version", serverVersion: 193 });
      run.say({ type: "notice", code: 326, text: "client id is already in use" }).say({ type: "closed", error: null });
      run.untilTrying();
    }
    expect(run.alerts).toEqual(["GATEWAY_CLIENT_ID_IN_USE"]);
  });
});

describe("a connection that comes and goes", () => {
  const flap = (run: Run, times: number) => {
    for (let drop = 0; drop < times; drop += 1) {
      run.live(2000).say({ type: "closed", error: "ECONNRESET" }).untilTrying().handshake().say({ type: "synced" });
    }
  };

  it("is one critical alert and not two a drop, is tried ever more slowly, and its end is told", () => {
    const run = new Run().ready();
    flap(run, 20);
    const said = ["GATEWAY_CONNECTION_LOST", "GATEWAY_RECONNECTED"];
    expect(run.alerts).toEqual([...said, ...said, "GATEWAY_UNSTABLE"]);
    expect(run.nowMs).toBeGreaterThan(10 * 60_000);
    run.effects = [];
    run.live(61_000);
    expect(run.alerts).toEqual(["GATEWAY_RECONNECTED"]);
    flap(run, 1);
    expect(run.alerts.slice(1)).toEqual(said);
  });

  it("that ends in silence is unreachable all the same", () => {
    const run = new Run().ready();
    flap(run, 5);
    run.effects = [];
    run.say({ type: "closed", error: null });
    for (let attempt = 0; attempt < 5; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    expect(run.alerts).toEqual(["GATEWAY_UNREACHABLE"]);
  });
});

describe("a gateway that stops answering", () => {
  it("is dropped within 20 s by the heartbeat, of which never two are in flight", () => {
    const run = new Run().ready();
    let asked = 0;
    run.effects = [];
    for (let ms = 0; ms < 60_000 && run.state === "ready"; ms += 50) {
      run.wait(50);
      const now = run.count("ask-time");
      if (now > asked) {
        asked = now;
        if (asked <= 4) run.say({ type: "time" });
      }
    }
    expect(run.state).toBe("disconnected");
    expect(run.session.lastFailure).toContain("stopped answering");
    expect(asked).toBe(5);
  });
});

describe("the planned restart", () => {
  const beforeRestart = () => new Run("16:29:20").ready();

  it("freezes shortly before, expects the drop, and tells once when it is over", () => {
    const run = beforeRestart();
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
    run.live(11_000);
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false, frozen: true });
    run.live(29_000).say({ type: "closed", error: "ECONNRESET" });
    expect(run.state).toBe("planned-restart");
    for (let attempt = 0; attempt < 20; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    expect(run.state).toBe("planned-restart");
    expect(run.alerts).toEqual([]);
    run.untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: true, frozen: false });
    expect(run.alerts).toEqual(["GATEWAY_RESTARTED"]);
    expect(run.session.lastOutage).toMatchObject({ planned: true, machineSeconds: 5.3 });
  });

  it("retries every 250 ms, whatever the market clock's speed", () => {
    const run = beforeRestart().wait(100).say({ type: "closed", error: null });
    const { phase } = run.session;
    expect(phase.name === "waiting" && phase.retryAtMs - run.nowMs).toBe(250);
  });

  it("alerts within seconds of the window's end when the gateway did not come back, once, and goes on trying", () => {
    const run = beforeRestart().say({ type: "closed", error: null });
    while ((run.marketMs ?? 0) < epochMsOf(DAY, "16:40")) {
      run.wait(250);
      if (run.session.phase.name === "tcp") run.say({ type: "closed", error: "ECONNREFUSED" });
    }
    run.wait(1000);
    expect(run.alerts).toEqual(["GATEWAY_RESTART_OVERDUE"]);
    expect(run.state).toBe("disconnected");
    for (let attempt = 0; attempt < 5; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    expect(run.alerts).toEqual(["GATEWAY_RESTART_OVERDUE"]);
    run.untilTrying().handshake().say({ type: "synced" });
    expect(run.alerts.at(-1)).toBe("GATEWAY_RECONNECTED");
    expect(run.session.lastOutage?.planned).toBe(true);
  });

  it("says so when the gateway did not restart, and unfreezes", () => {
    const run = beforeRestart();
    while ((run.marketMs ?? 0) < epochMsOf(DAY, "16:41")) run.wait(1000).say({ type: "time" });
    expect(run.alerts).toEqual(["GATEWAY_RESTART_MISSED"]);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("does not freeze again after the restart, nor when the bridge starts after it", () => {
    const run = new Run("16:32").ready().wait(5000);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("is not called missed when the gateway came back on another day only", () => {
    const run = new Run("16:29:20").ready().live(40_000).say({ type: "closed", error: null });
    run.marketMs = epochMsOf("2026-03-11", "16:50");
    run.wait(100).untilTrying().handshake().say({ type: "synced" }).live(2000);
    expect(run.alerts).toEqual(["GATEWAY_RESTART_OVERDUE", "GATEWAY_RECONNECTED"]);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("is expected, and missed, also when its window ends after midnight", () => {
    const restart = { restartAt: "23:55", windowMinutes: 10, freezeSeconds: 30 };
    const late = new Run("23:54", { restart }).ready();
    late.live(7 * 60_000).say({ type: "closed", error: null });
    expect(late.state).toBe("planned-restart");
    late.untilTrying().handshake().say({ type: "synced" }).live(5000);
    expect(statusOf(late.session)).toMatchObject({ acceptsOrders: true, frozen: false });
    expect(late.alerts).toEqual(["GATEWAY_RESTARTED"]);
    const missed = new Run("23:54", { restart }).ready().live(12 * 60_000);
    expect(missed.alerts).toEqual(["GATEWAY_RESTART_MISSED"]);
  });

  it("treats a drop outside the window as an outage", () => {
    const run = new Run("12:00").ready().say({ type: "closed", error: null });
    expect(run.state).toBe("disconnected");
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST"]);
  });
});

describe("code 1100", () => {
  it("degrades without dropping the session, alerts once, and escalates", () => {
    const run = new Run().ready();
    for (let repeat = 0; repeat < 10; repeat += 1) run.say({ type: "notice", code: 1100, text: "lost" });
    expect(statusOf(run.session)).toMatchObject({ state: "degraded", acceptsOrders: false });
    expect(run.count("disconnect")).toBe(0);
    run.live(310_000);
    expect(run.alerts).toEqual(["GATEWAY_LOST_BROKER", "GATEWAY_BROKER_STILL_LOST"]);
  });

  it.each([
    [1101, "all-gone"],
    [1102, "verify"],
  ])("reconciles after %i before it accepts orders, then deals with the streams: %s", (code, streams) => {
    const run = new Run().ready().say({ type: "notice", code: 1100, text: "lost" });
    run.say({ type: "notice", code, text: "restored" });
    expect(statusOf(run.session)).toMatchObject({ state: "syncing", acceptsOrders: false });
    run.say({ type: "synced" });
    expect(run.effects.filter((effect) => effect.type === "became-ready").at(-1)).toMatchObject({ streams });
  });

  it("subscribes all streams when the first snapshot of a connection was interrupted, though data was kept", () => {
    const run = new Run().post({ type: "tick" }).handshake().say({ type: "notice", code: 1100, text: "lost" });
    run.say({ type: "notice", code: 1102, text: "restored" }).say({ type: "synced" });
    expect(run.effects.filter((effect) => effect.type === "became-ready")).toEqual([
      { type: "became-ready", streams: "all-gone" },
    ]);
  });

  it("leaves the session alone when only a data farm comes and goes", () => {
    const run = new Run().ready().say({ type: "notice", code: 2103, text: "broken" });
    run.say({ type: "notice", code: 2104, text: "OK" });
    expect(run.state).toBe("ready");
    expect(run.count("verify-streams")).toBe(1);
    expect(run.alerts).toEqual([]);
  });
});

describe("a halt", () => {
  it.each([
    ["paper", "", ["U1"]],
    ["paper", "", ["DU1", "U2"]],
    ["live", "U1", ["U2"]],
    ["live", "U1", ["U1", "U2"]],
    ["live", "", ["U1"]],
  ] as const)("happens for mode %s with %j connected to %j: one alert, no retry", (mode, liveAccount, accounts) => {
    const run = new Run("10:30", { mode, liveAccount }).post({ type: "tick" }).handshake(accounts).wait(120_000);
    expect(run.state).toBe("halted");
    expect(run.alerts).toEqual(["GATEWAY_SESSION_HALTED"]);
    expect(run.count("connect")).toBe(1);
  });

  it("ends when the operator resumes", () => {
    const run = new Run().post({ type: "tick" }).handshake(["U1"]).post({ type: "operator-reconnect", reason: "" });
    expect(run.count("connect")).toBe(1);
    run.post({ type: "operator-resume", reason: "logged in to paper" });
    expect(run.count("connect")).toBe(2);
  });

  it("ends at the next daily start", () => {
    const run = new Run().post({ type: "tick" }).handshake(["U1"]);
    run.marketMs = epochMsOf("2026-03-11", "05:59");
    run.wait(1000);
    expect(run.state).toBe("halted");
    run.marketMs = epochMsOf("2026-03-11", "06:00");
    run.wait(100);
    expect(run.count("connect")).toBe(2);
  });

  it("ends at the next daily start also when it came before the market clock was known, as at every start", () => {
    const run = new Run(null).post({ type: "tick" }).handshake(["U1"]);
    run.wallMs = epochMsOf("2026-03-11", "05:59");
    run.wait(1000);
    expect(run.state).toBe("halted");
    run.wallMs = epochMsOf("2026-03-11", "06:00");
    run.wait(100);
    expect(run.count("connect")).toBe(2);
  });

  it("of the small hours ends at the daily start of the same day", () => {
    const run = new Run("03:00").post({ type: "tick" }).handshake(["U1"]);
    run.marketMs = epochMsOf(DAY, "06:00");
    run.wait(100);
    expect(run.count("connect")).toBe(2);
  });

  it("that kept its connection gives up what was sent over it when it is resumed", () => {
    const run = new Run().ready().say({ type: "read-only", text: "API is in read-only mode" });
    run.post({ type: "operator-resume", reason: "switched off" });
    expect(run.count("session-lost")).toBe(1);
    expect(run.count("connect")).toBe(2);
  });

  it("follows a refusal by a read-only API, and goes on listening", () => {
    const run = new Run().ready().say({ type: "read-only", text: "API is in read-only mode" });
    expect(run.state).toBe("halted");
    expect(run.count("disconnect")).toBe(0);
    run.say({ type: "closed", error: null }).wait(60_000);
    expect(run.state).toBe("halted");
    expect(run.count("session-lost")).toBe(1);
  });

  it("does not concern dry-run, which may use any account", () => {
    const run = new Run("10:30", { mode: "dry-run" }).post({ type: "tick" }).handshake(["U1"]).say({ type: "synced" });
    expect(run.state).toBe("ready");
  });
});

describe("whatever happens in whatever order", () => {
  const said = fc.oneof(
    fc.constantFrom<Record<string, unknown>>(
      { type: "tcp-open" },
      { type: "version", serverVersion: 193 },
      { type: "accounts", accounts: ["DU1"] },
      { type: "accounts", accounts: ["U1"] },
      { type: "next-order-id", nextOrderId: 3 },
      { type: "time" },
      { type: "synced" },
      { type: "closed", error: null },
      { type: "closed", error: "ECONNREFUSED" },
      { type: "read-only", text: "read-only" },
    ),
    fc
      .constantFrom(1100, 1101, 1102, 326, 1300, 2104, 2110, 2103, 9999)
      .map((code) => ({ type: "notice", code, text: "x" })),
  );
  const step = fc.oneof(
    said.map((event) => (run: Run) => run.say(event)),
    fc.integer({ min: 1, max: 70 }).map((seconds) => (run: Run) => run.wait(seconds * 1000)),
    fc.constant((run: Run) => run.post({ type: "operator-reconnect", reason: "x" })),
    fc.constant((run: Run) => run.post({ type: "operator-resume", reason: "x" })),
  );

  it("accepts orders only in a ready and unfrozen session of an allowed account", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const run = new Run("16:20");
        for (const act of steps) {
          act(run);
          const status = statusOf(run.session);
          if (!status.acceptsOrders) continue;
          expect(status).toMatchObject({ state: "ready", frozen: false, account: "DU1" });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never has two connections at once, and keeps trying unless halted", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const run = new Run("16:20");
        for (const act of steps) act(run);
        let open = 0;
        for (const effect of run.effects) {
          if (effect.type === "connect") open += 1;
          if (effect.type === "disconnect") open = 0;
          expect(open).toBeLessThanOrEqual(1);
        }
        if (run.state === "halted") return;
        const before = run.count("connect");
        run.wait(200_000);
        expect(run.state === "ready" || run.count("connect") > before).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
