import { expect, it } from "vitest";
import { playChaos } from "./run.ts";

/** A short one, always the same script; `npm run chaos` plays longer ones. */
it("keeps every promise while sockets drop, the gateway restarts, and NATS and every service are killed", async () => {
  const report = await playChaos(
    { mode: "paper", seed: 7, durationMs: 60_000, ordersPerSecond: 10, troubleEveryS: 1.5 },
    () => undefined,
  );
  expect(report.violations).toEqual([]);
  expect(report.approved, "orders did flow").toBeGreaterThan(200);
  expect(
    Object.values(report.kills).every((times) => times > 0),
    "each process was killed",
  ).toBe(true);
}, 420_000);

it("keeps every promise of the dry-run, and sends nothing, in the same troubles (laws 2, 4, 5)", async () => {
  const report = await playChaos(
    { mode: "dry-run", seed: 7, durationMs: 30_000, ordersPerSecond: 10, troubleEveryS: 1.5 },
    () => undefined,
  );
  expect(report.violations).toEqual([]);
  expect(report.executions, "orders were filled").toBeGreaterThan(50);
}, 420_000);
