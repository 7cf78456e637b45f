import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { PaperBench } from "./paper-bench.ts";

/** The real bus, of which the test keeps hold. */
function watched() {
  const started: TestBus[] = [];
  const harness = {
    claimPort,
    eventually,
    startBus: async (...mode: Parameters<typeof startBus>) => {
      const bus = await startBus(...mode);
      started.push(bus);
      return bus;
    },
  };
  /** How many are left; there are none after it. */
  const left = async () => {
    const running = started.filter(({ dataDir }) => existsSync(dataDir));
    await Promise.all(running.map((bus) => bus.stop()));
    return running.length;
  };
  return { harness, left };
}

it("leaves no server of the bus when it cannot be opened", async () => {
  const { harness, left } = watched();
  const gateway = { symbols: [{ symbol: "not a symbol of the catalogue", startPrice: -1 }] };
  await expect(PaperBench.open(harness, { gateway })).rejects.toThrow();
  expect(await left()).toBe(0);
});

it("leaves none when something of it cannot be closed", async () => {
  const { harness, left } = watched();
  const bench = await PaperBench.open(harness);
  const close = bench.gateway.close.bind(bench.gateway);
  bench.gateway.close = async () => {
    await close();
    throw new Error("it does not close");
  };
  await expect(bench.close()).rejects.toThrow("it does not close");
  expect(await left()).toBe(0);
});
