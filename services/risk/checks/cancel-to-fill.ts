import { type Check, pass, verdict } from "./check.ts";

export const cancelToFill: Check = {
  code: "CANCEL_TO_FILL",
  settings: ["MAX_CANCEL_TO_FILL_RATIO", "CANCEL_TO_FILL_FROM"],
  meaning:
    "More of the strategy's orders of this session day were cancelled for each that filled than may be. Counts from a number of cancels on, and begins anew with the session day.",
  exitsExempt: true,
  judge: ({ intent, view: { book, limits } }) => {
    const { maxCancelToFillRatio: limit, cancelToFillFrom: from } = limits;
    const flow = book.flow.get(intent.strategy);
    if (flow === undefined || flow.tradingDay !== book.session?.tradingDay)
      return pass({ canceled: 0, filled: 0, limit });
    const { canceled, filled } = flow;
    const ratio = canceled / Math.max(1, filled);
    const left = Math.max(from, limit * Math.max(1, filled) + 1) - canceled;
    return verdict(
      canceled >= from && ratio > limit,
      { canceled, filled, ratio, limit, from },
      { left, unit: "cancels" },
    );
  },
};
