import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bus, type FoldOptions, LedgerFold } from "#libs/bus/mod.ts";
import { fillMessage } from "#libs/contracts/mod.ts";
import { within } from "../harness/answers.ts";
import { eventually, startBus, type TestBus } from "../harness/bus.ts";

let platform: TestBus;
beforeEach(async () => {
  platform = await startBus();
});
afterEach(async () => {
  await platform.stop();
});

const commission = (id: string) => ({ kind: "commission" as const, executionId: id, symbol: "SPY", commission: 1 });

const openFold = (bus: Bus, change: Partial<FoldOptions<string[]>> = {}) =>
  LedgerFold.open<string[]>(bus, {
    service: "risk",
    stateVersion: 1,
    initial: () => [],
    apply: (state, event) => {
      const fill = event.as(fillMessage);
      return fill ? [...state, fill.data.executionId] : state;
    },
    save: (state) => state,
    load: (json) => json as string[],
    ...change,
  });

describe("a fold that runs", () => {
  it("notices a ledger that lost its end under it, and misses none of the facts that reuse its sequences", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const defects: Error[] = [];
    const fold = await openFold(await platform.connect("risk"), { onDefect: (error) => defects.push(error) });
    for (const id of ["a", "b", "c"]) await bridge.record(fillMessage, ["SPY"], commission(id));
    await eventually("c", () => fold.state.length === 3);
    const setup = await platform.connect("setup");
    await setup.connection.request("$JS.API.STREAM.DELETE.LEDGER", "", { timeout: 15_000 });
    await platform.crash();
    await eventually("the loss is noticed", () => defects.length > 0);
    expect(fold.integrity).toMatchObject({ ok: false, remembered: 3 });
    await fold.stop();

    // By the next start the ledger has grown past what was remembered: its end alone tells nothing any more.
    for (const id of ["d", "e", "f", "g"]) await bridge.record(fillMessage, ["SPY"], commission(id));
    const next = await openFold(await platform.connect("risk"));
    expect(next.integrity).toMatchObject({ ok: false, remembered: 3, found: 4 });
    expect(next.state).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    await next.stop();
    const afterwards = await openFold(await platform.connect("risk"));
    expect(afterwards.integrity).toEqual({ ok: true });
    await afterwards.stop();
  });

  it("does not go on without a fact that it could not apply: the process ends and reads it again", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const defects: unknown[] = [];
    const fold = await openFold(await platform.connect("risk"), {
      apply: (state, event) => {
        const id = event.as(fillMessage)?.data.executionId ?? "";
        if (id === "poison") throw new Error("cannot apply it");
        return [...state, id];
      },
      onDefect: (error) => defects.push(error),
    });
    for (const id of ["a", "poison", "c"]) await bridge.record(fillMessage, ["SPY"], commission(id));
    await eventually("the defect is told", () => defects.length > 0);
    // What came after it is not read either.
    expect(await fold.catchUp()).toBe(false);
    expect(fold.state).toEqual(["a"]);
    expect(defects).toHaveLength(1);
    await fold.stop();
    const again = await openFold(await platform.connect("risk"));
    expect(again.state).toEqual(["a", "poison", "c"]);
    await again.stop();
  });

  it("follows also when the server was away at the very moment it began to", async () => {
    const risk = await platform.connect("risk");
    const bridge = await platform.connect("gateway-bridge");
    const fold = await openFold(risk);
    await platform.crash({ downMs: 3000 });
    await bridge.record(fillMessage, ["SPY"], commission("a"));
    await eventually("a", () => fold.state.includes("a"));
    await bridge.record(fillMessage, ["SPY"], commission("b"));
    await within(5000, () => eventually("b, without another return of the bus", () => fold.state.includes("b")));
    await fold.stop();
  });

  it("reads on to the ledger's end when asked, also while its consumer delivers nothing", async () => {
    const bridge = await platform.connect("gateway-bridge");
    const fold = await openFold(await platform.connect("risk"));
    const { manager } = await platform.connect("setup");
    await manager.consumers.pause("LEDGER", "risk", new Date(Date.now() + 600_000));
    for (const id of ["a", "b"]) await bridge.record(fillMessage, ["SPY"], commission(id));
    expect(fold.state).toEqual([]);
    expect(await Promise.all([fold.catchUp(), fold.catchUp()])).toEqual([true, true]);
    expect(fold.state).toEqual(["a", "b"]);
    await bridge.record(fillMessage, ["SPY"], commission("c"));
    expect(await fold.catchUp()).toBe(true);
    // The server delivers again with the next fact.
    await manager.consumers.resume("LEDGER", "risk");
    await bridge.record(fillMessage, ["SPY"], commission("d"));
    await eventually("d by delivery", () => fold.state.length === 4);
    expect(fold.state).toEqual(["a", "b", "c", "d"]);
    await fold.stop();
    expect(await fold.catchUp()).toBe(false);
  });

  it("can be stopped while the server is away", async () => {
    const risk = await platform.connect("risk");
    const fold = await openFold(risk);
    await platform.server().kill();
    await eventually("away", () => !risk.up);
    // The server does not come back: it does not wait for that, and for its last snapshot two seconds.
    await within(4000, () => fold.stop());
  });

  it("goes on when its consumer was lost and made again", async () => {
    const risk = await platform.connect("risk");
    const bridge = await platform.connect("gateway-bridge");
    const fold = await openFold(risk);
    await bridge.record(fillMessage, ["SPY"], commission("a"));
    await eventually("a", () => fold.state.includes("a"));
    const setup = await platform.connect("setup");
    await setup.connection.request("$JS.API.CONSUMER.DELETE.LEDGER.risk", "", { timeout: 15_000 });
    await platform.crash();
    await bridge.record(fillMessage, ["SPY"], commission("b"));
    await eventually("b", () => fold.state.includes("b"));
    await bridge.record(fillMessage, ["SPY"], commission("c"));
    await eventually("c", () => fold.state.includes("c"));
    expect(fold.state).toEqual(["a", "b", "c"]);
    await fold.stop();
  }, 60_000);
});
