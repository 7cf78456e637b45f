import { dayResult } from "../evaluate/day-result.ts";
import { type Check, figures } from "./check.ts";

/** What the trading state is set by when the day's loss reached its limit. */
export const DAILY_LOSS = "DAILY_LOSS";

export const dailyLoss: Check = {
  code: DAILY_LOSS,
  settings: ["MAX_DAILY_LOSS_PCT"],
  meaning:
    "The session day's loss, realized and open, commissions in, has reached this part of the equity at the session's start; or that equity is not known yet.",
  exitsExempt: true,
  check: ({ view, today }) => {
    const { session } = view.book;
    const result = dayResult(view);
    if (session === null || result === null || (today !== null && session.tradingDay < today)) {
      return figures({ equityAtSessionStart: "unknown", today });
    }
    const limit = view.limits.maxDailyLossFraction * session.equityAtStart;
    return -result.profit >= limit
      ? figures({ loss: -result.profit, limit, realized: result.realized, open: result.open, unit: "USD" })
      : null;
  },
};
