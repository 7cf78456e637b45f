import type { Bar } from "#libs/contracts/mod.ts";
import { type Calendar, tradingDayOf } from "#libs/time/mod.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";
import {
  Aggregate,
  joined,
  MADE_INTERVALS,
  type MadeInterval,
  MINUTE_MS,
  QUARTER_MS,
  type Traded,
} from "./aggregate.ts";

const SLOT_MS = 5000;
const SLOTS_IN_MINUTE = MINUTE_MS / SLOT_MS;
/** Two sources of one minute may differ by late reports of trades; beyond this fraction of the price they disagree. */
const DIFFERENCE_MAX = 0.001;

/** The newest bar of each interval that was published, by an earlier life of this process perhaps. */
export type PublishedUntil = Partial<Readonly<Record<MadeInterval, number>>>;

/** Minutes that are over and of which the stream did not tell everything; market time, the end excluded. */
export interface Missing {
  readonly fromMs: number;
  readonly toMs: number;
}

interface LiveMinute {
  traded: Traded | null;
  slots: number;
}

/** What came of an answer of the history. */
export interface Backfilled {
  readonly bars: readonly Bar[];
  /** A minute of which the history says something else than what was published; null when they agree. */
  readonly differs: { readonly published: Bar; readonly history: Traded } | null;
}

/**
 * One symbol's bars, from the gateway's bars of 5 seconds and, where those have a gap, from its history. Minutes are
 * settled one after the other: a bar is published once, in its turn, and never changed afterwards. A minute that the
 * stream did not tell in full is held until the history has it; {@link giveUp} ends the waiting, and what is made of
 * such a minute is marked `incomplete`. Pure: no clock, no questions of its own.
 */
export class BarSeries {
  readonly #symbol: string;
  readonly #calendar: Calendar;
  readonly #until: Record<string, number>;
  #aggregate: Aggregate;
  /** The first minute that is not settled; null before the first bar. */
  #cursor: number | null = null;
  /** Bars that end by then were published, or are none of ours: they only complete longer ones. */
  #silentUntil = 0;
  #newestSlot = Number.NEGATIVE_INFINITY;
  readonly #live = new Map<number, LiveMinute>();
  /** What the history knows of minutes that are not settled; null: nothing traded. */
  readonly #past = new Map<number, Traded | null>();
  #lastLive: Bar | null = null;
  #isCut = true;
  /** The last minute that a cut of the stream reached into. */
  #cutUntil = 0;

  constructor(symbol: string, calendar: Calendar, publishedUntil: PublishedUntil = {}) {
    this.#symbol = symbol;
    this.#calendar = calendar;
    this.#until = { ...publishedUntil };
    this.#aggregate = new Aggregate(symbol, calendar);
  }

  /** The stream ended, or was asked for anew: what comes next leaves a gap behind it. */
  interrupted(): void {
    this.#isCut = true;
  }

  /**
   * Takes a bar of 5 seconds; what is late or comes twice changes nothing.
   *
   * @returns the bars to publish now, that one first
   */
  live(slot: FiveSecondBar): Bar[] {
    if (slot.startsAt <= this.#newestSlot || !isSound(slot)) return [];
    const minute = Math.floor(slot.startsAt / MINUTE_MS) * MINUTE_MS;
    if (this.#cursor === null || tradingDayOf(this.#cursor) !== tradingDayOf(minute)) this.#begin(minute);
    if (this.#isCut) this.#cutUntil = minute;
    this.#isCut = false;
    this.#newestSlot = slot.startsAt;
    const { open, high, low, close, volume } = slot;
    const traded = volume > 0 ? { open, high, low, close, volume } : null;
    const known = this.#live.get(minute) ?? { traded: null, slots: 0 };
    this.#live.set(minute, { traded: joined(known.traded, traded), slots: known.slots + 1 });
    const own = traded === null ? [] : [this.#fiveSeconds(slot.startsAt, traded)];
    return [...own, ...this.#settle(false)];
  }

  /** What has to be asked of the history before the next bar can be published; null when nothing has. */
  get missing(): Missing | null {
    const cursor = this.#cursor;
    if (cursor === null) return null;
    let toMs: number | null = null;
    for (let at = cursor; at < this.#newestMinute; at += MINUTE_MS) if (!this.#isKnown(at)) toMs = at + MINUTE_MS;
    return toMs === null ? null : { fromMs: cursor, toMs };
  }

  /** The question for {@link missing} reaches one minute further back, to compare it with what was published. */
  get checkedFromMs(): number | null {
    return this.#lastLive !== null && this.#lastLive.startsAt + MINUTE_MS === this.#cursor
      ? this.#lastLive.startsAt
      : null;
  }

  /** The history's minutes of a stretch that was missing; one that it leaves out had no trade. */
  backfill({ fromMs, toMs }: Missing, minutes: readonly (Traded & { readonly startsAt: number })[]): Backfilled {
    const byStart = new Map(
      minutes.map(({ startsAt, open, high, low, close, volume }) => [startsAt, { open, high, low, close, volume }]),
    );
    const differs = this.#compare(byStart);
    const cursor = this.#cursor ?? toMs;
    for (let at = Math.max(fromMs, cursor); at < toMs; at += MINUTE_MS) {
      const told = byStart.get(at) ?? null;
      const heard = this.#live.get(at)?.traded ?? null;
      // The newest minute may not have reached the history yet: then it knows less of it than the stream told.
      if ((told?.volume ?? 0) >= (heard?.volume ?? 0)) this.#past.set(at, told);
    }
    return { bars: this.#settle(true), differs };
  }

  /** Settles what is missing with what there is. */
  giveUp(): Bar[] {
    const missing = this.missing;
    if (missing === null) return [];
    return this.#settle(true, missing.toMs);
  }

  get #newestMinute(): number {
    return Math.floor(this.#newestSlot / MINUTE_MS) * MINUTE_MS;
  }

  /**
   * The first bar of a day. Minutes since the open (or since the quarter of an hour began) are part of bars that are
   * not over yet, so they are settled too, silently: they were published before, or nobody had asked for them.
   */
  #begin(minute: number): void {
    const day = tradingDayOf(minute);
    for (const interval of MADE_INTERVALS) {
      const startsAt = this.#until[interval];
      // Of another day, or of a later time: a simulated day that is played again.
      if (startsAt !== undefined && (tradingDayOf(startsAt) !== day || startsAt >= minute))
        delete this.#until[interval];
    }
    const resumed = this.#until["1m"];
    const session = this.#calendar.sessionOn(day);
    const quarter = (at: number) => Math.floor(at / QUARTER_MS) * QUARTER_MS;
    let first = quarter(resumed === undefined ? minute : resumed + MINUTE_MS);
    const dayIsOpen = session !== undefined && minute >= session.openMs && this.#until["1d"] === undefined;
    if (dayIsOpen && (minute < session.closeMs || resumed !== undefined)) first = Math.min(first, session.openMs);
    this.#aggregate = new Aggregate(this.#symbol, this.#calendar);
    this.#live.clear();
    this.#past.clear();
    this.#lastLive = null;
    this.#cursor = first;
    this.#silentUntil = resumed === undefined ? minute : resumed + MINUTE_MS;
  }

  #isKnown(minute: number): boolean {
    if (this.#past.has(minute) || (this.#live.get(minute)?.slots ?? 0) >= SLOTS_IN_MINUTE) return true;
    // Outside regular hours the gateway may be silent while nothing trades: only a stream that was cut makes a gap.
    return minute > this.#cutUntil && this.#calendar.phaseAt(minute) !== "open";
  }

  #settle(late: boolean, giveUpBefore = Number.NEGATIVE_INFINITY): Bar[] {
    const bars: Bar[] = [];
    for (;;) {
      const cursor = this.#cursor;
      if (cursor === null || cursor > this.#newestMinute) return bars;
      const live = this.#live.get(cursor);
      const isOver = cursor < this.#newestMinute || (live?.slots ?? 0) >= SLOTS_IN_MINUTE;
      const isKnown = this.#isKnown(cursor);
      if (!isOver || (!isKnown && cursor >= giveUpBefore)) return bars;
      const told = (live?.slots ?? 0) >= SLOTS_IN_MINUTE ? undefined : this.#past.get(cursor);
      const traded = told === undefined ? (live?.traded ?? null) : told;
      const made = this.#aggregate.add({ startsAt: cursor, traded, complete: isKnown });
      for (const bar of made) if (this.#isNews(bar)) bars.push(late ? { ...bar, backfilled: true } : bar);
      this.#lastLive = told === undefined && isKnown ? (made.find(({ interval }) => interval === "1m") ?? null) : null;
      this.#live.delete(cursor);
      this.#past.delete(cursor);
      this.#cursor = cursor + MINUTE_MS;
    }
  }

  #isNews(bar: Bar): boolean {
    const until = this.#until[bar.interval];
    return until === undefined ? this.#cursorEnd > this.#silentUntil : bar.startsAt > until;
  }

  /** Where the bars that are made now end. */
  get #cursorEnd(): number {
    return (this.#cursor ?? 0) + MINUTE_MS;
  }

  #compare(history: ReadonlyMap<number, Traded>): Backfilled["differs"] {
    const published = this.#lastLive;
    const told = published === null ? undefined : history.get(published.startsAt);
    if (published === null || told === undefined) return null;
    const differs = (["open", "high", "low", "close"] as const).some(
      (price) => Math.abs(published[price] - told[price]) > DIFFERENCE_MAX * published[price],
    );
    return differs ? { published, history: told } : null;
  }

  #fiveSeconds(startsAt: number, traded: Traded): Bar {
    const outside = this.#calendar.phaseAt(startsAt) !== "open";
    return {
      symbol: this.#symbol,
      interval: "5s",
      startsAt,
      ...traded,
      ...(outside ? { outsideRegularHours: true } : {}),
    };
  }
}

/** The gateway marks an interval without data by prices of -1 or 0. */
function isSound({ open, high, low, close, volume }: FiveSecondBar): boolean {
  return [open, high, low, close].every((price) => Number.isFinite(price) && price > 0) && high >= low && volume >= 0;
}
