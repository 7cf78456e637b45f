import type { Bar, BarInterval, BarsQuery, BarsReply } from "#libs/contracts/mod.ts";
import { type Calendar, TimeError, tradingDayOf } from "#libs/time/mod.ts";
import type { HistoricalRequest } from "../gateway/historical-pacing.ts";
import type { Asked, AskOptions } from "./asker.ts";
import { KeptPages } from "./kept-pages.ts";
import { INTERVAL_MS, type Page, pageBefore, pageEndsAt, questionFor } from "./pages.ts";
import { barEndsAt, barsOf } from "./past-bars.ts";

export interface BarsDeskOptions {
  readonly calendar: Calendar;
  readonly marketNowMs: () => number | null;
  /** Machine's monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly ask: (request: HistoricalRequest, options: AskOptions) => Promise<Asked>;
}

/** Who asks waits half a minute (`libs/contracts`): the pages of one question have this long in all. */
const PATIENCE_MS = 25_000;
/** Pages looked through for one question: enough for 2,000 bars, and an end for a symbol that hardly trades. */
const PAGES_MAX = 12;
/** What is kept of all pages, bytes: some 170,000 bars. A day's minutes of thirty symbols take 0.6 MB. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** A symbol that was not listed yet has nothing before that either; one such stretch may be a halt. */
const EMPTY_PAGES_MAX = 2;

interface Wanted {
  readonly symbol: string;
  readonly page: Page;
  readonly regularHoursOnly: boolean;
  /** Market time up to which bars are wanted, and market time now. */
  readonly untilMs: number;
  readonly nowMs: number;
  /** Machine's monotonic milliseconds. */
  readonly giveUpAtMs: number;
}

/**
 * Answers for bars of the past. A page that is over is asked once a New York day and then known (a split changes the
 * past, so the next day asks anew); the page of now is asked again when a bar more is over.
 */
export class BarsDesk {
  readonly #options: BarsDeskOptions;
  readonly #kept = new KeptPages(KEPT_BYTES_MAX);
  #day = "";

  constructor(options: BarsDeskOptions) {
    this.#options = options;
  }

  async answer(query: BarsQuery): Promise<BarsReply> {
    const { calendar, marketNowMs } = this.#options;
    const nowMs = marketNowMs();
    if (nowMs === null) return NO_CLOCK;
    this.#forgetYesterday(tradingDayOf(nowMs));
    const { symbol, interval, count } = query;
    // A day's bar is its regular session, for the broker too.
    const regularHoursOnly = interval === "1d" || !query.outsideRegularHours;
    const untilMs = Math.min(query.until ?? nowMs, nowMs);
    const giveUpAtMs = this.#options.nowMs() + PATIENCE_MS;
    let bars: readonly Bar[] = [];
    let beforeMs = untilMs;
    let emptyInARow = 0;
    for (let pages = 0; pages < PAGES_MAX && bars.length < count && emptyInARow < EMPTY_PAGES_MAX; pages += 1) {
      const page = pageWithin(beforeMs, interval, regularHoursOnly, calendar);
      if (page === null) return bars.length === 0 ? TOO_EARLY : { outcome: "answered", bars: bars.slice(-count) };
      const asked = await this.#page({ symbol, page, regularHoursOnly, untilMs, nowMs, giveUpAtMs });
      if (asked.outcome === "unavailable") return asked;
      emptyInARow = asked.bars.length === 0 && interval !== "5s" ? emptyInARow + 1 : 0;
      bars = [...asked.bars.filter((bar) => barEndsAt(interval, bar.startsAt, calendar) <= untilMs), ...bars];
      beforeMs = page.fromMs;
    }
    return { outcome: "answered", bars: bars.slice(-count) };
  }

  async #page(wanted: Wanted): Promise<BarsReply> {
    const { symbol, page, regularHoursOnly, untilMs, nowMs, giveUpAtMs } = wanted;
    const { calendar, ask } = this.#options;
    const { interval } = page;
    const overMs = pageEndsAt(page, regularHoursOnly, calendar);
    const endMs = Math.min(overMs, edgeBefore(nowMs, interval, calendar));
    const neededMs = Math.min(endMs, untilMs);
    const name = { symbol, interval, regularHoursOnly, fromMs: page.fromMs };
    const kept = this.#kept.find(name, neededMs);
    if (kept !== undefined) return { outcome: "answered", bars: kept };
    if (endMs <= page.fromMs) return { outcome: "answered", bars: [] };
    const question = questionFor(page, endMs);
    const request = {
      kind: "bars",
      symbol,
      exchange: "SMART",
      whatToShow: "TRADES",
      regularHoursOnly,
      ...question,
    } as const;
    const asked = await ask(request, { patienceMs: giveUpAtMs - this.#options.nowMs() });
    if (asked.outcome === "unavailable") return asked;
    const bars = barsOf(symbol, interval, asked.bars, calendar).filter(
      ({ startsAt, outsideRegularHours }) =>
        startsAt >= page.fromMs &&
        barEndsAt(interval, startsAt, calendar) <= endMs &&
        !(regularHoursOnly && outsideRegularHours === true),
    );
    // An answer that came over midnight is yesterday's.
    if (tradingDayOf(nowMs) === this.#day) this.#kept.keep(name, bars, endMs);
    return { outcome: "answered", bars: [...bars] };
  }

  #forgetYesterday(day: string): void {
    if (day === this.#day) return;
    this.#day = day;
    this.#kept.clear();
  }
}

/** The end of the newest bar that is over. */
function edgeBefore(nowMs: number, interval: BarInterval, calendar: Calendar): number {
  if (interval !== "1d") return Math.floor(nowMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  const today = tradingDayOf(nowMs);
  const closesMs = calendar.sessionOn(today)?.closeMs;
  if (closesMs !== undefined && closesMs <= nowMs) return closesMs;
  return calendar.sessionOn(calendar.previousTradingDay(today))?.closeMs ?? nowMs;
}

/** Null before the calendar begins. */
function pageWithin(...where: Parameters<typeof pageBefore>): Page | null {
  try {
    return pageBefore(...where);
  } catch (error) {
    if (error instanceof TimeError && error.code === "CALENDAR_RANGE") return null;
    throw error;
  }
}

const TOO_EARLY: BarsReply = {
  outcome: "unavailable",
  reason: "the calendar of the exchange begins in 2013, and with it the history: ask for later bars",
  retryAfterMs: null,
};

const NO_CLOCK: BarsReply = {
  outcome: "unavailable",
  reason: "the market's time is not known yet: no gateway has told it",
  retryAfterMs: 1000,
};
