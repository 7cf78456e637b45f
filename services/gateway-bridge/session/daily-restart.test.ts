import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { DAY, SessionRun } from "../testing/session-run.ts";
import { statusOf } from "./status.ts";

describe("the planned restart", () => {
  const beforeRestart = () => new SessionRun("16:29:20").ready();
  /** An attempt that finds its port closed. */
  const away = (run: SessionRun) => run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });

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

  describe("that is over", () => {
    /** Back at 16:30:02. */
    const restarted = () =>
      away(new SessionRun("16:29:20").ready().live(41_000).say({ type: "closed", error: null })).untilTrying();
    const over = () => restarted().handshake().say({ type: "synced" });

    it("covers no second drop: that is an outage with its alerts", () => {
      const run = over().live(61_000).say({ type: "closed", error: "ECONNRESET" });
      expect(run.state).toBe("disconnected");
      run.untilTrying().handshake().say({ type: "synced" });
      expect(run.alerts).toEqual(["GATEWAY_RESTARTED", "GATEWAY_CONNECTION_LOST", "GATEWAY_RECONNECTED"]);
      expect(run.session.lastOutage?.planned).toBe(false);
    });

    it("is loud within seconds when the gateway stays away after that drop", () => {
      const run = over().live(61_000).say({ type: "closed", error: "ECONNRESET" });
      for (let attempt = 0; attempt < 2; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
      expect(run.alerts).toEqual(["GATEWAY_RESTARTED", "GATEWAY_CONNECTION_LOST", "GATEWAY_UNREACHABLE"]);
    });

    it("covers what comes and goes within a minute of it: a gateway that has just started may do so", () => {
      const run = over().live(30_000).say({ type: "closed", error: "ECONNRESET" });
      expect(run.state).toBe("planned-restart");
      run.untilTrying().handshake().say({ type: "synced" });
      expect(run.alerts).toEqual(["GATEWAY_RESTARTED", "GATEWAY_RECONNECTED"]);
      // The minute began with its first return.
      run.live(35_000).say({ type: "closed", error: "ECONNRESET" });
      expect(run.alerts.at(-1)).toBe("GATEWAY_CONNECTION_LOST");
    });

    it("is still to come for a bridge that started after its time and has not seen the gateway away", () => {
      const run = new SessionRun("16:31").ready().live(70_000).say({ type: "closed", error: "ECONNRESET" });
      expect(run.state).toBe("planned-restart");
      expect(run.alerts).toEqual([]);
      away(run).untilTrying().handshake().say({ type: "synced" }).live(61_000);
      expect(run.say({ type: "closed", error: "ECONNRESET" }).state).toBe("disconnected");
    });

    it("is still to come when the connection only broke after its time: orders stay frozen, and its minute begins later", () => {
      const run = beforeRestart().live(40_200).say({ type: "closed", error: "ECONNRESET" }).untilTrying();
      run.handshake().say({ type: "synced" }).live(2000);
      expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false, frozen: true });
      run.say({ type: "closed", error: "ECONNRESET" });
      for (let attempt = 0; attempt < 300; attempt += 1) away(run);
      run.untilTrying().handshake().say({ type: "synced" }).live(5000);
      expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
      run.say({ type: "closed", error: "ECONNRESET" });
      expect(run.state).toBe("planned-restart");
      expect(run.alerts).toEqual(["GATEWAY_RECONNECTED", "GATEWAY_RESTARTED"]);
      const texts = run.effects.flatMap((effect) => (effect.type === "alert" ? [effect.alert.text] : []));
      expect(texts[0]).toContain("No order is sent before its restart is over.");
      expect(texts[1]).toContain("Orders are accepted again.");
    });

    it("was over for a gateway that nobody was connected to: a halt is resumed after its time, by this bridge or the next", () => {
      const halted = beforeRestart().say({ type: "read-only", text: "API is in read-only mode" });
      const next = new SessionRun("16:35", {}, { status: statusOf(halted.session) }).wait(1000);
      halted.live(45_000).say({ type: "closed", error: "ECONNRESET" }).wait(120_000);
      for (const run of [halted, next]) {
        run.post({ type: "operator-resume", reason: "ReadOnlyApi=no" }).handshake().say({ type: "synced" });
        expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: true, frozen: false });
        run.live(600_000);
        expect(run.alerts).not.toContain("GATEWAY_RESTART_MISSED");
      }
    });

    it("is another one on the next day", () => {
      const run = over().live(1000);
      run.marketMs = epochMsOf("2026-03-11", "16:30:01");
      run.wait(50).say({ type: "time" }).say({ type: "closed", error: null });
      expect(run.state).toBe("planned-restart");
    });
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
    const run = new SessionRun("16:32").ready().wait(5000);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("is not over because a connection broke shortly before it: orders stay frozen until the gateway is back from it", () => {
    const run = beforeRestart().live(15_000).say({ type: "closed", error: "ECONNRESET" });
    run.untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false, frozen: true });
    away(run.live(25_000).say({ type: "closed", error: "ECONNRESET" }));
    run.untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("is over when the gateway is back after its time, also when it went away long before", () => {
    const run = away(new SessionRun("16:10").ready().say({ type: "closed", error: null }));
    run.marketMs = epochMsOf(DAY, "16:33");
    run.untilTrying().handshake().say({ type: "synced" }).live(2000);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("is not over because the operator opened the connection anew in its window", () => {
    const run = beforeRestart().live(42_000).post({ type: "operator-reconnect", reason: "data looks old" });
    run.handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false, frozen: true });
  });

  it("is not called missed when the gateway came back on another day only", () => {
    const run = new SessionRun("16:29:20").ready().live(40_000).say({ type: "closed", error: null });
    run.marketMs = epochMsOf("2026-03-11", "16:50");
    run.wait(100).untilTrying().handshake().say({ type: "synced" }).live(2000);
    expect(run.alerts).toEqual(["GATEWAY_RESTART_OVERDUE", "GATEWAY_RECONNECTED"]);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("is expected, and missed, also when its window ends after midnight", () => {
    const restart = { restartAt: "23:55", windowMinutes: 10, freezeSeconds: 30 };
    const late = new SessionRun("23:54", { restart }).ready();
    late.live(7 * 60_000).say({ type: "closed", error: null });
    expect(late.state).toBe("planned-restart");
    away(late).untilTrying().handshake().say({ type: "synced" }).live(5000);
    expect(statusOf(late.session)).toMatchObject({ acceptsOrders: true, frozen: false });
    expect(late.alerts).toEqual(["GATEWAY_RESTARTED"]);
    const missed = new SessionRun("23:54", { restart }).ready().live(12 * 60_000);
    expect(missed.alerts).toEqual(["GATEWAY_RESTART_MISSED"]);
  });

  it("treats a drop outside the window as an outage", () => {
    const run = new SessionRun("12:00").ready().say({ type: "closed", error: null });
    expect(run.state).toBe("disconnected");
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST"]);
  });

  describe("in which the bridge itself starts again", () => {
    /** A new bridge: no market clock, a gateway that is away, and the machine's clock alone. */
    const startedAt = (time: string, simulated = false) => {
      const run = new SessionRun(null, { simulated });
      run.wallMs = epochMsOf(DAY, time);
      for (let attempt = 0; attempt < 4; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
      return run;
    };

    it("is expected all the same, and told when it is over", () => {
      const run = startedAt("16:31");
      expect(run.state).toBe("planned-restart");
      run.untilTrying().handshake();
      // No session is synced before it has heard the time.
      run.marketMs = run.wallMs;
      expect(run.say({ type: "synced" }).alerts).toEqual(["GATEWAY_RESTARTED"]);
    });

    it("is overdue at the end of its window", () => {
      const run = startedAt("16:39");
      run.wallMs = epochMsOf(DAY, "16:40");
      run.wait(100);
      expect(run.alerts).toEqual(["GATEWAY_RESTART_OVERDUE"]);
    });

    it("is an outage at any other time, and where the machine's day is not the gateway's", () => {
      expect(startedAt("12:00").alerts).toEqual(["GATEWAY_UNREACHABLE"]);
      expect(startedAt("16:31", true).alerts).toEqual(["GATEWAY_UNREACHABLE"]);
    });
  });
});
