import { type Check, verdict } from "./check.ts";

export const lotSize: Check = {
  code: "LOT_SIZE",
  settings: ["LOT_SIZE"],
  meaning: "The quantity is not a multiple of the lot. What is left of a lot can always be sold.",
  exitsExempt: true,
  judge: ({ intent: { quantity }, view: { limits } }) =>
    verdict(quantity % limits.lotSize !== 0, { quantity, lotSize: limits.lotSize }),
};
