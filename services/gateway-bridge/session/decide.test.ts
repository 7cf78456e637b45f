import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SessionRun } from "../testing/session-run.ts";
import { failureOf } from "./causes.ts";
import { statusOf } from "./status.ts";

describe("the way to ready", () => {
  it("goes through connecting, handshaking and syncing", () => {
    const run = new SessionRun();
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
    const run = new SessionRun()
      .post({ type: "tick" })
      .say({ type: "tcp-open" })
      .say({ type: "version", serverVersion: 190 });
    run.say({ type: "next-order-id", nextOrderId: 1 }).say({ type: "accounts", accounts: ["DU1"] });
    expect(run.state).toBe("syncing");
  });

  it.each([
    ["no TCP", (run: SessionRun) => run, 5000, "no TCP connection"],
    ["no version", (run: SessionRun) => run.say({ type: "tcp-open" }), 10_000, "no answer to the handshake"],
    [
      "no account",
      (run: SessionRun) => run.say({ type: "tcp-open" }).say({ type: "version", serverVersion: 193 }),
      15_000,
      "no account and next order id",
    ],
    [
      "no snapshot",
      (run: SessionRun) => run.handshake().say({ type: "time" }),
      30_000,
      "queries were not all answered",
    ],
  ])("gives up a stage after its deadline: %s", (_name, reach, deadlineMs, words) => {
    const run = reach(new SessionRun().post({ type: "tick" }));
    run.live(deadlineMs - 1000);
    expect(run.count("disconnect")).toBe(0);
    run.live(2000);
    expect(run.count("disconnect")).toBe(1);
    expect(run.session.lastFailure).toContain(words);
  });

  it("ignores what an older connection still says", () => {
    const run = new SessionRun().post({ type: "tick" }).say({ type: "closed", error: "ECONNREFUSED" }).wait(1000);
    expect(run.session.connection).toBe(2);
    run.post({ connection: 1, type: "tcp-open" });
    expect(run.session.phase.name).toBe("tcp");
  });
});

describe("a gateway that is away", () => {
  it("is tried again after 1, 2, 4 .. 60 s for ever, and alerted once, with the usual cause", () => {
    const run = new SessionRun(null).post({ type: "tick" });
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
    const run = new SessionRun().post({ type: "tick" }).say({ type: "closed", error: "ECONNREFUSED" });
    const before = statusOf(run.session);
    run.wait(1000).say({ type: "closed", error: "ECONNREFUSED" });
    expect({ ...statusOf(run.session), attempt: 0 }).toEqual({ ...before, attempt: 0 });
  });

  it("is said to be lost at once when it was there, and its return is told with the outage", () => {
    const run = new SessionRun().ready().say({ type: "closed", error: null });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST"]);
    expect(run.count("session-lost")).toBe(1);
    run.wait(1000).handshake().wait(500).say({ type: "synced" });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_RECONNECTED"]);
    expect(statusOf(run.session).lastOutage).toEqual({ planned: false, marketSeconds: 1.5, machineSeconds: 1.5 });
  });

  it("names the second bridge when the client id is in use, and keeps the id", () => {
    const run = new SessionRun().post({ type: "tick" });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      run.say({ type: "tcp-open" }).say({ type: "version", serverVersion: 193 });
      run.say({ type: "notice", code: 326, text: "client id is already in use" }).say({ type: "closed", error: null });
      run.untilTrying();
    }
    expect(run.alerts).toEqual(["GATEWAY_CLIENT_ID_IN_USE"]);
  });
});

describe("a connection that comes and goes", () => {
  const flap = (run: SessionRun, times: number) => {
    for (let drop = 0; drop < times; drop += 1) {
      run.live(2000).say({ type: "closed", error: "ECONNRESET" }).untilTrying().handshake().say({ type: "synced" });
    }
  };

  it("is one critical alert and not two a drop, is tried ever more slowly, and its end is told", () => {
    const run = new SessionRun().ready();
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
    const run = new SessionRun().ready();
    flap(run, 5);
    run.effects = [];
    run.say({ type: "closed", error: null });
    for (let attempt = 0; attempt < 5; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    expect(run.alerts).toEqual(["GATEWAY_UNREACHABLE"]);
  });
});

describe("a gateway that stops answering", () => {
  it("is dropped within 20 s by the heartbeat, of which never two are in flight", () => {
    const run = new SessionRun().ready();
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

describe("the heartbeat", () => {
  it("keeps its distance of 2 s also across connections: the gateway leaves the second one unanswered", () => {
    const run = new SessionRun().ready();
    const askedAtMs: number[] = [];
    for (let turn = 0; turn < 200; turn += 1) {
      run.effects = [];
      run.post({ type: "operator-reconnect", reason: "again" }).handshake().wait(50);
      if (run.count("ask-time") > 0) askedAtMs.push(run.nowMs);
      run.say({ type: "time" });
    }
    expect(askedAtMs.length).toBeGreaterThanOrEqual(4);
    const distances = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(2000);
  });

  it("is never sent while one is unanswered, in whatever state", () => {
    const run = new SessionRun().post({ type: "tick" }).handshake().wait(9000);
    expect(run.count("ask-time")).toBe(1);
  });
});

describe("a failure", () => {
  it.each([
    ["tcp", "connect ECONNREFUSED 127.0.0.1:4002", "login or second-factor window"],
    ["tcp", "connect EHOSTUNREACH", "IBKR_HOST"],
    ["hang-up", "the gateway hung up before the handshake", "port forwarder"],
    ["version", "no answer to the handshake", "wedged"],
    ["version", "506: Unsupported Version 201", "Update IB Gateway"],
    ["identity", "no next order id", "half started or wedged"],
    ["identity", "the gateway said 326: in use", "second bridge"],
    ["snapshot", "queries were not all answered", "wedged session"],
    ["heartbeat", "the gateway stopped answering", "gone without a word"],
    ["session", "the gateway closed the connection", "restarted or stopped"],
  ] as const)("at the stage %s (%s) is told with its usual cause", (stage, what, cause) => {
    expect(failureOf(stage, what).cause).toContain(cause);
  });
});

describe("whatever happens in whatever order", () => {
  /** Every deadline is whole seconds: finer ticks would only take longer to pass the same ones. */
  const TICK_MS = 500;
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
    said.map((event) => (run: SessionRun) => run.say(event)),
    fc.integer({ min: 1, max: 70 }).map((seconds) => (run: SessionRun) => run.wait(seconds * 1000, TICK_MS)),
    fc.constant((run: SessionRun) => run.post({ type: "operator-reconnect", reason: "x" })),
    fc.constant((run: SessionRun) => run.post({ type: "operator-resume", reason: "x" })),
    fc.constant((run: SessionRun) => run.post({ type: "login-trouble", text: "x" })),
  );

  it("accepts orders only in a ready and unfrozen session of an allowed account", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const run = new SessionRun("16:20");
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
        const run = new SessionRun("16:20");
        for (const act of steps) act(run);
        let open = 0;
        let most = 0;
        for (const { type } of run.effects) {
          if (type === "connect") open += 1;
          if (type === "disconnect") open = 0;
          most = Math.max(most, open);
        }
        expect(most).toBeLessThanOrEqual(1);
        if (run.state === "halted") return;
        const before = run.count("connect");
        run.wait(200_000, TICK_MS);
        expect(run.state === "ready" || run.count("connect") > before).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
