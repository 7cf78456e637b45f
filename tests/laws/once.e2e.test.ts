import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approvedMessage, fillMessage, TERMINAL_ORDER_STATUSES } from "#libs/contracts/mod.ts";
import { eventually } from "../harness/bus.ts";
import { TestPlatform } from "../harness/platform.ts";
import { WIDE_LIMITS } from "../harness/wide-limits.ts";

const ORDERS = 16;
const QUANTITIES = 40;
/** Slow enough that the orders lie before, during and after the kill. */
const EVERY_MS = 150;

/**
 * Laws 1, 2 and 4 under fire: orders flow to the simulated gateway while one process after the other is killed with
 * kill -9 in the middle. Afterwards both sides are compared: what the ledger says, and what the gateway received.
 */
describe("an order is sent once, whatever is killed (paper)", () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await TestPlatform.start({
      mode: "paper",
      env: WIDE_LIMITS,
    });
    await platform.quote(10);
  });
  afterAll(async () => {
    await platform.stop();
  });

  let asked = 0;
  for (const victim of ["gateway-bridge", "risk", "nats", "strategy", "notifier"]) {
    it(`while ${victim} is killed in the middle`, async () => {
      const flowed = () => platform.placedOrderRefs().filter((ref) => ref.startsWith(victim)).length;
      let enough = () => false;
      const asking = (async () => {
        for (let number = 0; number < ORDERS || !enough(); number += 1) {
          // A quantity of its own for a while, or it would be refused as a duplicate; asked again under the same id
          // until decided.
          asked += 1;
          const intent = platform.intent(`${victim}-${number}`, { quantity: 1 + (asked % QUANTITIES) });
          await eventually(
            `a decision on ${intent.clientOrderId}`,
            async () => (await platform.ask(intent).catch(() => undefined)) !== undefined,
            60_000,
          );
          await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
        }
      })();
      await eventually("some orders flow", () => flowed() > 1);
      await platform.kill(victim);
      // Whatever the machine takes to start it again: orders flow after the kill as before it.
      const before = flowed();
      enough = () => flowed() > before + 1;
      await asking;

      await eventually(
        "every approved order has come to an end",
        async () => {
          const approved = (await platform.stored(approvedMessage)).map(({ data }) => data.intent.clientOrderId);
          const orders = await platform.orders();
          return approved.every((id) => TERMINAL_ORDER_STATUSES.has(orders.get(id)?.status ?? "submitted"));
        },
        60_000,
      );

      const approved = new Set(
        (await platform.stored(approvedMessage)).map(({ data }) => String(data.intent.clientOrderId)),
      );
      const placed = platform.placedOrderRefs();
      expect(placed.filter((ref) => ref.startsWith(victim)).length, "orders did flow").toBeGreaterThan(3);
      expect(new Set(placed).size, "no order reached the gateway twice").toBe(placed.length);
      expect(
        placed.filter((ref) => !approved.has(ref)),
        "nothing was sent that was not approved",
      ).toEqual([]);
      const orders = await platform.orders();
      const filled = [...orders.values()]
        .filter((order) => order.status === "filled")
        .map((order) => String(order.clientOrderId));
      expect(filled.filter((id) => !placed.includes(id))).toEqual([]);

      const executions = (await platform.stored(fillMessage)).flatMap(({ data }) =>
        data.kind === "execution" ? [data] : [],
      );
      const counted = executions.map((execution) => execution.executionId);
      expect(new Set(counted).size, "each execution once").toBe(counted.length);
      expect([...counted].sort()).toEqual(platform.gateway.executions.map((execution) => execution.execId).sort());
    });
  }
});
