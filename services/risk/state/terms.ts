import type { OrderIntent } from "#libs/contracts/mod.ts";

/** Type and prices of an order in one text: equal for equal terms. */
export const termsOf = (order: OrderIntent["order"]): string =>
  Object.values(order)
    .flatMap((term) => (typeof term === "object" && term ? Object.values(term) : [term]))
    .join(" ");
