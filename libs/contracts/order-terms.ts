import type { z } from "zod";

/** Terms that make no sense together, each with the field to change. */
export interface TermsConflict {
  readonly path: "timeInForce" | "outsideRegularHours" | "oneCancelsAllGroup";
  readonly message: string;
}

interface Terms {
  readonly order: { readonly type: string };
  readonly timeInForce: "day" | "gtc" | "ioc";
  readonly outsideRegularHours: boolean;
  readonly oneCancelsAllGroup?: string | undefined;
}

/**
 * The terms of an order that no venue can keep all of. Only combinations of terms that came with these order types:
 * orders of older ledgers must stay readable.
 */
export function conflictsOf({ order, timeInForce, outsideRegularHours, oneCancelsAllGroup }: Terms): TermsConflict[] {
  const conflicts: TermsConflict[] = [];
  const isOnClose = order.type === "market-on-close" || order.type === "limit-on-close";
  if (isOnClose && timeInForce !== "day") {
    const message = `${order.type} trades in one day's closing auction and cannot be ${timeInForce}; use day`;
    conflicts.push({ path: "timeInForce", message });
  }
  if ((isOnClose || order.type === "trailing-stop") && outsideRegularHours) {
    const message = `${order.type} works in the regular session only; set it to false`;
    conflicts.push({ path: "outsideRegularHours", message });
  }
  if (oneCancelsAllGroup !== undefined && timeInForce === "ioc") {
    const message = "an order of a group waits beside the others, and ioc does not wait; use day or gtc, or no group";
    conflicts.push({ path: "oneCancelsAllGroup", message });
  }
  return conflicts;
}

/** As a refinement of a schema. */
export function refuseConflicts(terms: Terms, context: z.RefinementCtx): void {
  for (const { path, message } of conflictsOf(terms)) context.addIssue({ code: "custom", path: [path], message });
}
