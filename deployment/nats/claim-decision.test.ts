import { describe, expect, it } from "vitest";
import { type ClaimFacts, decideClaim } from "./claim-decision.ts";

const nothing: ClaimFacts = {
  storeDir: "/data/paper/jetstream",
  serverName: "crucible-paper-1",
  port: 4222,
  launcher: undefined,
  server: undefined,
  answer: { kind: "free" },
};
const ours = { kind: "nats", serverName: "crucible-paper-1", version: "2.15.1", jetstream: true } as const;

describe("whether a server may be started on a store", () => {
  it("may, when nobody holds the store or the port", () => {
    expect(decideClaim(nothing)).toEqual({ kind: "start" });
  });

  it("may not, when another launcher holds the store, whatever its port", () => {
    const launcher = { pid: 7, port: 4333, startedAt: "2026-11-22T10:00:00Z" };
    const decision = decideClaim({ ...nothing, launcher, server: { pid: 8 } });
    expect(decision).toMatchObject({ kind: "refuse-store", message: expect.stringContaining("process id 7") });
  });

  it("stops a server of this store that lost its launcher", () => {
    expect(decideClaim({ ...nothing, server: { pid: 8 }, answer: ours })).toEqual({ kind: "stop-orphan", pid: 8 });
  });

  it("refuses when a server of this store answers and cannot be identified", () => {
    expect(decideClaim({ ...nothing, answer: ours })).toMatchObject({ kind: "refuse-store" });
  });

  it.each([
    [{ ...ours, serverName: "somebody" }, `another nats-server, "somebody" version 2.15.1`],
    [{ kind: "foreign", greeting: "SSH-2.0" }, `answers there with "SSH-2.0"`],
    [{ kind: "foreign", greeting: "" }, "not a NATS server listens there"],
    [{ kind: "forbidden", reason: "listen EACCES" }, "listen EACCES"],
  ] as const)("refuses a port where %o is found, and says how to change it", (answer, text) => {
    const decision = decideClaim({ ...nothing, answer });
    expect(decision).toMatchObject({ kind: "refuse-port", message: expect.stringContaining(text) });
    expect(decision).toMatchObject({ message: expect.stringContaining("NATS_PORT") });
  });
});
