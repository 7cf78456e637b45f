import { type Bus, NoResponderError, RequestTimeoutError } from "#libs/bus/mod.ts";
import { cancelMessage, clientOrderIdSchema } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import type { Effect } from "../core/run.ts";
import type { Alerts } from "./alerts.ts";

const REPLY_TIMEOUT_MS = 1000;
/** A cancel that crosses a fill, or the cancel of the other leg, is refused and no fault: the ledger soon says so. */
const LEDGER_SAYS_WITHIN_MS = 2000;

/**
 * Asks the bridge to cancel an order. Whether it is canceled is told by the order's events; a strategy that still
 * sees it working asks again. A request that failed while the order goes on working is an alert, once an order.
 */
export async function cancelOrder(
  bus: Bus,
  effect: Effect & { type: "cancel" },
  alerts: Alerts,
  isWorking: (clientOrderId: string) => boolean,
): Promise<void> {
  const { reason, causedBy } = effect;
  const failed = async (why: string) => {
    await sleep(LEDGER_SAYS_WITHIN_MS);
    if (!isWorking(effect.clientOrderId)) return;
    alerts.once({
      key: `cancel ${effect.clientOrderId}`,
      severity: "warning",
      code: "CANCEL_FAILED",
      title: `Order ${effect.clientOrderId} could not be canceled`,
      text: `${why} The strategy asks again while it needs to; the order may still fill.`,
    });
  };
  const clientOrderId = clientOrderIdSchema.safeParse(effect.clientOrderId);
  if (!clientOrderId.success) return failed("That is not an order id.");
  if (!bus.up) return failed("The bus is away.");
  try {
    const options = { causedBy, timeoutMs: REPLY_TIMEOUT_MS };
    const outcome = await bus.request(cancelMessage, [], { clientOrderId: clientOrderId.data, reason }, options);
    if (!outcome.ok) await failed(outcome.message);
  } catch (error) {
    const known = error instanceof NoResponderError || error instanceof RequestTimeoutError;
    await failed(known ? error.message : `The request failed: ${String(error)}.`);
  }
}
