import { setting } from "../setting.ts";
import { choice } from "../values.ts";

const onTrip = <Field extends string>(field: Field, limit: string) =>
  setting({
    field,
    kind: choice(["block", "flatten"]),
    default: "block",
    example: "block",
    description: `What happens when ${limit} is reached: block stops entries and cancels those that work; flatten also cancels everything else and closes what is held.`,
    apps: ["risk"],
  });

/** What is done when a limit on the day's result trips. */
export const tripSettings = {
  ON_DAILY_LOSS: onTrip("onDailyLoss", "MAX_DAILY_LOSS_PCT"),
  ON_DAILY_DRAWDOWN: onTrip("onDailyDrawdown", "MAX_DAILY_DRAWDOWN_PCT"),
  ON_LOSS_STREAK: onTrip("onLossStreak", "MAX_LOSS_STREAK"),
};
