import { expect } from "vitest";
import { alertMessage, quoteMessage } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { eventually } from "../../../tests/harness/bus.ts";
import { startLivedTime } from "../../../tests/harness/lived-time.ts";
import { pause, type Row, resting, type Stage } from "./stage.ts";

/**
 * Each stretch of the day that a row must see lasts for seconds of the machine: the freeze is 30 s of the market, so
 * its clock runs no more than ten times as fast as life where the freeze matters.
 */
const RESTART = { startTime: "16:29:20", restartAt: "16:30" } as const;

/** A day on which the daily restart is over as it should be: no error alert, one message. */
const restartOn = (date: string, day: string): Row => ({
  proves: ["clocks"],
  says: `the daily restart of ${day} is expected at 16:30 New York, and told once when it is over`,
  gateway: { ...RESTART, date, speed: 10, restartDowntimeS: 75 },
  play: async (stage) => {
    await stage.start();
    await stage.alerted("GATEWAY_RESTARTED", 40_000);
    await stage.ready();
    expect(await stage.sessionAlerts()).toEqual(["GATEWAY_RESTARTED"]);
    expect(await stage.states(4)).toEqual(["ready", "ready frozen", "planned-restart frozen", "ready"]);
    const outage = (await stage.bench.sessions()).at(-1)?.lastOutage;
    expect(outage?.planned).toBe(true);
    // From the moment the bridge noticed, which may be seconds of the market late.
    expect(outage?.marketSeconds).toBeGreaterThanOrEqual(40);
    expect(outage?.marketSeconds).toBeLessThan(300);
    expect(stage.sessions).toBe(2);
  },
});

/** Asks for a quote to come, as the sign of a stream that lives. */
async function quoteFlows(stage: Stage, bid: number): Promise<void> {
  const bids: (number | null)[] = [];
  const subscription = stage.bench.operator.subscribe(quoteMessage, ({ data }) => void bids.push(data.bid));
  await stage.bench.operator.connection.flush();
  stage.gateway.setQuote("SPY", { bid });
  await eventually("the new quote", () => bids.includes(bid));
  subscription.stop();
}

/** The rows of risk-rules.md 4 that are about the session; those about orders stand where the README says. */
export const THEMES: readonly Row[] = [
  {
    proves: ["restart or login fails silently"],
    says: "a gateway that does not come back is alerted within seconds of the window's end, entries expire, the state has a name, and attempts go on",
    gateway: { ...RESTART, speed: 50, restartDowntimeS: 660 },
    play: async (stage) => {
      await stage.start();
      await stage.gateway.setFaults({ connection: "refuse" });
      const overMarketMs = epochMsOf("2026-03-10", "16:40");
      await eventually("the window is over", () => stage.gateway.marketTimeMs >= overMarketMs, 30_000);
      const livedMs = startLivedTime();
      await stage.alerted("GATEWAY_RESTART_OVERDUE");
      expect(livedMs()).toBeLessThan(2000);
      // Nothing before: it may have been said between two looks at the clock.
      const told = (await stage.bench.envelopes(alertMessage)).filter(({ data }) => data.code.startsWith("GATEWAY_"));
      expect(told).toHaveLength(1);
      expect(told[0]?.marketTime).toBeGreaterThanOrEqual(overMarketMs);
      expect((await stage.alert("GATEWAY_RESTART_OVERDUE")).severity).toBe("critical");
      expect(stage.detail).toContain("not back from the daily restart");
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "expired");
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready(40_000);
      await stage.alerted("GATEWAY_RECONNECTED");
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_RESTART_OVERDUE", "GATEWAY_RECONNECTED"]);
      expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
    },
  },
  {
    proves: ["restart or login fails silently"],
    says: "a gateway that waits for its weekly login is a state with a name, told once, loud before the next session, and told when it is back",
    gateway: { date: "2026-03-15", startTime: "22:00:00", speed: 1000 },
    env: { GATEWAY_RESTART_AT: "23:59" },
    play: async (stage) => {
      // Before Sunday's restart, so nothing says yet that it was logged in since 01:00.
      await stage.start();
      await stage.gateway.setFaults({ connection: "refuse" });
      stage.gateway.dropConnections();
      await stage.says("awaiting-login");
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "expired");
      await stage.alerted("GATEWAY_LOGIN_OVERDUE", 30_000);
      expect(stage.gateway.marketTimeMs).toBeGreaterThanOrEqual(epochMsOf("2026-03-16", "03:30"));
      await stage.gateway.setFaults({ connection: "none" });
      await stage.reconnect();
      await stage.ready();
      await stage.alerted("GATEWAY_LOGGED_IN");
      expect(await stage.sessionAlerts()).toEqual([
        "GATEWAY_CONNECTION_LOST",
        "GATEWAY_AWAITING_LOGIN",
        "GATEWAY_LOGIN_OVERDUE",
        "GATEWAY_LOGGED_IN",
      ]);
      expect(stage.sent(id)).toBe(0);
    },
  },
  {
    proves: ["restart or login fails silently", "clocks"],
    says: "the end of the week's login is said ahead on Friday evening, also after a half day, and not again by a bridge that starts again",
    gateway: { ...RESTART, date: "2026-11-27", speed: 100, restartDowntimeS: 75 },
    play: async (stage) => {
      await stage.start();
      await stage.alerted("GATEWAY_LOGIN_ENDS", 40_000);
      expect(stage.gateway.marketTimeMs).toBeGreaterThanOrEqual(epochMsOf("2026-11-27", "17:00"));
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_RESTARTED", "GATEWAY_LOGIN_ENDS"]);
      await stage.bench.stop();
      await stage.start();
      await pause(1000);
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_RESTARTED", "GATEWAY_LOGIN_ENDS"]);
    },
  },
  {
    proves: ["restart or login fails silently"],
    says: "a drop after the daily restart is over is an outage with its alerts, also inside the restart's window",
    gateway: { ...RESTART, startTime: "16:29:30", speed: 20, restartDowntimeS: 30 },
    play: async (stage) => {
      await stage.start();
      await stage.alerted("GATEWAY_RESTARTED");
      const settledMs = stage.gateway.marketTimeMs + 70_000;
      await eventually("settled", () => stage.gateway.marketTimeMs > settledMs);
      await stage.perform({ action: "drop" });
      await stage.alerted("GATEWAY_RECONNECTED");
      expect(stage.gateway.marketTimeMs).toBeLessThan(epochMsOf("2026-03-10", "16:40"));
      const alerts = ["GATEWAY_RESTARTED", "GATEWAY_CONNECTION_LOST", "GATEWAY_RECONNECTED"];
      expect(await stage.sessionAlerts()).toEqual(alerts);
      expect(stage.sessions).toBe(3);
    },
  },
  {
    proves: ["order in the restart window"],
    says: "an order approved shortly before or during the restart expires, is reported, and is not sent later",
    gateway: { ...RESTART, speed: 5, restartDowntimeS: 30 },
    play: async (stage) => {
      await stage.start();
      await eventually("frozen", () => stage.bench.service.health().figures.session === "ready, frozen");
      const before = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(before, "expired");
      await stage.says("planned-restart");
      // It stays away for as long as the next step takes, whatever the speed of the machine.
      await stage.gateway.setFaults({ connection: "refuse" });
      const during = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(during, "expired");
      await stage.gateway.setFaults({ connection: "none" });
      await stage.alerted("GATEWAY_RESTARTED", 40_000);
      await stage.ready();
      await pause(500);
      expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
      expect((await stage.bench.events(before)).at(-1)?.reason).toContain("no orders until the daily restart is over");
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_RESTARTED"]);
      const after = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(after, "accepted");
    },
  },
  {
    proves: ["order in the restart window"],
    says: "an order that the dying gateway swallowed is unknown, then known not to be sent, and is not sent again",
    play: async (stage) => {
      await stage.start();
      await stage.gateway.setFaults({ vanishOrders: true });
      const id = await stage.bench.approve(stage.bench.intent());
      await eventually("written", () => stage.sent(id) === 1);
      await stage.gateway.setFaults({ vanishOrders: false });
      await stage.gateway.restart({ downtimeMs: 300 });
      await stage.reaches(id, "not-sent");
      expect(await stage.bench.statuses(id)).toEqual(["submitted", "unknown", "not-sent"]);
      expect(stage.sent(id)).toBe(1);
      expect(await stage.alerts()).toEqual(expect.arrayContaining(["ORDERS_UNKNOWN", "ORDERS_NOT_SENT"]));
    },
  },
  {
    proves: ["market data dies quietly"],
    says: "2103 and 2104 with streams that stay dead: data alone is asked for anew, the order channel is not touched",
    play: async (stage) => {
      await stage.start();
      await quoteFlows(stage, 100.001);
      const asked = () => stage.gateway.frames.receivedCount("REQ_MKT_DATA");
      const read = stage.gateway.frames.receivedCount("REQ_OPEN_ORDERS");
      const before = asked();
      const flap = stage.perform({ action: "farm-flap", brokenForMs: 11_000, quietAfterwards: true });
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "accepted");
      await flap;
      await eventually("asked anew", () => asked() > before, 15_000);
      await quoteFlows(stage, 100.002);
      expect(stage.sessions).toBe(1);
      expect(stage.gateway.frames.receivedCount("REQ_OPEN_ORDERS")).toBe(read);
      expect((await stage.states()).at(-1)).toBe("ready");
      expect(await stage.sessionAlerts()).toEqual([]);
    },
  },
  {
    proves: ["market data dies quietly"],
    says: "1101: everything is read again, then every stream is asked for anew, over the same connection",
    play: async (stage) => {
      await stage.start();
      await eventually("streams", () => stage.gateway.frames.receivedCount("REQ_REAL_TIME_BARS") === 1);
      const requests = () => stage.gateway.frames.received("REQ_MKT_DATA").map(({ fields }) => fields[2]);
      const loss = stage.perform({ action: "connectivity-loss", restoredAfterMs: 3000, restoredWith: 1101 });
      await stage.says("degraded");
      await loss;
      await stage.ready();
      await eventually("asked anew", () => stage.gateway.frames.receivedCount("REQ_REAL_TIME_BARS") === 2);
      await quoteFlows(stage, 100.001);
      expect(new Set(requests()).size).toBe(2);
      const names = stage.requests.map(({ name }) => name);
      expect(names.lastIndexOf("REQ_EXECUTIONS")).toBeLessThan(names.lastIndexOf("REQ_MKT_DATA"));
      expect(names.filter((name) => name === "REQ_EXECUTIONS").length).toBeGreaterThanOrEqual(2);
      expect(stage.sessions).toBe(1);
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_LOST_BROKER", "GATEWAY_BROKER_RESTORED"]);
    },
  },
  {
    proves: ["market data dies quietly"],
    says: "1102: everything is read again, and streams that live are kept",
    play: async (stage) => {
      await stage.start();
      await quoteFlows(stage, 100.001);
      const reads = stage.gateway.frames.receivedCount("REQ_EXECUTIONS");
      const loss = stage.perform({ action: "connectivity-loss", restoredAfterMs: 3000, restoredWith: 1102 });
      await stage.says("degraded");
      await loss;
      await stage.ready();
      await quoteFlows(stage, 100.002);
      expect(stage.gateway.frames.receivedCount("REQ_MKT_DATA")).toBe(1);
      expect(stage.gateway.frames.receivedCount("REQ_EXECUTIONS")).toBeGreaterThan(reads);
      expect(stage.sessions).toBe(1);
    },
  },
  {
    proves: ["market data dies quietly"],
    says: "1102 with streams that died all the same: those that are quiet are asked for anew",
    play: async (stage) => {
      await stage.start();
      await quoteFlows(stage, 100.001);
      await stage.perform({ action: "quiet-streams" });
      const loss = stage.perform({ action: "connectivity-loss", restoredAfterMs: 11_000, restoredWith: 1102 });
      await stage.says("degraded");
      await loss;
      await stage.ready();
      await eventually("asked anew", () => stage.gateway.frames.receivedCount("REQ_MKT_DATA") > 1);
      await quoteFlows(stage, 100.002);
      expect(stage.sessions).toBe(1);
    },
  },
  ...(["at-once", "withheld"] as const).map(
    (reports): Row => ({
      proves: ["fills lost or doubled"],
      says: `an execution during 1100, reported ${reports === "withheld" ? "when it is over" : "at once"}, is counted once`,
      play: async (stage) => {
        await stage.start();
        const id = await stage.bench.approve(stage.bench.intent(resting));
        await stage.reaches(id, "accepted");
        const loss = stage.perform({ action: "connectivity-loss", restoredAfterMs: 6000, restoredWith: 1102, reports });
        await stage.says("degraded");
        stage.gateway.setQuote("SPY", { bid: 89, ask: 89.02, bidSize: 300, askSize: 300, last: 89, lastSize: 300 });
        await eventually("executed", () => stage.gateway.executions.length > 0);
        if (reports === "at-once") {
          await stage.reaches(id, "filled");
          expect(stage.detail).toContain("degraded");
        }
        await loss;
        await stage.ready();
        await stage.reaches(id, "filled");
        const executions = (await stage.bench.fills()).filter(({ kind }) => kind === "execution");
        expect(executions).toHaveLength(stage.gateway.executions.length);
        expect(stage.sent(id)).toBe(1);
      },
    }),
  ),
  {
    proves: ["nightly server reset"],
    says: "1100 and 1102 in the nightly reset: degraded by that name, no orders, no alert, and compared with the broker before it is ready",
    gateway: { date: "2026-03-10", startTime: "00:20:00", speed: 100 },
    play: async (stage) => {
      await stage.start();
      const reads = stage.gateway.frames.receivedCount("REQ_EXECUTIONS");
      const loss = stage.perform({ action: "connectivity-loss", times: 10, restoredAfterMs: 8000, restoredWith: 1102 });
      await stage.says("degraded: the server reset of Interactive Brokers");
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "expired");
      await loss;
      await stage.ready();
      expect(await stage.states(5)).toEqual(["degraded", "syncing", "ready"]);
      expect(await stage.sessionAlerts()).toEqual([]);
      expect(stage.gateway.frames.receivedCount("REQ_EXECUTIONS")).toBeGreaterThan(reads);
      expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
      expect(stage.sessions).toBe(1);
    },
  },
  restartOn("2026-11-01", "the Sunday the clocks go back"),
  restartOn("2027-03-14", "the Sunday the clocks go forward"),
  restartOn("2026-11-27", "a half day"),
];
