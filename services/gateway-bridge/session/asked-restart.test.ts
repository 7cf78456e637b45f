import { describe, expect, it } from "vitest";
import { SessionRun } from "../testing/session-run.ts";
import { statusOf } from "./status.ts";

describe("a restart that IBC was asked for", () => {
  const asked = () => new SessionRun().ready().post({ type: "restart-asked" });

  it("freezes orders at once: one that is written just before the gateway goes down can vanish without a reply", () => {
    const run = asked();
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false, frozen: true });
    expect(statusOf(run.session).reason).toContain("IBC was asked");
  });

  it("is over when the gateway is back from it", () => {
    const run = asked().live(50_000).say({ type: "closed", error: "ECONNRESET" }).untilTrying();
    run.say({ type: "closed", error: "ECONNREFUSED" }).untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_RECONNECTED"]);
  });

  it("is not over because the operator opened the connection anew, nor because the broker was lost meanwhile", () => {
    const run = asked().post({ type: "operator-reconnect", reason: "again" }).handshake().say({ type: "synced" });
    expect(statusOf(run.session).acceptsOrders).toBe(false);
    run.say({ type: "notice", code: 1102, text: "restored" }).say({ type: "synced" });
    expect(statusOf(run.session).acceptsOrders).toBe(false);
  });

  it("is not over because a connection broke before it: its port closes when it restarts", () => {
    const run = asked().live(5000).say({ type: "closed", error: "ECONNRESET" }).untilTrying().handshake();
    run.say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false, frozen: true });
    run.live(40_000).say({ type: "closed", error: "ECONNRESET" }).untilTrying();
    run.say({ type: "closed", error: "ECONNREFUSED" }).untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
    expect(run.alerts).not.toContain("GATEWAY_RESTART_NOT_SEEN");
  });

  it("is told as not seen, and orders are accepted again, when a connection broke and nothing else came", () => {
    const run = asked().live(5000).say({ type: "closed", error: "ECONNRESET" }).untilTrying().handshake();
    run.say({ type: "synced" }).live(180_000);
    expect(run.alerts.at(-1)).toBe("GATEWAY_RESTART_NOT_SEEN");
    expect(statusOf(run.session).acceptsOrders).toBe(true);
  });

  it("of a gateway that is away already is over when it is back, if it was away after the question, too", () => {
    const run = new SessionRun().ready().say({ type: "closed", error: "ECONNRESET" }).untilTrying();
    run.say({ type: "closed", error: "ECONNREFUSED" }).post({ type: "restart-asked" }).untilTrying();
    run.handshake().say({ type: "synced" });
    expect(statusOf(run.session).acceptsOrders).toBe(false);
  });

  it("of a gateway that is silent is still to come when it speaks again", () => {
    const run = new SessionRun().ready().live(1000);
    while (run.state === "ready") run.wait(50);
    expect(run.session.lastFailure).toContain("stopped answering");
    run.post({ type: "restart-asked" }).untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session)).toMatchObject({ state: "ready", acceptsOrders: false });
    run.live(20_000).say({ type: "closed", error: null }).untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    run.untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session).acceptsOrders).toBe(true);
  });

  it("that IBC refused or never heard of is called off", () => {
    const run = asked().post({ type: "restart-called-off" });
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
  });

  it("that never comes is told after three minutes, and orders are accepted again", () => {
    const run = asked().live(179_000);
    expect(statusOf(run.session).acceptsOrders).toBe(false);
    run.live(2000);
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: true, frozen: false });
    expect(run.alerts).toEqual(["GATEWAY_RESTART_NOT_SEEN"]);
  });

  it("keeps a bridge frozen that starts again before it has come", () => {
    const run = new SessionRun("10:30", {}, { restartAskedMsAgo: 20_000 }).ready();
    expect(statusOf(run.session).acceptsOrders).toBe(false);
    run.live(30_000).say({ type: "closed", error: null }).untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
    run.untilTrying().handshake().say({ type: "synced" });
    expect(statusOf(run.session).acceptsOrders).toBe(true);
  });

  it("of ten minutes ago is over for a bridge that starts now", () => {
    const run = new SessionRun("10:30", {}, { restartAskedMsAgo: 600_000 }).ready().live(5000);
    expect(statusOf(run.session).acceptsOrders).toBe(true);
    expect(run.alerts).toEqual([]);
  });

  it("leaves the freeze before the daily restart alone", () => {
    const run = new SessionRun("16:29:40").ready().post({ type: "restart-asked" }).post({ type: "restart-called-off" });
    expect(statusOf(run.session)).toMatchObject({ acceptsOrders: false, frozen: true });
  });
});
