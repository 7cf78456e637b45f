/** What the rules look at in a question to the history farm. */
export interface PacedQuery {
  readonly symbol: string;
  readonly exchange: string;
  /** TRADES, BID, ASK, BID_ASK ... */
  readonly whatToShow: string;
  readonly barSeconds: number;
  /** Everything else that makes two questions differ. */
  readonly rest: string;
}

/** Questions for bars that may be open at once, of all bar sizes. */
export const openHistoriesMax = 50;

/** The rules of IBKR's page on historical limitations (tws.md 6.3), for bars of 30 s and less and head time stamps. */
const smallBarSecondsMax = 30;
const identicalMs = 15_000;
const burst = { count: 6, windowMs: 2000 };
const tenMinutes = { count: 60, windowMs: 600_000 };
/** An instrument's single ticks may be asked for once in this time, whatever their type. */
const singleTicksMs = 15_000;

/**
 * Counts questions to the history farm and says when one breaks a rule. They belong to the account: one for all
 * connections. A refused question counts too. Machine milliseconds on one clock; reads none itself.
 */
export class HistoricalPacing {
  #asked: { readonly atMs: number; readonly weight: number; readonly family: string; readonly identity: string }[] = [];
  #barRequestsAtMs: number[] = [];
  readonly #singleTicksAtMs = new Map<string, number>();

  /** Counts a question for bars or for a head time stamp (0 seconds). @returns whether it breaks a rule (162). */
  violates(query: PacedQuery, nowMs: number): boolean {
    if (query.barSeconds > smallBarSecondsMax) return false;
    this.#asked = this.#asked.filter(({ atMs }) => nowMs - atMs < tenMinutes.windowMs);
    const family = JSON.stringify([query.symbol, query.exchange, query.whatToShow]);
    const identity = JSON.stringify([family, query.barSeconds, query.rest]);
    // A question for bids and asks counts twice.
    const weight = query.whatToShow === "BID_ASK" ? 2 : 1;
    const isRepeated = this.#asked.some((other) => other.identity === identity && nowMs - other.atMs < identicalMs);
    const ofFamily = this.#asked.filter((other) => other.family === family && nowMs - other.atMs < burst.windowMs);
    const isBurst = weightOf(ofFamily) + weight >= burst.count;
    const isTooMany = weightOf(this.#asked) + weight > tenMinutes.count;
    this.#asked.push({ atMs: nowMs, weight, family, identity });
    return isRepeated || isBurst || isTooMany;
  }

  /** Counts a subscription to an instrument's single ticks. @returns whether it comes too soon after another (10190). */
  violatesSingleTicks(instrumentKey: string, nowMs: number): boolean {
    const before = this.#singleTicksAtMs.get(instrumentKey) ?? Number.NEGATIVE_INFINITY;
    this.#singleTicksAtMs.set(instrumentKey, nowMs);
    return nowMs - before < singleTicksMs;
  }

  /** Counts a new subscription to real-time bars. @returns whether it breaks the rule (420). */
  violatesBars(nowMs: number): boolean {
    this.#barRequestsAtMs = this.#barRequestsAtMs.filter((atMs) => nowMs - atMs < tenMinutes.windowMs);
    this.#barRequestsAtMs.push(nowMs);
    return this.#barRequestsAtMs.length > tenMinutes.count;
  }
}

function weightOf(asked: readonly { readonly weight: number }[]): number {
  return asked.reduce((sum, { weight }) => sum + weight, 0);
}
