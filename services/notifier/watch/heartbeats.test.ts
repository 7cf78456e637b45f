import { describe, expect, it } from "vitest";
import type { Alert, ServiceName } from "#libs/contracts/mod.ts";
import { beginWatch, type Watch, watch } from "./heartbeats.ts";

class Driver {
  state: Watch = beginWatch(0);
  alerts: Alert[] = [];
  nowMs = 0;

  /** A second passes for each; these services beat in it. */
  seconds(
    count: number,
    beating: readonly ServiceName[],
    pids: Partial<Record<ServiceName, number>> = {},
    busUp = true,
  ) {
    for (let second = 0; second < count; second += 1) {
      this.nowMs += 1000;
      for (const service of beating) this.#take({ kind: "beat", service, pid: pids[service] ?? 1, nowMs: this.nowMs });
      this.#take({ kind: "look", busUp, nowMs: this.nowMs });
    }
    return this;
  }

  #take(event: Parameters<typeof watch>[1]) {
    const step = watch(this.state, event);
    this.state = step.watch;
    this.alerts.push(...step.alerts);
  }

  get told() {
    return this.alerts.map(({ severity, code, title }) => `${severity} ${code} ${title}`);
  }
}

const ALL: readonly ServiceName[] = ["gateway-bridge", "strategy", "risk", "notifier"];

describe("the watch over the other services", () => {
  it("names a service that is silent for more than 5 s, once, and says when it is back", () => {
    const driver = new Driver().seconds(10, ALL).seconds(5, ["gateway-bridge", "strategy"]);
    expect(driver.told).toEqual([]);
    driver.seconds(20, ["gateway-bridge", "strategy"]);
    expect(driver.told).toEqual(["critical SERVICE_SILENT risk is silent"]);
    expect(driver.alerts[0]?.text).toContain("npx pm2 logs risk");
    driver.seconds(3, ALL);
    expect(driver.told.slice(1)).toEqual(["info SERVICE_BACK risk is back after 26 s"]);
  });

  it("tells of a restart that was too short to be a silence", () => {
    const driver = new Driver()
      .seconds(5, ALL)
      .seconds(2, ["risk", "strategy"])
      .seconds(5, ALL, { "gateway-bridge": 2 });
    expect(driver.told).toEqual(["warning SERVICE_RESTARTED gateway-bridge was restarted"]);
  });

  it("gives a service that was never heard 30 s", () => {
    const driver = new Driver().seconds(30, ["risk", "strategy"]);
    expect(driver.told).toEqual([]);
    driver.seconds(1, ["risk", "strategy"]);
    expect(driver.told).toEqual(["critical SERVICE_SILENT gateway-bridge did not start"]);
  });

  it("blames nobody while the bus is away, or after it stood still itself", () => {
    const driver = new Driver().seconds(5, ALL).seconds(60, [], {}, false).seconds(4, []);
    expect(driver.told).toEqual([]);
    driver.seconds(3, ALL);
    driver.nowMs += 60_000;
    driver.seconds(3, []).seconds(3, ALL);
    expect(driver.told).toEqual([]);
  });
});
