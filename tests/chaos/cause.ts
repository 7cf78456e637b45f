import { controlMessage, fillMessage } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { noFaults } from "../../simulator/gateway/faults.ts";
import { eventually } from "../harness/bus.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { buyByHand } from "./by-hand.ts";
import { isOurs, newestOnly } from "./evidence.ts";
import { cents } from "./intents.ts";
import type { Trouble } from "./troubles.ts";

const LEDGER_WITHIN_MS = 60_000;
const GLOBAL_CANCEL_WITHIN_MS = 5000;

/** Brings a trouble about, and resolves when it is over. @throws Error for what could not be done, e.g. no session. */
export async function cause(platform: TestPlatform, trouble: Trouble, priceOf: (symbol: string) => number) {
  const { gateway } = platform;
  switch (trouble.do) {
    case "drop":
      gateway.dropConnections(trouble.how);
      return;
    case "drop-at-order":
      await gateway.setFaults({ dropOnPlaceOrder: trouble.when });
      return;
    case "reset-during":
      await gateway.setFaults({ resetDuring: trouble.message });
      return;
    case "restart-gateway":
      await gateway.restart({ downtimeMs: trouble.downtimeMs, rollbackIds: trouble.rollbackIds });
      return;
    case "lose-broker":
      await gateway.perform({
        action: "connectivity-loss",
        times: 3,
        restoredAfterMs: trouble.forMs,
        restoredWith: trouble.restoredWith,
        reports: trouble.reports,
      });
      return;
    case "faults": {
      await gateway.setFaults(trouble.set);
      await sleep(trouble.forMs);
      const names = Object.keys(trouble.set) as (keyof typeof noFaults)[];
      await gateway.setFaults(Object.fromEntries(names.map((name) => [name, noFaults[name]])));
      return;
    }
    case "repeat-executions":
      await gateway.setFaults({ repeatExecutions: gateway.faults.repeatExecutions === 0 ? 2 : 0 });
      return;
    case "resend-executions":
      gateway.resendExecutions();
      return;
    case "correct-price": {
      const executions = newestOnly(gateway.executions);
      const picked = executions[Math.floor(executions.length * trouble.pick)];
      if (picked !== undefined) gateway.correctExecution(picked.execId, { price: cents(picked.price + 0.01) });
      return;
    }
    case "correct-shares":
      await correctShares(platform, trouble.pick);
      return;
    case "trade-by-hand": {
      const { symbol, quantity, cents: beyond, copy } = trouble;
      const ours = [...gateway.completedOrders, ...gateway.liveOrders].filter((order) => isOurs(platform, order));
      const copied = copy === null ? undefined : ours[Math.floor(ours.length * copy)];
      const limitPrice = cents(priceOf(symbol) + beyond / 100);
      await buyByHand(gateway, { symbol, quantity, limitPrice, orderRef: copied?.terms.orderRef ?? "" });
      return;
    }
    case "global-cancel":
      await globalCancel(platform);
      return;
    case "kill":
      await Promise.all(trouble.victims.map((victim) => platform.kill(victim)));
      return;
  }
}

/** @throws Error when the bridge could not send it */
export async function globalCancel(platform: TestPlatform): Promise<void> {
  const path = ["gateway-bridge", "global-cancel"] as const;
  const options = { timeoutMs: GLOBAL_CANCEL_WITHIN_MS };
  const { ok, message } = await platform.operator.request(controlMessage, path, { reason: "chaos" }, options);
  if (!ok) throw new Error(message);
}

/**
 * An exchange corrects how much was traded after the fact: the order is over, and its execution was reported. The
 * simulated broker leaves the order's own figure as it was.
 */
async function correctShares(platform: TestPlatform, pick: number): Promise<void> {
  const { gateway } = platform;
  const told = new Set<string>();
  await eventually(
    "the ledger can be read",
    async () => {
      const fills = await platform.stored(fillMessage).catch(() => undefined);
      for (const { data } of fills ?? []) told.add(data.executionId);
      return fills !== undefined;
    },
    LEDGER_WITHIN_MS,
  );
  const over = new Set(gateway.completedOrders.map(({ permId }) => permId));
  const candidates = newestOnly(gateway.executions).filter(
    ({ execId, permId, shares }) => shares > 1 && over.has(permId) && told.has(execId),
  );
  const picked = candidates[Math.floor(candidates.length * pick)];
  if (picked !== undefined) gateway.correctExecution(picked.execId, { shares: picked.shares - 1 });
}
