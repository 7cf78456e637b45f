import type { Bus, LedgerEvent } from "#libs/bus/mod.ts";
import { approvedMessage } from "#libs/contracts/mod.ts";
import { approvalIn } from "./fold.ts";
import type { OrderWorker } from "./worker.ts";

/** Hands a new approval to the worker. What lies on an approval's subject and is none goes to the dead letters. */
export function takeApproval(event: LedgerEvent, worker: OrderWorker, bus: Bus): void {
  const approved = approvalIn(event);
  if (approved !== undefined) {
    worker.take(approved.data, approved.id);
  } else if (event.as(approvedMessage) !== undefined) {
    const payload = new TextEncoder().encode(JSON.stringify(event.envelope));
    bus.keepDeadLetter(event.subject, "not written by risk, or for another order than its subject names", payload);
  }
}
