import { expect, it } from "vitest";
import { TERMINAL_ORDER_STATUSES } from "#libs/contracts/mod.ts";
import { startSimulatedGateway } from "../../simulator/mod.ts";
import { eventually, startBus } from "../../tests/harness/bus.ts";
import { claimPort } from "../../tests/harness/port.ts";
import { BridgeBench } from "./testing/bench.ts";
import { playFaults, randomFrom } from "./testing/day-of-faults.ts";

const SEED = Number(process.env.BRIDGE_FAULT_SEED ?? 20261122);

it(`sends each approved order at most once and counts each execution once, whatever dies (seed ${SEED})`, async () => {
  const bus = await startBus("paper");
  const gateway = await startSimulatedGateway({
    port: await claimPort(),
    prices: "manual",
    date: "2026-03-10",
    startTime: "10:30:00",
    equityUsd: 100_000_000,
  });
  gateway.setQuote("SPY", { bid: 100, ask: 100.02, bidSize: 30_000, askSize: 30_000, last: 100.01, lastSize: 10 });
  const bench = await BridgeBench.open({ mode: "paper", connect: bus.connect, gatewayPort: gateway.port });
  try {
    await bench.want(["SPY"]);
    await bench.start();
    await eventually("ready", () => bench.service.health().status === "ok");
    const ids = await playFaults(bench, gateway, randomFrom(SEED), 70);

    const last = async () => {
      const newest = new Map<string, string>();
      for (const { clientOrderId, status } of await bench.allEvents()) newest.set(clientOrderId, status);
      return newest;
    };
    const settled = async () => {
      const newest = await last();
      return (
        ids.every((id) => newest.has(id)) &&
        [...newest.values()].every((status) => !["submitted", "unknown"].includes(status))
      );
    };
    await eventually("every order is known at the broker or over", settled, 60_000);

    // Law 2: at most one place-order message an order, whoever died; law 1: none that was not approved.
    const sent = gateway.frames
      .received("PLACE_ORDER")
      .map(({ fields }) => String(fields.find((field) => ids.includes(String(field)))));
    expect(sent.length).toBeGreaterThan(30);
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent.every((id) => ids.includes(id))).toBe(true);

    // No order id was ever used twice.
    const orderIds = gateway.frames.received("PLACE_ORDER").map(({ fields }) => fields[1]);
    expect(new Set(orderIds).size).toBe(orderIds.length);

    // Law 4: executions in the ledger are the broker's, each once.
    const fills = (await bench.fills()).flatMap((fill) => (fill.kind === "execution" ? [fill.executionId] : []));
    expect([...fills].sort()).toEqual(gateway.executions.map(({ execId }) => execId).sort());

    // Both sides agree on what is open, and on the position.
    const newest = await last();
    const open = [...newest].filter(([, status]) => !TERMINAL_ORDER_STATUSES.has(status as never)).map(([id]) => id);
    expect(open.sort()).toEqual(gateway.liveOrders.map(({ terms }) => terms.orderRef).sort());
    expect(bench.service.health().figures["open orders"]).toBe(open.length);
    await eventually("the position is explained", async () => {
      const position = (await bench.positions()).at(-1);
      const held = gateway.positions.find(({ symbol }) => symbol === "SPY")?.quantity ?? 0;
      return position?.quantity === held && position.explained;
    });
  } finally {
    await bench.stop();
    await gateway.close();
    await bus.stop();
  }
}, 180_000);
