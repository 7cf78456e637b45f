import { type Check, figures } from "./check.ts";

export const openOrdersLimit: Check = {
  code: "OPEN_ORDERS",
  settings: ["MAX_OPEN_ORDERS"],
  meaning: "As many orders as allowed are open or reserved; a bracket counts as three.",
  exitsExempt: true,
  check: ({ orders, intent, view: { limits } }) => {
    const wanted = intent.bracket === null ? 1 : 3;
    return orders.length + wanted > limits.maxOpenOrders
      ? figures({ open: orders.length, wanted, allowed: limits.maxOpenOrders })
      : null;
  },
};
