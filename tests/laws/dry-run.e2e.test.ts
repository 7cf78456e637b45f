import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountSummaryMessage, controlMessage, fillMessage, positionMessage } from "#libs/contracts/mod.ts";
import { ANSWERED_MS, within } from "../harness/answers.ts";
import { eventually } from "../harness/bus.ts";
import { TestPlatform } from "../harness/platform.ts";

describe("dry-run", () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.quote(100);
  });
  afterAll(async () => {
    await platform.stop();
  });

  const filled = async (id: string) => {
    await eventually(`${id} is filled`, async () => (await platform.orders()).get(id)?.status === "filled");
  };
  const position = async () => (await platform.operator.lastValue(positionMessage, ["SPY"]))?.data.quantity ?? 0;

  it("fills orders against the live quotes and sends nothing (law 5)", async () => {
    const { clientOrderId } = await platform.passes("in");
    await filled(clientOrderId);
    const fills = (await platform.stored(fillMessage)).flatMap(({ data }) => (data.kind === "execution" ? [data] : []));
    expect(fills.map((fill) => fill.price)).toEqual([100.01]);
    await eventually("the position is told", async () => (await position()) === 10);
    // A record of its own, right after the position's.
    await eventually("the account has paid the spread and the commission", async () => {
      const account = await platform.operator.lastValue(accountSummaryMessage, []);
      return account !== null && account.data.netLiquidation < 100_000;
    });
    expect(platform.placedOrderRefs()).toEqual([]);
  });

  it("keeps the virtual account over kill -9 of the bridge", async () => {
    await platform.kill("gateway-bridge");
    await platform.passes("after");
    // One whose answer was lost on the way is an entry as well.
    const entries = async () => [...(await platform.orders()).values()].filter(({ status }) => status === "filled");
    await eventually("the entries of before and after are in the position", async () => {
      const count = (await entries()).length;
      return count >= 2 && (await position()) === 10 * count;
    });
    expect(platform.placedOrderRefs()).toEqual([]);
  });

  it("survives a restart of the gateway with only the bridge noticing (law 9)", async () => {
    const before = await platform.manager.list();
    await platform.gateway.restart({ downtimeMs: 1500 });
    await platform.quote(101);
    await platform.passes("back");
    const after = await platform.manager.list();
    expect(after.map(({ name, pid }) => [name, pid])).toEqual(before.map(({ name, pid }) => [name, pid]));
  });

  it("keeps a halt over kill -9 of risk, and over a kill of everything (law 6)", async () => {
    const outcome = await within(ANSWERED_MS.operator, () =>
      platform.operator.request(controlMessage, ["risk", "halt"], { reason: "test" }, { timeoutMs: 15_000 }),
    );
    expect(outcome.ok).toBe(true);
    const halted = async (id: string) => {
      let codes: string[] = [];
      await eventually(`a decision on ${id}`, async () => {
        const decision = await platform.ask(platform.intent(id)).catch(() => undefined);
        if (decision?.outcome === "denied") codes = decision.reasons.map((reason) => reason.code);
        return decision !== undefined;
      });
      expect(codes).toContain("TRADING_HALTED");
    };
    await halted("halted-1");
    await platform.kill("risk");
    await halted("halted-2");
    for (const name of ["nats", "risk", "gateway-bridge", "strategy", "notifier"]) await platform.kill(name);
    await halted("halted-3");
    await within(ANSWERED_MS.operator, () =>
      platform.operator.request(controlMessage, ["risk", "resume"], { reason: "test" }, { timeoutMs: 15_000 }),
    );
    await filled((await platform.passes("resumed")).clientOrderId);
  });

  it("lets the way out pass when only exits may (law 7)", async () => {
    await within(ANSWERED_MS.operator, () =>
      platform.operator.request(controlMessage, ["risk", "reduce"], { reason: "test" }, { timeoutMs: 15_000 }),
    );
    const entry = await platform.ask(platform.intent("entry-while-reducing"));
    expect(entry).toMatchObject({ outcome: "denied" });
    const held = await position();
    expect(held).toBeGreaterThan(0);
    const exit = await platform.ask(platform.intent("exit-while-reducing", { side: "sell", quantity: held }));
    expect(exit).toMatchObject({ outcome: "approved" });
    await filled("exit-while-reducing");
  });
});
