import type { LimitUse } from "#libs/contracts/mod.ts";
import type { DayResult } from "../evaluate/day-result.ts";
import type { RiskView } from "../evaluate/view.ts";

export const DAILY_LOSS = "DAILY_LOSS";
export const DAILY_DRAWDOWN = "DAILY_DRAWDOWN";
export const LOSS_STREAK = "LOSS_STREAK";

/** How much of a limit is used now; it trips when `used` reaches `limit`. */
export interface Measured {
  readonly used: number;
  readonly limit: number;
}

/**
 * A limit on what has happened, not on an order: it trips between orders, when the market moves. Its check of the same
 * code denies entries while it is beyond; what else is done when it trips is chosen by `code`, beside this table.
 */
export interface PostTradeLimit {
  /** What the trading state is set by when it trips. */
  readonly code: string;
  /** Name of its `risk.limit.<name>`. */
  readonly name: string;
  readonly unit: LimitUse["unit"];
  /** What is limited, for the operator: "the day's loss". */
  readonly words: string;
  /** Null while it cannot be told, and where there is no limit. */
  readonly measure: (view: RiskView, result: DayResult | null) => Measured | null;
}

export const POST_TRADE_LIMITS: readonly PostTradeLimit[] = [
  { code: DAILY_LOSS, name: "daily-loss", words: "the day's loss", unit: "USD", measure: dailyLossOf },
  {
    code: DAILY_DRAWDOWN,
    name: "daily-drawdown",
    words: "the fall of the day's profit from its highest",
    unit: "USD",
    measure: dailyDrawdownOf,
  },
  {
    code: LOSS_STREAK,
    name: "loss-streak",
    words: "the streak of losing positions",
    unit: "losses",
    measure: lossStreakOfDay,
  },
];

/** Whether the operator disregards the limit until the session day ends. */
export const isOverridden = ({ book: { recorded, session } }: RiskView, code: string): boolean =>
  recorded !== null && recorded.tradingDay === session?.tradingDay && recorded.overridden.includes(code);

/** USD lost since the session began, realized and open, commissions in; nothing while the day is won. */
export function dailyLossOf({ book: { session }, limits }: RiskView, result: DayResult | null): Measured | null {
  if (session === null || result === null) return null;
  return { used: Math.max(0, -result.profit), limit: limits.maxDailyLossFraction * session.equityAtStart };
}

/** USD that the day's profit has fallen from its highest of the day. */
export function dailyDrawdownOf(view: RiskView, result: DayResult | null): Measured | null {
  const { session } = view.book;
  if (session === null || result === null) return null;
  return {
    used: Math.max(0, view.peakDayProfit - result.profit),
    limit: view.limits.maxDailyDrawdownFraction * session.equityAtStart,
  };
}

/** Positions closed with a loss one after another in the session day. */
export function lossStreakOfDay({ book, limits }: RiskView): Measured | null {
  if (book.session === null || limits.maxLossStreak === Number.POSITIVE_INFINITY) return null;
  return { used: book.lossStreak, limit: limits.maxLossStreak };
}
