import { DAILY_DRAWDOWN, dailyDrawdownOf, isOverridden } from "../post-trade/limits.ts";
import { type Check, pass, verdict } from "./check.ts";

export const dailyDrawdown: Check = {
  code: DAILY_DRAWDOWN,
  settings: ["MAX_DAILY_DRAWDOWN_PCT"],
  meaning:
    "The session day's profit, realized and open, has fallen from its highest of the day by this part of the equity at the session's start.",
  exitsExempt: true,
  judge: ({ view, result }) => {
    const measured = dailyDrawdownOf(view, result);
    // Without a session day the daily loss denies already.
    if (measured === null) return pass({ peak: null });
    const { used: drawdown, limit } = measured;
    const compared = { drawdown, limit, peak: view.peakDayProfit, profit: result?.profit, unit: "USD" };
    return verdict(drawdown >= limit && !isOverridden(view, DAILY_DRAWDOWN), compared, {
      left: limit - drawdown,
      unit: "USD",
    });
  },
};
