import { formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";
import type { TradingCondition } from "../state/book.ts";

/** When the trading state was set, on New York's clock: `2026-03-10T10:31:07`; `start` before anything was set. */
export const sinceOf = ({ since }: TradingCondition): string =>
  since === 0 ? "start" : `${tradingDayOf(since)}T${formatNewYorkTime(since)}`;
