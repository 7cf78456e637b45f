import type { Session } from "#libs/time/mod.ts";

/** What the day's gameplan gives to one strategy. */
export interface Plan<Parameters = unknown> {
  /** The name it has in the gameplan; one file may stand there under several names. */
  readonly strategy: string;
  /** `YYYY-MM-DD`, New York. */
  readonly tradingDay: string;
  readonly symbols: readonly string[];
  /** USD it may have in positions at a time. */
  readonly capitalUsd: number;
  /** Between these two moments (epoch milliseconds) it may open positions; closing is always open to it. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** The day's regular session; `closeMs` is 13:00 on a half day. */
  readonly session: Session;
  readonly parameters: Parameters;
}
