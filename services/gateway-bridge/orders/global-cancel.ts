import type { Bus } from "#libs/bus/mod.ts";
import { type Alert, controlMessage, type Outcome } from "#libs/contracts/mod.ts";
import type { Desk } from "../desk/desk.ts";
import type { OrderWorker } from "./worker.ts";

/**
 * Serves the operator's global cancel: everything at the venue, and everything on its way there. The operator's alone,
 * since at the broker it also reaches what other programs and hands have placed. A way out, so neither a freeze nor a
 * degraded session refuses it.
 */
export function serveGlobalCancel(bus: Bus, worker: OrderWorker, desk: Desk, alert: (alert: Alert) => void): void {
  bus.serve(controlMessage, ["gateway-bridge", "global-cancel"], async ({ data }) => {
    const outcome = await cancelEverything(worker, desk, data.reason);
    alert(globalCancel(data.reason, outcome));
    return outcome;
  });
}

async function cancelEverything(worker: OrderWorker, desk: Desk, reason: string): Promise<Outcome> {
  // What is at the broker does not wait for the disk.
  const withdrawing = worker.withdrawAll(`global cancel: ${reason}`);
  const outcome = desk.cancelAll(`global cancel: ${reason}`, (id) => worker.isSubmitting(id));
  const withdrawn = await withdrawing;
  if (withdrawn === 0) return outcome;
  const what = withdrawn === 1 ? "approval was" : "approvals were";
  return { ok: outcome.ok, message: `${outcome.message}; ${withdrawn} ${what} withdrawn` };
}

const globalCancel = (reason: string, { ok, message }: Outcome): Alert => ({
  severity: ok ? "warning" : "critical",
  code: "GLOBAL_CANCEL",
  title: ok ? "The operator canceled every order of the account" : "A global cancel could not be sent",
  text: `${message}. Reason given: ${reason}`,
  fields: [],
});
