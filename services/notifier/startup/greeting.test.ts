import { describe, expect, it } from "vitest";
import type { Alert, Envelope, GatewayStatus, Health } from "#libs/contracts/mod.ts";
import { greeting, isClear, type Situation } from "./greeting.ts";

const WALL_MS = Date.UTC(2026, 10, 23, 11, 0, 30);
const READY: GatewayStatus = {
  state: "ready",
  reason: "",
  acceptsOrders: true,
  frozen: false,
  attempt: 1,
  account: "DU1234567",
  serverVersion: 193,
  lastOutage: null,
};

const beat = (service: Health["service"], uptimeSeconds: number): Health => ({
  service,
  status: "ok",
  detail: "",
  pid: 1,
  uptimeSeconds,
  memoryBytes: 1,
  figures: {},
});

const beats = (uptimeSeconds: number) =>
  new Map((["gateway-bridge", "strategy", "risk"] as const).map((name) => [name, beat(name, uptimeSeconds)]));

const situation = (change: Partial<Situation> = {}): Situation => ({
  mode: "dry-run",
  marketTimeMs: WALL_MS,
  wallMs: WALL_MS,
  gateway: { status: READY, publishedAt: WALL_MS - 1000 },
  beats: beats(2),
  ownUptimeSeconds: 3,
  lastStart: undefined,
  queueLength: 0,
  ...change,
});

const started = (publishedAt: number): Envelope<Alert> => ({
  schema: 1,
  id: "before",
  source: "notifier",
  mode: "dry-run",
  marketTime: publishedAt,
  publishedAt,
  causedBy: null,
  data: { severity: "info", code: "PLATFORM_STARTED", title: "Crucible has started", text: "", fields: [] },
});

describe("the message of a start", () => {
  it("tells time, mode, gateway and services", () => {
    const alert = greeting(situation());
    expect(alert.code).toBe("PLATFORM_STARTED");
    expect(alert.title).toBe("Crucible has started in dry-run");
    expect(alert.fields).toEqual([
      { name: "mode", value: "dry-run" },
      { name: "machine time", value: "2026-11-23 06:00:30 New York" },
      { name: "gateway session", value: "ready" },
      { name: "account", value: "DU1234567" },
      { name: "healthy", value: "3 of 3 services" },
      { name: "gateway-bridge", value: "ok" },
      { name: "strategy", value: "ok" },
      { name: "risk", value: "ok" },
    ]);
  });

  it("waits until the session stands and every service was heard", () => {
    expect(isClear(situation())).toBe(true);
    expect(isClear(situation({ gateway: null }))).toBe(false);
    expect(isClear(situation({ beats: new Map() }))).toBe(false);
    const connecting = { status: { ...READY, state: "connecting" as const }, publishedAt: WALL_MS };
    expect(isClear(situation({ gateway: connecting }))).toBe(false);
  });

  it("does not pass off what an earlier bridge said last as the present", () => {
    const stale = situation({ gateway: { status: READY, publishedAt: WALL_MS - 3_600_000 } });
    expect(isClear(stale)).toBe(false);
    expect(greeting(stale).fields).toContainEqual({
      name: "gateway session",
      value: "not known yet; before this start it was ready",
    });
    // A bridge that has run for hours may have said so hours ago.
    expect(isClear({ ...stale, beats: beats(4000) })).toBe(true);
  });

  it("says only that the notifier was restarted when the platform ran on, on a day that was announced", () => {
    const earlier = started(WALL_MS - 600_000);
    expect(greeting(situation({ lastStart: earlier, beats: beats(600), queueLength: 2 }))).toMatchObject({
      code: "NOTIFIER_STARTED",
      text: "The platform kept running. Gateway session: ready. Alerts waiting: 2.",
    });
    // Everything was started again, or nobody was told today.
    expect(greeting(situation({ lastStart: earlier })).code).toBe("PLATFORM_STARTED");
    expect(greeting(situation({ beats: beats(600) })).code).toBe("PLATFORM_STARTED");
    const yesterday = started(WALL_MS - 86_400_000);
    expect(greeting(situation({ lastStart: yesterday, beats: beats(600) })).code).toBe("PLATFORM_STARTED");
  });
});
