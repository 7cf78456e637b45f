import type { Bus } from "#libs/bus/mod.ts";
import {
  type Alert,
  type DayTradeRegime,
  type LimitUse,
  limitUseMessage,
  type RiskState,
} from "#libs/contracts/mod.ts";
import { DayTradeWatch } from "./day-trades/day-trade-watch.ts";
import { DAY_TRADES_ALLOWED, dayTradesIn, usedDayTrades } from "./day-trades/use.ts";
import { dayResult } from "./evaluate/day-result.ts";
import { markOf } from "./evaluate/price.ts";
import { type Moment, openOrderCount, type RiskView } from "./evaluate/view.ts";
import type { DayPeak } from "./post-trade/day-peak.ts";
import { type LimitWatch, useOf } from "./post-trade/limit-watch.ts";
import { POST_TRADE_LIMITS } from "./post-trade/limits.ts";
import { dayOf } from "./state/positions.ts";
import { sessionDayOf } from "./state/trading-days.ts";
import { riskStateOf, type TradingControl } from "./trading-control.ts";

/** Parts of the drawdown limit: how much of a peak a kill may forget, and how often at the most it is written down. */
const PEAK_STEP = 0.05;
const DAY_TRADES = "day-trades";

export interface WatchOptions {
  readonly bus: Bus;
  readonly control: TradingControl;
  readonly peak: DayPeak;
  readonly view: () => RiskView;
  readonly now: () => Moment;
  /** The limits on the day's result, which are looked at last: what they are measured against is then known. */
  readonly limits: LimitWatch;
  /** A limit's state lasts until its close-out is over, also into the next session day: nothing is opened beside it. */
  readonly closeOutRuns: () => boolean;
  /** The limit uses recorded last, so that a restart repeats no record. */
  readonly recordedUses: readonly LimitUse[];
}

/**
 * What must be noticed between orders: a new session day, a loss that grows without a fill, limits that fill up. Looks
 * a few times a second of machine time; each look that finds something new records it.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #uses = new Map<string, LimitUse>();
  readonly #dayTrades: DayTradeWatch;
  /** What was recorded here last, so that it is not recorded again before the fold has it. */
  #lastRecorded = "";
  /** The day-trading rule in force at the last look; null before the first. */
  #regime: DayTradeRegime | null = null;
  #busy = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    for (const use of options.recordedUses) this.#uses.set(use.name, use);
    const recorded = this.#uses.get(DAY_TRADES)?.used ?? 0;
    this.#dayTrades = new DayTradeWatch({ bus: options.bus, view: options.view, recorded });
  }

  /** One look; never two at a time. */
  async look(): Promise<void> {
    if (this.#busy || !this.#options.bus.up) return;
    this.#busy = true;
    try {
      await this.#options.control.keep();
      await this.#sessionDay();
      await this.#openingPrices();
      await this.#peak();
      await this.#options.limits.look();
      await this.#dayTrades.look();
    } catch (error) {
      // Whatever was refused is news again at the next look.
      this.#lastRecorded = "";
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Records the use of each limit that changed since it was last recorded. */
  async recordUses(): Promise<void> {
    // Told before it is on record: a restart takes what is on record for told.
    await this.#dayTrades.look();
    for (const use of usesOf(this.#options.view())) {
      const known = this.#uses.get(use.name);
      if (known && known.used === use.used && known.limit === use.limit) continue;
      const told = this.#options.limits.toldOf(use.name);
      await this.#options.bus.record(limitUseMessage, [use.name], told === undefined ? use : { ...use, told });
      this.#uses.set(use.name, use);
    }
  }

  /** A new session day: its figures are recorded, a limit of the day before no longer holds entries back. */
  async #sessionDay(): Promise<void> {
    const { control, view } = this.#options;
    const { book, calendar } = view();
    const { session, recorded } = book;
    if (session === null) return;
    const { setBy, since } = control.current;
    const now = riskStateOf(view(), control.current);
    const isNewDay = recorded?.tradingDay !== session.tradingDay;
    await this.#tellRegime(now, recorded?.dayTradeRegime ?? null);
    const regimeChanged = recorded !== null && recorded.dayTradeRegime !== now.dayTradeRegime;
    // Not by `isNewDay` alone: the new day's figures may be on record before the first look at it.
    const setByLimit = POST_TRADE_LIMITS.some(({ code }) => code === setBy);
    const limitIsOver =
      setByLimit && !this.#options.closeOutRuns() && (isNewDay || sessionDayOf(calendar, since) < session.tradingDay);
    if (!isNewDay && !regimeChanged && !limitIsOver) return;
    if (!this.#isNews(`${session.tradingDay} ${now.dayTradeRegime} ${limitIsOver}`)) return;
    if (limitIsOver) {
      await control.change("active", "session-day", `the session day ${session.tradingDay} began`);
    } else {
      await control.recordFigures(isNewDay ? {} : (recorded?.openingPrices ?? {}));
    }
  }

  /**
   * Told before this look records it, so that a kill in between tells it twice rather than never (law 8); and by what was
   * in force at the look before, since anything that is recorded carries the new rule.
   */
  async #tellRegime(
    { dayTradeRegime, dayTradeRegimeReason }: RiskState,
    onRecord: DayTradeRegime | null,
  ): Promise<void> {
    const before = this.#regime ?? onRecord;
    if (before !== null && before !== dayTradeRegime) {
      await this.#options.bus.alert(regimeAlert(before, dayTradeRegime, dayTradeRegimeReason));
    }
    this.#regime = dayTradeRegime;
  }

  /** What was held overnight is measured from its first price known in this session day. */
  async #openingPrices(): Promise<void> {
    const { book, quoteOf, limits } = this.#options.view();
    const { session, recorded } = book;
    if (session === null || recorded?.tradingDay !== session.tradingDay) return;
    const { monotonicMs } = this.#options.now();
    const found: Record<string, number> = {};
    for (const [symbol, entry] of book.symbols) {
      if (symbol in recorded.openingPrices || dayOf(entry, session.tradingDay).start.quantity === 0) continue;
      const quote = quoteOf(symbol);
      const ageMs = quote === undefined ? Number.POSITIVE_INFINITY : monotonicMs - quote.receivedAtMonotonicMs;
      const mark = markOf(quote);
      // The last price of the day before is still on the board in the morning.
      if (mark !== null && ageMs >= 0 && ageMs <= limits.maxQuoteAgeMs) found[symbol] = mark;
    }
    if (Object.keys(found).length === 0) return;
    const prices = { ...recorded.openingPrices, ...found };
    if (this.#isNews(`${session.tradingDay} ${JSON.stringify(prices)}`))
      await this.#options.control.recordFigures(prices);
  }

  /** The drawdown is measured from the day's highest profit, which must outlive this process. */
  async #peak(): Promise<void> {
    const { peak, view, control } = this.#options;
    const now = view();
    peak.look(now.book, dayResult(now));
    const { session, recorded } = now.book;
    if (session === null || recorded?.tradingDay !== session.tradingDay) return;
    const step = PEAK_STEP * now.limits.maxDailyDrawdownFraction * session.equityAtStart;
    const highest = peak.of(now.book);
    if (highest < recorded.peakDayProfit + step) return;
    if (this.#isNews(`${session.tradingDay} peak ${highest}`)) await control.recordFigures();
  }

  #isNews(what: string): boolean {
    const isNews = this.#lastRecorded !== what;
    this.#lastRecorded = what;
    return isNews;
  }
}

/** How much of each limit is used. */
export function usesOf(view: RiskView): readonly LimitUse[] {
  const { book, limits } = view;
  const { session } = book;
  const dayTrades: LimitUse[] =
    session === null
      ? []
      : [
          {
            name: DAY_TRADES,
            used: usedDayTrades(book, dayTradesIn(book, session.window)),
            limit: DAY_TRADES_ALLOWED,
            unit: "day-trades",
          },
        ];
  return [
    { name: "open-orders", used: openOrderCount(view), limit: limits.maxOpenOrders, unit: "orders" },
    ...POST_TRADE_LIMITS.flatMap((limit) => useOf(limit, view) ?? []),
    ...dayTrades,
  ];
}

const regimeAlert = (before: string, after: string, reason: string): Alert => ({
  severity: "warning",
  code: "DAY_TRADE_REGIME_CHANGED",
  title: `Day trading rule is now ${after}, it was ${before}`,
  text: `${reason}. Set DAY_TRADE_REGIME if that is not what your broker applies.`,
  fields: [],
});
