import { type Check, deny, pass } from "./check.ts";

export const duplicateOrder: Check = {
  code: "DUPLICATE_ORDER",
  settings: ["DUPLICATE_WINDOW_MS"],
  meaning:
    "An entry with the same symbol, side, quantity, type and prices was approved under another id within this time, the machine's: one order sent twice.",
  exitsExempt: true,
  judge: ({ flow: { twin }, view: { limits } }) => {
    const { duplicateWindowMs: windowMs } = limits;
    if (twin === null) return pass({ windowMs });
    return deny({ clientOrderId: twin.clientOrderId, ageMs: Math.round(twin.ageMs), windowMs });
  },
};
