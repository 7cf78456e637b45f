import type { Bus } from "#libs/bus/mod.ts";
import { type Alert, controlMessage, type Outcome } from "#libs/contracts/mod.ts";
import type { Desk } from "../desk/desk.ts";
import type { Book } from "./book.ts";
import type { Recorder } from "./recorder.ts";
import type { OrderWorker } from "./worker.ts";

export interface GlobalCancelParts {
  readonly book: Book;
  readonly recorder: Recorder;
  readonly worker: OrderWorker;
  readonly desk: Desk;
  readonly alert: (alert: Alert) => void;
}

/**
 * Serves the operator's global cancel: everything at the venue, and everything on its way there. The operator's alone,
 * since at the broker it also reaches what other programs and hands have placed. A way out, so neither a freeze nor a
 * degraded session refuses it.
 */
export function serveGlobalCancel(bus: Bus, parts: GlobalCancelParts): void {
  bus.serve(controlMessage, ["gateway-bridge", "global-cancel"], async ({ data }) => {
    const outcome = await cancelEverything(data.reason, parts);
    parts.alert(globalCancel(data.reason, outcome));
    return outcome;
  });
}

async function cancelEverything(reason: string, { book, recorder, worker, desk }: GlobalCancelParts): Promise<Outcome> {
  // What is at the broker does not wait for the disk.
  const withdrawing = worker.withdrawAll(`global cancel: ${reason}`);
  const outcome = desk.cancelAll(`global cancel: ${reason}`, (id) => worker.isSubmitting(id));
  // What is not over by now is what it was asked for, and what stands until each is; what comes later is not among it.
  await recorder.cancelsAccepted([...book.pending.keys(), ...(outcome.ok ? book.open.keys() : [])], reason);
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
