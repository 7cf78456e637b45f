import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { DAY, SessionRun } from "../testing/session-run.ts";
import { serverResetEnd } from "./server-reset.ts";
import { statusOf } from "./status.ts";

describe("code 1100", () => {
  it("degrades without dropping the session, alerts once, and escalates", () => {
    const run = new SessionRun().ready();
    for (let repeat = 0; repeat < 10; repeat += 1) run.say({ type: "notice", code: 1100, text: "lost" });
    expect(statusOf(run.session)).toMatchObject({ state: "degraded", acceptsOrders: false });
    expect(run.count("disconnect")).toBe(0);
    run.live(310_000);
    expect(run.alerts).toEqual(["GATEWAY_LOST_BROKER", "GATEWAY_BROKER_STILL_LOST"]);
  });

  it("is repeated hourly while it lasts: a night of it is not one alert", () => {
    const run = new SessionRun().ready().say({ type: "notice", code: 1100, text: "lost" });
    run.live(3 * 3_600_000);
    expect(run.alerts).toEqual([
      "GATEWAY_LOST_BROKER",
      ...Array.from({ length: 3 }, () => "GATEWAY_BROKER_STILL_LOST"),
    ]);
  });

  it.each([
    [1101, "all-gone"],
    [1102, "verify"],
  ])("reconciles after %i before it accepts orders, then deals with the streams: %s", (code, streams) => {
    const run = new SessionRun().ready().say({ type: "notice", code: 1100, text: "lost" });
    run.say({ type: "notice", code, text: "restored" });
    expect(statusOf(run.session)).toMatchObject({ state: "syncing", acceptsOrders: false });
    run.say({ type: "synced" });
    expect(run.effects.filter((effect) => effect.type === "became-ready").at(-1)).toMatchObject({ streams });
  });

  it("subscribes all streams when the first snapshot of a connection was interrupted, though data was kept", () => {
    const run = new SessionRun().post({ type: "tick" }).handshake().say({ type: "notice", code: 1100, text: "lost" });
    run.say({ type: "notice", code: 1102, text: "restored" }).say({ type: "synced" });
    expect(run.effects.filter((effect) => effect.type === "became-ready")).toEqual([
      { type: "became-ready", streams: "all-gone" },
    ]);
  });

  it("leaves the session alone when only a data farm comes and goes", () => {
    const run = new SessionRun().ready().say({ type: "notice", code: 2103, text: "broken" });
    run.say({ type: "notice", code: 2104, text: "OK" });
    expect(run.state).toBe("ready");
    expect(run.count("verify-streams")).toBe(1);
    expect(run.alerts).toEqual([]);
  });
});

describe("the nightly server reset", () => {
  const lost = { type: "notice", code: 1100, text: "lost" };
  const restored = { type: "notice", code: 1102, text: "restored" };
  const on = (date: string, time: string) => {
    const run = new SessionRun();
    run.marketMs = epochMsOf(date, time);
    return run.ready();
  };

  it("is expected: a named state, no orders, no alert, and afterwards everything is compared first", () => {
    const run = on(DAY, "00:20");
    for (let repeat = 0; repeat < 50; repeat += 1) run.say(lost).live(20_000);
    expect(statusOf(run.session)).toMatchObject({ state: "degraded", acceptsOrders: false });
    expect(statusOf(run.session).reason).toContain("server reset of Interactive Brokers, which may last until 01:45");
    expect(run.count("disconnect")).toBe(0);
    run.effects = [];
    run.say(restored);
    expect(run.state).toBe("syncing");
    expect(run.count("take-snapshot")).toBe(1);
    run.say({ type: "synced" });
    expect(run.state).toBe("ready");
    expect(run.alerts).toEqual([]);
  });

  it("is said loudly, once, when it lasts beyond its window, and its end is told then", () => {
    const run = on(DAY, "01:30")
      .say(lost)
      .live(14 * 60_000);
    expect(run.alerts).toEqual([]);
    run
      .live(2 * 60_000)
      .say(lost)
      .live(10 * 60_000);
    expect(run.alerts).toEqual(["GATEWAY_BROKER_STILL_LOST"]);
    run.say(restored).say({ type: "synced" });
    expect(run.alerts).toEqual(["GATEWAY_BROKER_STILL_LOST", "GATEWAY_BROKER_RESTORED"]);
  });

  it("that begins just before its window ends gets its five minutes", () => {
    const run = on(DAY, "01:44")
      .say(lost)
      .live(4 * 60_000);
    expect(run.alerts).toEqual([]);
    run.live(2 * 60_000);
    expect(run.alerts).toEqual(["GATEWAY_BROKER_STILL_LOST"]);
  });

  it("does not make a socket that drops expected: the reset leaves it alone", () => {
    const run = on(DAY, "00:20").say(lost).say({ type: "closed", error: "ECONNRESET" });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST"]);
  });

  it.each([
    ["a night of the week", "2026-03-10", "00:15", "2026-03-10", "01:45"],
    ["the night to Friday", "2026-03-13", "01:44", "2026-03-13", "01:45"],
    ["Friday night", "2026-03-13", "23:00", "2026-03-14", "03:00"],
    ["Saturday morning", "2026-03-14", "02:59", "2026-03-14", "03:00"],
    ["the night to Sunday", "2026-03-15", "00:15", "2026-03-15", "01:45"],
    ["the Sunday the clocks go forward", "2027-03-14", "01:00", "2027-03-14", "01:45"],
    ["the Sunday the clocks go back", "2026-11-01", "00:30", "2026-11-01", "01:45"],
  ])("is under way: %s", (_, date, time, endDate, endTime) => {
    expect(serverResetEnd(epochMsOf(date, time))).toBe(epochMsOf(endDate, endTime));
  });

  it.each([
    ["2026-03-10", "00:14"],
    ["2026-03-10", "01:45"],
    ["2026-03-10", "23:30"],
    ["2026-03-13", "22:59"],
    ["2026-03-14", "03:00"],
  ])("is not under way on %s at %s", (date, time) => {
    expect(serverResetEnd(epochMsOf(date, time))).toBeNull();
  });
});

describe("a broker that goes away around the daily restart", () => {
  it("is expected in its window, and said loudly when the window is over", () => {
    const run = new SessionRun("16:25").ready().say({ type: "notice", code: 1100, text: "lost" });
    run.live(14 * 60_000);
    expect(run.alerts).toEqual([]);
    run.live(2 * 60_000);
    expect(run.alerts).toContain("GATEWAY_BROKER_STILL_LOST");
  });
});

describe("a gateway that is sent too much", () => {
  it("says 100, which is alerted: after the third it hangs up", () => {
    const run = new SessionRun().ready().say({ type: "notice", code: 100, text: "Max rate of messages per second" });
    expect(run.alerts).toEqual(["GATEWAY_TOO_FAST"]);
    expect(run.state).toBe("ready");
  });
});
