import { expect, it } from "vitest";
import { playChaos } from "./run.ts";

/** A short one, always the same script; `npm run chaos` plays longer ones. */
it("keeps every promise while sockets drop, the gateway restarts, and NATS and every service are killed", async () => {
  const report = await playChaos(
    { seed: 7, durationMs: 60_000, ordersPerSecond: 10, troubleEveryS: 1.5 },
    () => undefined,
  );
  expect(report.violations).toEqual([]);
  expect(report.approved, "orders did flow").toBeGreaterThan(200);
  expect(
    Object.values(report.kills).every((times) => times > 0),
    "each process was killed",
  ).toBe(true);
}, 420_000);
