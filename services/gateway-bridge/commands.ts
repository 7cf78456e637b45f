import type { z } from "zod";
import type { Bus } from "#libs/bus/mod.ts";
import { cancelMessage, type cancelRequestSchema, controlMessage, type Outcome } from "#libs/contracts/mod.ts";
import type { Desk } from "./desk/desk.ts";
import type { Book } from "./orders/book.ts";
import type { Venue } from "./orders/venue.ts";
import type { OrderWorker } from "./orders/worker.ts";
import type { SessionDriver } from "./session/driver.ts";

/** Serves cancel requests: the way out, so neither a freeze nor a degraded session refuses one. */
export function serveCancels(bus: Bus, book: Book, worker: OrderWorker, venue: Venue): void {
  bus.serve(cancelMessage, [], ({ data }) => cancel(data, book, worker, venue));
}

function cancel(
  { clientOrderId, reason }: z.infer<typeof cancelRequestSchema>,
  book: Book,
  worker: OrderWorker,
  venue: Venue,
): Outcome | Promise<Outcome> {
  if (book.pending.has(clientOrderId)) return worker.withdraw(clientOrderId, `canceled before it was sent: ${reason}`);
  if (worker.isSubmitting(clientOrderId))
    return { ok: false, message: `${clientOrderId} is being submitted; ask again` };
  const closed = book.closed.get(clientOrderId);
  if (closed !== undefined) return { ok: false, message: `${clientOrderId} is over: ${closed.status}` };
  const order = book.open.get(clientOrderId);
  if (order === undefined) return { ok: false, message: `no order ${clientOrderId} is known` };
  return venue.cancel(order);
}

/** Serves the operator's word on a position that our executions do not explain. */
export function serveAcceptance(bus: Bus, driver: SessionDriver, desk: Pick<Desk, "acceptPosition">): void {
  bus.serve(controlMessage, ["gateway-bridge", "accept-position"], ({ data: { symbol, reason } }) => {
    if (symbol === undefined) {
      return { ok: false, message: "symbol is missing: name the position, as in accept-position SPY --reason TEXT" };
    }
    if (reason.trim() === "") return { ok: false, message: "reason is empty: say why the position is as it should be" };
    const { state } = driver.status;
    if (state !== "ready") {
      const message = `the gateway session is ${state}: what the broker holds is known for certain only when it is ready`;
      return { ok: false, message };
    }
    return desk.acceptPosition(symbol, reason);
  });
}

/** Serves the operator's commands. */
export function serveControls(bus: Bus, driver: SessionDriver): void {
  bus.serve(controlMessage, ["gateway-bridge", "reconnect"], ({ data }) => {
    if (driver.status.state === "halted") {
      return { ok: false, message: `the session is halted: ${driver.status.reason}. Resume it instead.` };
    }
    driver.post({ type: "operator-reconnect", reason: data.reason || "reconnect" });
    return { ok: true, message: "the connection is opened anew" };
  });
  bus.serve(controlMessage, ["gateway-bridge", "resume"], ({ data }) => {
    if (driver.status.state !== "halted") {
      return { ok: false, message: `the session is not halted; it is ${driver.status.state}` };
    }
    driver.post({ type: "operator-resume", reason: data.reason });
    return { ok: true, message: "the session is tried again" };
  });
}
