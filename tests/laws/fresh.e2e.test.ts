import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approvedMessage, fillMessage } from "#libs/contracts/mod.ts";
import { eventually } from "../harness/bus.ts";
import { TestPlatform } from "../harness/platform.ts";

/** Longer than a machine stands still: what is approved in time is sent in time. */
const TTL_MS = 5000;

describe("approvals and executions (paper)", () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await TestPlatform.start({ mode: "paper", env: { APPROVAL_TTL_MS: String(TTL_MS) } });
    await platform.quote(100);
  });
  afterAll(async () => {
    await platform.stop();
  });

  it("an approval that comes too late is expired, reported, and never sent (law 3)", async () => {
    await platform.passes("before");
    const bridge = await platform.app("gateway-bridge");
    process.kill(bridge.pid, "SIGSTOP");
    try {
      expect(await platform.ask(platform.intent("late", { quantity: 12 }))).toMatchObject({ outcome: "approved" });
      await new Promise((resolve) => setTimeout(resolve, TTL_MS + 200));
    } finally {
      process.kill(bridge.pid, "SIGCONT");
    }
    await eventually("late is expired", async () => (await platform.orders()).get("late")?.status === "expired");
    expect(platform.placedOrderRefs()).not.toContain("late");
  });

  it("an approval written by anybody else is not sent, though the server can be tricked into storing it (law 1)", async () => {
    const strategy = await platform.connectAs("strategy");
    const forged = approvedMessage.envelope.parse({
      ...strategy.envelope({
        intent: platform.intent("forged"),
        approvedAtMonotonicMs: 0,
        expiresAtMonotonicMs: Number.MAX_SAFE_INTEGER,
        expiresAt: Number.MAX_SAFE_INTEGER,
        reducesRisk: false,
        reserved: { notional: 0, dayTrade: false },
      }),
      source: "risk",
    });
    await expect(strategy.jetstream.publish("orders.approved.forged", JSON.stringify(forged))).rejects.toThrow();
    await strategy.jetstream.publish("strategy.signal.forger", JSON.stringify(forged));
    strategy.connection.publish("$JS.API.DIRECT.GET.LEDGER.strategy.signal.forger", "", {
      reply: "orders.approved.forged",
    });
    await strategy.connection.flush();
    const genuine = await platform.passes("genuine", { quantity: 11 });
    await eventually("a genuine order is placed after it", () =>
      platform.placedOrderRefs().includes(genuine.clientOrderId),
    );
    expect(platform.placedOrderRefs()).not.toContain("forged");
    await strategy.close();
  });

  it("an execution that the gateway repeats counts once, and its correction replaces it (law 4)", async () => {
    await platform.gateway.setFaults({ repeatExecutions: 3 });
    expect(await platform.ask(platform.intent("repeated", { quantity: 7 }))).toMatchObject({ outcome: "approved" });
    await eventually("repeated is filled", async () => (await platform.orders()).get("repeated")?.status === "filled");
    platform.gateway.resendExecutions();
    const first = platform.gateway.executions.findLast((execution) => execution.orderRef === "repeated");
    expect(first).toBeDefined();
    platform.gateway.correctExecution(first?.execId ?? "", { price: 99.5 });
    const recorded = async () =>
      (await platform.stored(fillMessage)).flatMap(({ data }) =>
        data.kind === "execution" && data.clientOrderId === "repeated" ? [data] : [],
      );
    await eventually("the correction is recorded", async () => (await recorded()).length >= 2);
    const executions = await recorded();
    expect(executions).toHaveLength(2);
    expect(executions[1]).toMatchObject({ corrects: first?.execId, price: 99.5 });
  });
});
