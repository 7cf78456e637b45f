import type { OrderTerms } from "../protocol/place-order.ts";
import { invalidRequest, type Refusal } from "./refusal.ts";

/**
 * What would change how an order trades and is not simulated, by its name in the API. Taken in silence, such an order
 * would do something else than at a real gateway.
 */
export function refusalOfUnsupported(terms: OrderTerms): Refusal | undefined {
  const isSet = (amount: number | undefined) => amount !== undefined && amount > 0;
  const [attribute] = [
    ...(terms.allOrNone ? ["allOrNone"] : []),
    ...(isSet(terms.minQuantity) ? ["minQty"] : []),
    ...(terms.hidden ? ["hidden"] : []),
    ...(isSet(terms.displaySize) ? ["displaySize"] : []),
    ...(isSet(terms.discretionaryAmount) ? ["discretionaryAmt"] : []),
    ...(terms.blockOrder ? ["blockOrder"] : []),
    ...(terms.sweepToFill ? ["sweepToFill"] : []),
    ...(terms.includeOvernight ? ["includeOvernight"] : []),
    ...(isSet(terms.cashQuantity) ? ["cashQty"] : []),
    ...(terms.goodAfterTime !== "" && terms.conditionCount > 0 ? ["goodAfterTime together with conditions"] : []),
    ...terms.unsupported,
  ];
  return attribute === undefined ? undefined : invalidRequest(`Order attribute not supported: ${attribute}`);
}
