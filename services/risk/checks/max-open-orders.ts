import { type Check, verdict } from "./check.ts";

export const openOrdersLimit: Check = {
  code: "OPEN_ORDERS",
  settings: ["MAX_OPEN_ORDERS"],
  meaning: "As many orders as allowed are open or reserved; a bracket counts as three.",
  exitsExempt: true,
  judge: ({ reserved, intent, view: { book, limits } }) => {
    const open = book.orders.size + reserved.length;
    const wanted = intent.bracket === null ? 1 : 3;
    const { maxOpenOrders: allowed } = limits;
    const left = allowed - open - wanted;
    return verdict(left < 0, { open, wanted, allowed }, { left, unit: "orders" });
  },
};
