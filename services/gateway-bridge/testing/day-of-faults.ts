import type { SimulatedGateway } from "../../../simulator/mod.ts";
import type { BridgeBench } from "./bench.ts";

/** A small deterministic generator (mulberry32): the same seed gives the same day. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Approves orders while sockets drop before and after the broker has them, executions repeat, the gateway restarts
 * with its ids rolled back, and the bridge is ended and started again.
 *
 * @returns the ids of all orders approved
 */
export async function playFaults(
  bench: BridgeBench,
  gateway: SimulatedGateway,
  random: () => number,
  steps: number,
): Promise<string[]> {
  const ids: string[] = [];
  await gateway.setFaults({ repeatExecutions: 1 });
  for (let step = 0; step < steps; step += 1) {
    // Most orders meet a session, some an outage.
    for (let turn = 0; turn < 100 && random() < 0.98 && bench.service.health().status !== "ok"; turn += 1)
      await pause(50);
    const market = random() < 0.6;
    const side = random() < 0.5 ? "buy" : "sell";
    const limitPrice = side === "buy" ? 90 : 110;
    const order = market ? ({ type: "market" } as const) : ({ type: "limit", limitPrice } as const);
    ids.push(await bench.approve(bench.intent({ side, order, quantity: 1 + Math.floor(random() * 20) })));
    const dice = random();
    if (dice < 0.06) await gateway.setFaults({ dropOnPlaceOrder: "before-accept" });
    else if (dice < 0.14) await gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    else if (dice < 0.18) gateway.dropConnections();
    else if (dice < 0.21) void gateway.restart({ downtimeMs: 50, rollbackIds: 10 });
    else if (dice < 0.24) {
      await bench.stop();
      await bench.start();
    } else if (dice < 0.28) gateway.resendExecutions();
    await pause(random() * 120);
  }
  await gateway.setFaults({ dropOnPlaceOrder: "none" });
  return ids;
}
