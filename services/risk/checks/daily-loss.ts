import { DAILY_LOSS, dailyLossOf, isOverridden } from "../post-trade/limits.ts";
import { type Check, deny, verdict } from "./check.ts";

export const dailyLoss: Check = {
  code: DAILY_LOSS,
  settings: ["MAX_DAILY_LOSS_PCT"],
  meaning:
    "The session day's loss, realized and open, commissions in, has reached this part of the equity at the session's start; or that equity is not known yet.",
  exitsExempt: true,
  judge: ({ view, result, today }) => {
    const { session } = view.book;
    const measured = dailyLossOf(view, result);
    if (session === null || measured === null || (today !== null && session.tradingDay < today)) {
      return deny({ equityAtSessionStart: null, today });
    }
    const { used: loss, limit } = measured;
    return verdict(
      loss >= limit && !isOverridden(view, DAILY_LOSS),
      {
        loss,
        limit,
        realized: result?.realized,
        open: result?.open,
        commissions: result?.commissions,
        equityChange: result?.equityChange,
        unit: "USD",
      },
      { left: limit - loss, unit: "USD" },
    );
  },
};
