import { describe, expect, it } from "vitest";
import type { Alert } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { DAY, SessionRun } from "../testing/session-run.ts";

/** A session that was lost for so long, and the market time at which the gateway is back. */
function backAfter(machineMs: number, marketMs?: number): SessionRun {
  const run = new SessionRun("10:35").ready().say({ type: "closed", error: null }).wait(machineMs, 10);
  if (marketMs !== undefined) run.marketMs = marketMs;
  if (run.session.phase.name !== "tcp") run.post({ type: "operator-reconnect", reason: "test" });
  return run.handshake().say({ type: "synced" });
}
const words = (run: SessionRun): Alert | undefined =>
  run.effects.flatMap((effect) => (effect.type === "alert" ? [effect.alert] : [])).at(-1);

describe("how long an outage was", () => {
  it("is told to a tenth of a second", () => {
    const run = backAfter(400);
    expect(run.session.lastOutage).toEqual({ planned: false, machineSeconds: 0.4, marketSeconds: 0.4 });
    expect(words(run)?.title).toBe("IB Gateway is back after 0.4 s");
  });

  it("is told by the machine's clock when the market's went back meanwhile: the gateway began its day anew", () => {
    const run = backAfter(2300, epochMsOf(DAY, "10:30"));
    expect(run.session.lastOutage).toMatchObject({ machineSeconds: 2.3, marketSeconds: 2.3 });
    expect(words(run)?.title).toBe("IB Gateway is back after 2.3 s");
  });

  it("is told by the machine's clock when the market's stood still, or is on another day", () => {
    expect(backAfter(2300, epochMsOf(DAY, "10:35")).session.lastOutage?.marketSeconds).toBe(2.3);
    expect(backAfter(2300, epochMsOf("2026-11-23", "10:30")).session.lastOutage?.marketSeconds).toBe(2.3);
  });

  it("is never told as nothing", () => {
    expect(backAfter(20).session.lastOutage?.machineSeconds).toBe(0.1);
  });
});
