import { expect } from "vitest";
import { eventually } from "../../../tests/harness/bus.ts";
import { pause, type Row, resting } from "./stage.ts";

/** "Gateway up but not logged in", and its relatives (tws.md 7.2): what P3, P4 and P6 of the pitfalls do not show. */
export const SYMPTOMS: readonly Row[] = [
  {
    proves: ["ECONNREFUSED"],
    says: "a closed port is told once with its usual causes, and tried again with growing pauses under the same client id",
    play: async (stage) => {
      await stage.gateway.setFaults({ connection: "refuse" });
      await stage.bench.start();
      await stage.alerted("GATEWAY_UNREACHABLE");
      expect(stage.detail).toContain("ECONNREFUSED");
      expect((await stage.alert("GATEWAY_UNREACHABLE")).text).toContain("login or second-factor window");
      await pause(4500);
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_UNREACHABLE"]);
      // Retries that find nothing are not written down, or an absent gateway would fill the ledger.
      expect(await stage.states()).toEqual(["disconnected", "connecting", "disconnected"]);
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
      expect(stage.gateway.frames.received("START_API").map(({ fields }) => fields[2])).toEqual(["1"]);
      await stage.alerted("GATEWAY_RECONNECTED");
    },
  },
  {
    proves: ["version frame, no nextValidId/managedAccounts"],
    says: "a gateway that names neither accounts nor order id is given up after 15 s",
    play: async (stage) => {
      await stage.gateway.setFaults({ connection: "version-only" });
      await stage.bench.start();
      await stage.says("no account and next order id within 15 s", 40_000);
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
      // What was opened while nothing was answered has asked for nothing.
      const [silent] = stage.gateway.frames.received("START_API");
      const asked = stage.requests.filter(({ session }) => session === silent?.session);
      expect(asked.map(({ name }) => name)).toEqual(["START_API"]);
    },
  },
  {
    proves: ["version frame, no nextValidId/managedAccounts"],
    says: "a gateway that names its accounts and no order id is given up after 15 s, before anything was asked of it",
    play: async (stage) => {
      await stage.gateway.setFaults({ connection: "no-next-valid-id" });
      await stage.bench.start();
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "expired");
      await stage.says("no next order id within 15 s", 40_000);
      expect(stage.requests.map(({ name }) => name)).toEqual(["START_API"]);
      await stage.gateway.setFaults({ connection: "none" });
      await stage.ready();
      expect(stage.sent(id)).toBe(0);
    },
  },
  {
    proves: ["ready, but requests never answered"],
    says: "a first snapshot that stays unfinished is given up after 30 s, though heartbeats are answered: no orders on half a picture",
    play: async (stage) => {
      // The end of the list of positions cannot be read, so it never comes.
      await stage.gateway.setFaults({ mangle: { message: "POSITION_END", how: "cut-short" } });
      await stage.bench.start();
      await eventually("syncing", () => stage.detail.startsWith("syncing"));
      const id = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(id, "expired");
      await stage.says("queries were not all answered within 30 s", 55_000);
      expect(stage.gateway.frames.receivedCount("REQ_CURRENT_TIME")).toBeGreaterThan(3);
      await stage.gateway.setFaults({ mangle: null });
      await stage.ready();
      expect(stage.sent(id)).toBe(0);
    },
  },
  {
    proves: ["ready, 1100 repeating beyond reset window"],
    says: "a broker that stays away when the nightly server reset should be over is critical, once",
    gateway: { date: "2026-03-10", startTime: "01:35:00", speed: 100 },
    play: async (stage) => {
      await stage.start();
      const loss = stage.perform({
        action: "connectivity-loss",
        times: 100,
        everyMs: 100,
        restoredAfterMs: 11_000,
        restoredWith: 1102,
      });
      await stage.says("server reset of Interactive Brokers, which may last until 01:45");
      expect(await stage.sessionAlerts()).toEqual([]);
      await stage.alerted("GATEWAY_BROKER_STILL_LOST");
      expect(stage.detail).toContain("degraded");
      expect((await stage.alert("GATEWAY_BROKER_STILL_LOST")).severity).toBe("critical");
      await loss;
      await stage.ready();
      await stage.alerted("GATEWAY_BROKER_RESTORED");
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_BROKER_STILL_LOST", "GATEWAY_BROKER_RESTORED"]);
      expect(stage.sessions).toBe(1);
    },
  },
  {
    proves: ["reads OK, orders 321 read-only"],
    says: "a read-only API halts the session at the first order, with one alert; nothing more is sent until it is resumed, also when the bridge starts anew",
    play: async (stage) => {
      await stage.gateway.setFaults({ readOnlyApi: true });
      await stage.start();
      const refused = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(refused, "rejected");
      await stage.says("halted");
      const kept = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(kept, "expired");
      expect((await stage.alert("GATEWAY_SESSION_HALTED")).text).toContain("Read-Only API");
      expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(1);
      await stage.bench.stop();
      await stage.bench.start();
      await stage.says("halted: The gateway refused an order because its API is read-only");
      const afterwards = await stage.bench.approve(stage.bench.intent(resting));
      await stage.reaches(afterwards, "expired");
      // Longer than a first attempt would take.
      await pause(500);
      expect(stage.gateway.frames.receivedCount("PLACE_ORDER")).toBe(1);
      expect(stage.sessions).toBe(1);
      expect(await stage.sessionAlerts()).toEqual(["GATEWAY_SESSION_HALTED"]);
      await stage.gateway.setFaults({ readOnlyApi: false });
      await stage.resume();
      await eventually("a second session", () => stage.sessions === 2);
      await stage.ready();
      const id = await stage.bench.approve(stage.bench.intent());
      await stage.reaches(id, "filled");
    },
  },
];
