import { type Check, verdict } from "./check.ts";

export const quantityBelowMinimum: Check = {
  code: "QUANTITY_BELOW_MINIMUM",
  settings: ["MIN_ORDER_QUANTITY"],
  meaning: "The order is for fewer shares than an entry may be.",
  exitsExempt: true,
  judge: ({ intent: { quantity }, view: { limits } }) =>
    verdict(
      quantity < limits.minOrderQuantity,
      { quantity, minimum: limits.minOrderQuantity },
      { left: quantity - limits.minOrderQuantity, unit: "shares" },
    ),
};
