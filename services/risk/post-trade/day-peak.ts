import type { DayResult } from "../evaluate/day-result.ts";
import type { Book } from "../state/book.ts";

/**
 * The highest that the session day's profit was seen at. It moves with every quote; the ledger holds it in steps, and
 * what it holds is never lower after a restart than the last step before.
 */
export class DayPeak {
  #tradingDay = "";
  #highest = 0;

  /** Takes what the day has brought so far. */
  look({ session }: Book, result: DayResult | null): void {
    if (session === null || result === null) return;
    if (session.tradingDay !== this.#tradingDay) {
      this.#tradingDay = session.tradingDay;
      this.#highest = 0;
    }
    this.#highest = Math.max(this.#highest, result.profit);
  }

  /** USD; 0 at the least: a day that was never won has fallen from where it began. */
  of({ session, recorded }: Book): number {
    if (session === null) return 0;
    const seen = session.tradingDay === this.#tradingDay ? this.#highest : 0;
    return Math.max(seen, recorded?.tradingDay === session.tradingDay ? recorded.peakDayProfit : 0);
  }
}
