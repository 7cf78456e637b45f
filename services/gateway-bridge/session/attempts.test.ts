import { describe, expect, it } from "vitest";
import { SessionRun } from "../testing/session-run.ts";

describe("a gateway that takes the connection and says nothing", () => {
  const silences = (run: SessionRun) =>
    run.effects.flatMap((effect) => (effect.type === "fell-silent" ? [[effect.stage, effect.times]] : []));
  /** An attempt that gets this far and then hears nothing. */
  const stall = (run: SessionRun, how: (run: SessionRun) => SessionRun) => {
    how(run.untilTrying().say({ type: "tcp-open" }));
    while (run.session.phase.name !== "waiting") run.wait(50);
  };

  it.each([
    ["version", (run: SessionRun) => run],
    ["identity", (run: SessionRun) => run.say({ type: "version", serverVersion: 193 })],
  ] as const)("is counted attempt by attempt (%s)", (stage, how) => {
    const run = new SessionRun().post({ type: "tick" });
    for (let attempt = 1; attempt <= 3; attempt += 1) stall(run, how);
    expect(silences(run)).toEqual([
      [stage, 1],
      [stage, 2],
      [stage, 3],
    ]);
  });

  it("counts a session that went mute, too, and begins anew with the next one that is ready", () => {
    const run = new SessionRun().ready().wait(20_000);
    expect(silences(run)[0]).toEqual(["heartbeat", 1]);
    run.untilTrying().handshake().say({ type: "time" }).say({ type: "synced" });
    expect(run.session.silences).toBe(0);
  });

  it.each([
    ["refuses the connection", (run: SessionRun) => run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" })],
    ["hangs up", (run: SessionRun) => run.untilTrying().say({ type: "tcp-open" }).say({ type: "closed", error: null })],
    ["does not take the connection", (run: SessionRun) => run.untilTrying().wait(6000)],
  ])("is no longer counted in a row when it then %s", (_, then) => {
    const run = new SessionRun().post({ type: "tick" });
    stall(run, (it) => it);
    run.effects = [];
    then(run);
    expect(run.session.silences).toBe(0);
    expect(silences(run)).toEqual([]);
  });

  it("is not one that told why", () => {
    const run = new SessionRun().post({ type: "tick" }).say({ type: "tcp-open" });
    run.say({ type: "version", serverVersion: 193 }).say({ type: "notice", code: 326, text: "in use" }).wait(16_000);
    expect(silences(run)).toEqual([]);
  });
});
