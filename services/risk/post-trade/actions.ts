import type { ServiceSettings } from "#libs/config/mod.ts";
import { DAILY_DRAWDOWN, DAILY_LOSS, LOSS_STREAK } from "./limits.ts";

/**
 * What is done when a limit on what has happened trips. Entries stop and those that work are canceled with each of
 * them; `flatten` also closes what is held.
 */
export type TripAction = "block" | "flatten";

/** The operator's choice for each limit of `POST_TRADE_LIMITS`, by its code. */
export type TripActions = Readonly<Record<string, TripAction>>;

export const tripActionsFrom = (settings: ServiceSettings<"risk">): TripActions => ({
  [DAILY_LOSS]: settings.onDailyLoss,
  [DAILY_DRAWDOWN]: settings.onDailyDrawdown,
  [LOSS_STREAK]: settings.onLossStreak,
});
