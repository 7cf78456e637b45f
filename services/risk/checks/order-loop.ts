import { type Check, verdict } from "./check.ts";

export const orderLoop: Check = {
  code: "ORDER_LOOP",
  settings: ["MAX_ORDER_REVERSALS", "ORDER_LOOP_WINDOW_SECONDS"],
  meaning:
    "The strategy turns around in this symbol again and again: with this order it would have changed from buying to selling, or back, more often than it may within the window of machine time.",
  exitsExempt: true,
  judge: ({ flow: { reversals }, view: { limits } }) => {
    const { maxOrderReversals: limit, orderLoopWindowMs: windowMs } = limits;
    const left = limit - reversals;
    return verdict(left < 0, { reversals, limit, windowMs }, { left, unit: "reversals" });
  },
};
