import { type Check, deny, pass } from "./check.ts";

export const duplicateOrder: Check = {
  code: "DUPLICATE_ORDER",
  settings: [],
  meaning:
    "An entry with the same symbol, side, quantity, type and prices was approved under another id within two seconds of machine time: one order sent twice.",
  exitsExempt: true,
  judge: ({ flow: { twin }, view: { limits } }) => {
    const { duplicateWindowMs: windowMs } = limits;
    if (twin === null) return pass({ windowMs });
    return deny({ clientOrderId: twin.clientOrderId, ageMs: Math.round(twin.ageMs), windowMs });
  },
};
