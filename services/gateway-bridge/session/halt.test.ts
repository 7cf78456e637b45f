import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { DAY, SessionRun } from "../testing/session-run.ts";
import { statusOf } from "./status.ts";

describe("a halt", () => {
  it.each([
    ["paper", "", ["U1"]],
    ["paper", "", ["DU1", "U2"]],
    ["live", "U1", ["U2"]],
    ["live", "U1", ["U1", "U2"]],
    ["live", "", ["U1"]],
  ] as const)("happens for mode %s with %j connected to %j: one alert, no retry", (mode, liveAccount, accounts) => {
    const run = new SessionRun("10:30", { mode, liveAccount }).post({ type: "tick" }).handshake(accounts).wait(120_000);
    expect(run.state).toBe("halted");
    expect(run.alerts).toEqual(["GATEWAY_SESSION_HALTED"]);
    expect(run.count("connect")).toBe(1);
  });

  it("ends when the operator resumes", () => {
    const run = new SessionRun()
      .post({ type: "tick" })
      .handshake(["U1"])
      .post({ type: "operator-reconnect", reason: "" });
    expect(run.count("connect")).toBe(1);
    run.post({ type: "operator-resume", reason: "logged in to paper" });
    expect(run.count("connect")).toBe(2);
  });

  it("ends at the next daily start", () => {
    const run = new SessionRun().post({ type: "tick" }).handshake(["U1"]);
    run.marketMs = epochMsOf("2026-03-11", "05:59");
    run.wait(1000);
    expect(run.state).toBe("halted");
    run.marketMs = epochMsOf("2026-03-11", "06:00");
    run.wait(100);
    expect(run.count("connect")).toBe(2);
  });

  it("ends at the next daily start also when it came before the market clock was known, as at every start", () => {
    const run = new SessionRun(null).post({ type: "tick" }).handshake(["U1"]);
    run.wallMs = epochMsOf("2026-03-11", "05:59");
    run.wait(1000);
    expect(run.state).toBe("halted");
    run.wallMs = epochMsOf("2026-03-11", "06:00");
    run.wait(100);
    expect(run.count("connect")).toBe(2);
  });

  it("of the small hours ends at the daily start of the same day", () => {
    const run = new SessionRun("03:00").post({ type: "tick" }).handshake(["U1"]);
    run.marketMs = epochMsOf(DAY, "06:00");
    run.wait(100);
    expect(run.count("connect")).toBe(2);
  });

  it("that kept its connection gives up what was sent over it when it is resumed", () => {
    const run = new SessionRun().ready().say({ type: "read-only", text: "API is in read-only mode" });
    run.post({ type: "operator-resume", reason: "switched off" });
    expect(run.count("session-lost")).toBe(1);
    expect(run.count("connect")).toBe(2);
  });

  it("follows a refusal by a read-only API, and goes on listening", () => {
    const run = new SessionRun().ready().say({ type: "read-only", text: "API is in read-only mode" });
    expect(run.state).toBe("halted");
    expect(run.count("disconnect")).toBe(0);
    run.say({ type: "closed", error: null }).wait(60_000);
    expect(run.state).toBe("halted");
    expect(run.count("session-lost")).toBe(1);
  });

  it("that goes on listening notices a half-open connection in under 20 s, and is asked for nothing but the time", () => {
    const run = new SessionRun().ready().say({ type: "read-only", text: "API is in read-only mode" });
    run.effects = [];
    run.live(60_000);
    expect(run.count("ask-time")).toBeGreaterThan(5);
    expect(run.session.phase).toMatchObject({ name: "halted", connected: true });
    run.wait(20_000);
    expect(run.session.phase).toMatchObject({ name: "halted", connected: false });
    expect([run.count("session-lost"), run.count("disconnect"), run.count("connect")]).toEqual([1, 1, 0]);
  });

  const trouble = { type: "login-trouble", text: "The login failed: the password was refused." } as const;

  it.each([
    ["away", (run: SessionRun) => run.post({ type: "tick" }).say({ type: "closed", error: "ECONNREFUSED" })],
    ["opening TCP", (run: SessionRun) => run.post({ type: "tick" })],
    ["waiting for the version", (run: SessionRun) => run.post({ type: "tick" }).say({ type: "tcp-open" })],
  ])("follows trouble with the login, while the gateway is %s: one alert, no retry, nothing left open", (_, reach) => {
    const run = reach(new SessionRun());
    run.effects = [];
    run.post(trouble).post(trouble).wait(120_000).post(trouble);
    expect(run.state).toBe("halted");
    expect(statusOf(run.session)).toMatchObject({ reason: trouble.text, acceptsOrders: false });
    expect(run.alerts).toEqual(["GATEWAY_SESSION_HALTED"]);
    expect(run.count("connect")).toBe(0);
    expect(run.session.phase).toMatchObject({ connected: false });
  });

  it("for trouble with the login ends when the operator resumes, and the return is told", () => {
    const run = new SessionRun().ready().say({ type: "closed", error: null }).post(trouble).wait(60_000);
    run.post({ type: "operator-resume", reason: "logged in by hand" }).handshake().say({ type: "synced" });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_SESSION_HALTED", "GATEWAY_RECONNECTED"]);
    expect(run.state).toBe("ready");
  });

  it("for trouble with the login ends at the next daily start, and says so when the gateway is still away", () => {
    const run = new SessionRun("16:31").ready().say({ type: "closed", error: null }).post(trouble);
    run.marketMs = epochMsOf(DAY, "16:41");
    run.wait(1000);
    expect(run.alerts).toEqual(["GATEWAY_SESSION_HALTED"]);
    run.marketMs = epochMsOf("2026-03-11", "06:00");
    run.wait(100);
    for (let attempt = 0; attempt < 4; attempt += 1) run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    expect(run.alerts).toEqual(["GATEWAY_SESSION_HALTED", "GATEWAY_UNREACHABLE"]);
  });

  it("for trouble with the login outlives the bridge: one that starts anew tries nothing and repeats no alert", () => {
    const before = new SessionRun().ready().say({ type: "closed", error: null }).post(trouble);
    const kept = { status: statusOf(before.session) };
    const after = new SessionRun("10:40", {}, kept).wait(120_000);
    expect(statusOf(after.session)).toEqual({ ...kept.status, account: null, attempt: 0 });
    expect(after.effects).toEqual([]);
    after.post({ type: "operator-resume", reason: "logged in by hand" });
    expect(after.count("connect")).toBe(1);
    // The next morning it is tried, as every halt is.
    const nextDay = new SessionRun(null, {}, kept);
    nextDay.wallMs = epochMsOf("2026-03-11", "06:00");
    expect(nextDay.wait(100).count("connect")).toBe(1);
  });

  it("for a read-only API outlives the bridge as well: the next order would only be refused again", () => {
    const before = new SessionRun().ready().say({ type: "read-only", text: "API is in read-only mode" });
    const kept = { status: statusOf(before.session) };
    const after = new SessionRun("10:40", {}, kept).wait(120_000);
    expect(statusOf(after.session)).toMatchObject({
      state: "halted",
      reason: kept.status.reason,
      acceptsOrders: false,
    });
    expect(after.effects).toEqual([]);
    // A bridge that starts once more goes on with it too.
    const third = new SessionRun("10:50", {}, { status: statusOf(after.session) }).wait(1000);
    expect(third.state).toBe("halted");
    third.post({ type: "operator-resume", reason: "ReadOnlyApi=no" });
    expect(third.count("connect")).toBe(1);
    const nextDay = new SessionRun(null, {}, kept);
    nextDay.wallMs = epochMsOf("2026-03-11", "06:00");
    expect(nextDay.wait(100).count("connect")).toBe(1);
  });

  it("that outlives the bridge is timed by the machine's clock, which is all the next one has: a simulated day may be any", () => {
    const before = new SessionRun();
    before.wallMs = epochMsOf("2026-11-28", "21:00");
    before.ready().say({ type: "read-only", text: "API is in read-only mode" });
    const after = new SessionRun(null, {}, { status: statusOf(before.session) });
    after.wallMs = before.wallMs + 1000;
    expect(after.wait(1000).state).toBe("halted");
  });

  it("for another reason does not outlive the bridge: the reason is looked for again, and found again if it is there", () => {
    const before = new SessionRun().post({ type: "tick" }).handshake(["U1"]);
    const after = new SessionRun("10:40", {}, { status: statusOf(before.session) }).post({ type: "tick" });
    expect(after.count("connect")).toBe(1);
  });

  it("while the gateway is without its broker keeps the connection, for the executions", () => {
    const run = new SessionRun().ready().say({ type: "notice", code: 1100, text: "lost" }).post(trouble);
    expect(run.state).toBe("halted");
    expect(run.count("disconnect")).toBe(0);
  });

  it("is not for a session that works: that proves the login good", () => {
    const run = new SessionRun().ready().post(trouble);
    expect(run.alerts).toEqual(["GATEWAY_LOGIN_TROUBLE"]);
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: true });
  });

  it("says nothing about the daily restart, of which a halted session knows nothing", () => {
    const run = new SessionRun("16:29:00").post({ type: "tick" }).handshake(["U1"]);
    run.marketMs = epochMsOf(DAY, "16:29:45");
    run.wait(1000);
    run.marketMs = epochMsOf(DAY, "16:41");
    run.wait(1000);
    expect(run.alerts).toEqual(["GATEWAY_SESSION_HALTED"]);
  });

  it("does not concern dry-run, which may use any account", () => {
    const run = new SessionRun("10:30", { mode: "dry-run" })
      .post({ type: "tick" })
      .handshake(["U1"])
      .say({ type: "synced" });
    expect(run.state).toBe("ready");
  });
});
