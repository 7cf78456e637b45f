import { type Check, verdict } from "./check.ts";

export const quantityAboveMaximum: Check = {
  code: "QUANTITY_ABOVE_MAXIMUM",
  settings: ["MAX_ORDER_QUANTITY"],
  meaning: "The order is for more shares than an entry may be.",
  exitsExempt: true,
  judge: ({ intent: { quantity }, view: { limits } }) =>
    verdict(
      quantity > limits.maxOrderQuantity,
      { quantity, maximum: limits.maxOrderQuantity },
      { left: limits.maxOrderQuantity - quantity, unit: "shares" },
    ),
};
