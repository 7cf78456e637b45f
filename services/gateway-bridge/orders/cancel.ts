import type { z } from "zod";
import type { Bus } from "#libs/bus/mod.ts";
import { cancelMessage, type cancelRequestSchema, type Outcome } from "#libs/contracts/mod.ts";
import type { Book } from "./book.ts";
import type { Recorder } from "./recorder.ts";
import type { Venue } from "./venue.ts";
import type { OrderWorker } from "./worker.ts";

export interface CancelParts {
  readonly book: Book;
  readonly recorder: Recorder;
  readonly worker: OrderWorker;
  readonly venue: Pick<Venue, "cancel">;
}

/** Serves cancel requests: the way out, so neither a freeze nor a degraded session refuses one. */
export function serveCancels(bus: Bus, parts: CancelParts): void {
  bus.serve(cancelMessage, [], ({ data }) => cancel(data, parts));
}

/**
 * Cancels an order. It is written to the gateway at once and recorded at the same time, since it can only take risk away
 * and a slow ledger must not hold it back. The answer waits for the record: what is called accepted outlives this process.
 * Killed before that, whoever asked has no answer, and asks again.
 */
export async function cancel(
  { clientOrderId, reason }: z.infer<typeof cancelRequestSchema>,
  { book, recorder, worker, venue }: CancelParts,
): Promise<Outcome> {
  if (book.pending.has(clientOrderId)) return worker.withdraw(clientOrderId, `canceled before it was sent: ${reason}`);
  if (worker.isSubmitting(clientOrderId))
    return { ok: false, message: `${clientOrderId} is being submitted; ask again` };
  const closed = book.closed.get(clientOrderId);
  if (closed !== undefined) return { ok: false, message: `${clientOrderId} is over: ${closed.status}` };
  const order = book.open.get(clientOrderId);
  if (order === undefined) return { ok: false, message: `no order ${clientOrderId} is known` };
  const outcome = venue.cancel(order);
  if (outcome.ok) await recorder.cancelsAccepted([clientOrderId], reason);
  return outcome;
}
