import { isOverridden, LOSS_STREAK, lossStreakOfDay } from "../post-trade/limits.ts";
import { type Check, pass, verdict } from "./check.ts";

export const lossStreak: Check = {
  code: LOSS_STREAK,
  settings: ["MAX_LOSS_STREAK"],
  meaning:
    "As many positions of this session day were closed with a loss, commissions in, one after another as may be. It ends with a position closed at a profit, or with the session day.",
  exitsExempt: true,
  judge: ({ view }) => {
    const measured = lossStreakOfDay(view);
    if (measured === null) return pass({ losses: 0, limit: "none" });
    const { used: losses, limit } = measured;
    return verdict(
      losses >= limit && !isOverridden(view, LOSS_STREAK),
      { losses, limit },
      { left: limit - losses, unit: "losses" },
    );
  },
};
