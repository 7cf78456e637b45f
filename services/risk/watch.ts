import type { Bus } from "#libs/bus/mod.ts";
import { type Alert, type LimitUse, limitUseMessage } from "#libs/contracts/mod.ts";
import { DAILY_LOSS } from "./checks/daily-loss.ts";
import { DAY_TRADES_ALLOWED, dayTradesIn, usedDayTrades } from "./day-trades/use.ts";
import { dayResult } from "./evaluate/day-result.ts";
import { markOf } from "./evaluate/price.ts";
import { type Moment, openOrders, type RiskView } from "./evaluate/view.ts";
import { dayOf } from "./state/positions.ts";
import { sessionDayOf } from "./state/trading-days.ts";
import { riskStateOf, type TradingControl } from "./trading-control.ts";

/** Parts of the daily loss limit at which the operator is told. */
const LOSS_LEVELS = [0.5, 0.8, 1] as const;

export interface WatchOptions {
  readonly bus: Bus;
  readonly control: TradingControl;
  readonly view: () => RiskView;
  readonly now: () => Moment;
  /** The limit uses recorded last, so that a restart repeats no warning and no record. */
  readonly recordedUses: readonly LimitUse[];
  /** The trading day they belong to; null when it is not known. */
  readonly recordedDay: string | null;
}

/**
 * What must be noticed between orders: a new session day, a loss that grows without a fill, limits that fill up. Looks
 * a few times a second of machine time; each look that finds something new records it.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #uses = new Map<string, LimitUse>();
  #warnedDay: string | null;
  #warnedLevel: number;
  /** What was recorded here last, so that it is not recorded again before the fold has it. */
  #lastRecorded = "";
  #busy = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    for (const use of options.recordedUses) this.#uses.set(use.name, use);
    const loss = this.#uses.get("daily-loss");
    this.#warnedDay = options.recordedDay;
    this.#warnedLevel = loss === undefined ? 0 : levelOf(loss);
  }

  /** One look; never two at a time. */
  async look(): Promise<void> {
    if (this.#busy || !this.#options.bus.up) return;
    this.#busy = true;
    try {
      await this.#options.control.keep();
      await this.#sessionDay();
      await this.#openingPrices();
      await this.#dailyLoss();
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
    for (const use of usesOf(this.#options.view())) {
      const known = this.#uses.get(use.name);
      if (known && known.used === use.used && known.limit === use.limit) continue;
      await this.#options.bus.record(limitUseMessage, [use.name], use);
      this.#uses.set(use.name, use);
    }
  }

  /** A new session day: its figures are recorded, a daily loss of the day before no longer holds entries back. */
  async #sessionDay(): Promise<void> {
    const { control, bus, view } = this.#options;
    const { book, calendar } = view();
    const { session, recorded } = book;
    if (session === null) return;
    const { setBy, since } = control.current;
    const now = riskStateOf(view(), control.current);
    const isNewDay = recorded?.tradingDay !== session.tradingDay;
    const regimeChanged = recorded !== null && recorded.dayTradeRegime !== now.dayTradeRegime;
    // Not by `isNewDay` alone: the new day's figures may be on record before the first look at it.
    const lossIsOver = setBy === DAILY_LOSS && (isNewDay || sessionDayOf(calendar, since) < session.tradingDay);
    if (!isNewDay && !regimeChanged && !lossIsOver) return;
    if (!this.#isNews(`${session.tradingDay} ${now.dayTradeRegime} ${lossIsOver}`)) return;
    if (lossIsOver) {
      await control.change("active", "session-day", `the session day ${session.tradingDay} began`);
    } else {
      await control.recordFigures(isNewDay ? {} : (recorded?.openingPrices ?? {}));
    }
    if (regimeChanged)
      await bus.alert(regimeAlert(recorded.dayTradeRegime, now.dayTradeRegime, now.dayTradeRegimeReason));
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

  #isNews(what: string): boolean {
    const isNews = this.#lastRecorded !== what;
    this.#lastRecorded = what;
    return isNews;
  }

  async #dailyLoss(): Promise<void> {
    const { bus, control, view } = this.#options;
    const { session } = view().book;
    const use = usesOf(view()).find(({ name }) => name === "daily-loss");
    if (session === null || use === undefined) return;
    if (this.#warnedDay !== session.tradingDay) {
      this.#warnedDay = session.tradingDay;
      this.#warnedLevel = 0;
    }
    const level = levelOf(use);
    if (level === 1 && control.current.tradingState === "active") {
      const reason = `the day's loss of ${use.used.toFixed(2)} USD reached the limit of ${use.limit.toFixed(2)} USD`;
      await control.change("reducing", DAILY_LOSS, reason);
    }
    if (level <= this.#warnedLevel) return;
    await bus.alert(lossAlert(level, use, session.tradingDay));
    this.#warnedLevel = level;
    await bus.record(limitUseMessage, [use.name], use);
    this.#uses.set(use.name, use);
  }
}

/** How much of each limit is used. The daily loss is told in whole dollars, since it moves with every quote. */
export function usesOf(view: RiskView): readonly LimitUse[] {
  const { book, limits } = view;
  const { session } = book;
  let open = 0;
  for (const _ of openOrders(view)) open += 1;
  const uses: LimitUse[] = [{ name: "open-orders", used: open, limit: limits.maxOpenOrders, unit: "orders" }];
  const result = dayResult(view);
  if (session === null || result === null) return uses;
  const loss = Math.max(0, Math.floor(-result.profit));
  const limit = limits.maxDailyLossFraction * session.equityAtStart;
  const used = usedDayTrades(book, dayTradesIn(book, session.window));
  return [
    ...uses,
    { name: "daily-loss", used: -result.profit >= limit ? Math.max(loss, limit) : loss, limit, unit: "USD" },
    { name: "day-trades", used, limit: DAY_TRADES_ALLOWED, unit: "day-trades" },
  ];
}

const levelOf = ({ used, limit }: LimitUse): number =>
  LOSS_LEVELS.findLast((level) => limit > 0 && used >= level * limit) ?? 0;

function lossAlert(level: number, use: LimitUse, tradingDay: string): Alert {
  const figures = [
    { name: "loss", value: `${use.used.toFixed(2)} USD` },
    { name: "limit", value: `${use.limit.toFixed(2)} USD` },
    { name: "session day", value: tradingDay },
  ];
  if (level < 1) {
    return {
      severity: "warning",
      code: "DAILY_LOSS_WARNING",
      title: `${level * 100} % of the daily loss limit is used`,
      text: "Entries stop when the limit is reached; exits always pass.",
      fields: figures,
    };
  }
  return {
    severity: "critical",
    code: "DAILY_LOSS_BREACHED",
    title: "The daily loss limit is reached: entries are stopped",
    text: "Only exits pass until the next session day. Open positions are not closed by this: close them if you want them closed.",
    fields: figures,
  };
}

const regimeAlert = (before: string, after: string, reason: string): Alert => ({
  severity: "warning",
  code: "DAY_TRADE_REGIME_CHANGED",
  title: `Day trading rule is now ${after}, it was ${before}`,
  text: `${reason}. Set DAY_TRADE_REGIME if that is not what your broker applies.`,
  fields: [],
});
