import type { Alert, Bar } from "#libs/contracts/mod.ts";
import { type Calendar, tradingDayOf } from "#libs/time/mod.ts";
import type { HistoricalRequest } from "../gateway/historical-pacing.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";
import type { Asked, AskOptions } from "../history/asker.ts";
import { endDateTimeOf } from "../history/pages.ts";
import { barsOf } from "../history/past-bars.ts";
import * as alerts from "./alerts.ts";
import { BarSeries, type Missing, type PublishedUntil } from "./series.ts";

export interface BarDeskOptions {
  readonly calendar: Calendar;
  /** Machine's monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly ask: (request: HistoricalRequest, options: AskOptions) => Promise<Asked>;
  /** The newest bars of a symbol that were published before this process began. */
  readonly publishedUntil: (symbol: string) => Promise<PublishedUntil>;
  readonly onBar: (bar: Bar) => void;
  readonly alert: (alert: Alert) => void;
  readonly onLog: (fields: object, message: string) => void;
}

/** How long bars wait for the history before they are published as they are, machine time. */
const HOLD_MS = 20_000;
/** A question that failed is repeated after this at the earliest, within the time bars wait. */
const AGAIN_MS = 2000;
/** One alert on incomplete bars in this time, however many symbols a long outage of the history concerns. */
const ALERT_EVERY_MS = 300_000;

interface Entry {
  series: BarSeries | null;
  /** Bars that came while it was being looked up what was published before. */
  readonly early: FiveSecondBar[];
  /** Since when bars wait for the history; null while none does. */
  heldSinceMs: number | null;
  asking: boolean;
  againAtMs: number;
  /** New York day on which it was last told that the history differs; null: never. */
  differsToldOn: string | null;
}

/** The bars of all symbols: brings the stream's bars and the history's to each series, and what it makes to the bus. */
export class BarDesk {
  readonly #options: BarDeskOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #incomplete = new Map<string, number>();
  #alertedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: BarDeskOptions) {
    this.#options = options;
  }

  /** Symbols whose bars wait for the history. */
  get held(): readonly string[] {
    return [...this.#entries].flatMap(([symbol, { heldSinceMs }]) => (heldSinceMs === null ? [] : symbol));
  }

  /** A symbol's stream ended or begins anew. What waits for the history waits on, from when the stream speaks again. */
  interrupted(symbol: string): void {
    const entry = this.#entries.get(symbol);
    if (entry === undefined) return;
    entry.series?.interrupted();
    entry.heldSinceMs = null;
  }

  bar(symbol: string, bar: FiveSecondBar): void {
    const entry = this.#entries.get(symbol);
    if (entry === undefined) this.#begin(symbol, bar);
    else if (entry.series === null) entry.early.push(bar);
    else this.#publish(symbol, entry, entry.series.live(bar));
  }

  /** Called a few times a second. */
  onTime(): void {
    const nowMs = this.#options.nowMs();
    for (const [symbol, entry] of this.#entries) {
      const { series, heldSinceMs } = entry;
      if (series === null || heldSinceMs === null) continue;
      if (nowMs - heldSinceMs >= HOLD_MS) this.#giveUp(symbol, entry, series);
      else this.#askFor(symbol, entry, series);
    }
    if (this.#incomplete.size > 0 && nowMs - this.#alertedAtMs >= ALERT_EVERY_MS) {
      this.#alertedAtMs = nowMs;
      this.#options.alert(alerts.barsIncomplete(this.#incomplete));
      this.#incomplete.clear();
    }
  }

  #begin(symbol: string, bar: FiveSecondBar): void {
    const { calendar, publishedUntil, onLog } = this.#options;
    const entry: Entry = {
      series: null,
      early: [bar],
      heldSinceMs: null,
      asking: false,
      againAtMs: 0,
      differsToldOn: null,
    };
    this.#entries.set(symbol, entry);
    publishedUntil(symbol)
      .catch((error: unknown): PublishedUntil => {
        onLog({ symbol, error: String(error) }, "what was published before is not known; bars begin with now");
        return {};
      })
      .then((until) => {
        entry.series = new BarSeries(symbol, calendar, until);
        for (const early of entry.early.splice(0)) this.#publish(symbol, entry, entry.series.live(early));
      });
  }

  #publish(symbol: string, entry: Entry, bars: readonly Bar[]): void {
    for (const bar of bars) {
      if (bar.incomplete === true) this.#incomplete.set(symbol, (this.#incomplete.get(symbol) ?? 0) + 1);
      this.#options.onBar(bar);
    }
    const { series } = entry;
    if (series === null) return;
    if (series.missing === null) entry.heldSinceMs = null;
    else {
      entry.heldSinceMs ??= this.#options.nowMs();
      this.#askFor(symbol, entry, series);
    }
  }

  #askFor(symbol: string, entry: Entry, series: BarSeries): void {
    const { nowMs, ask, calendar } = this.#options;
    const { missing } = series;
    if (entry.asking || missing === null || nowMs() < entry.againAtMs) return;
    const patienceMs = (entry.heldSinceMs ?? nowMs()) + HOLD_MS - nowMs();
    entry.asking = true;
    const fromMs = series.checkedFromMs ?? missing.fromMs;
    ask(requestFor(symbol, fromMs, missing), { patienceMs, urgent: true }).then((asked) => {
      entry.asking = false;
      entry.againAtMs = nowMs() + AGAIN_MS;
      if (asked.outcome === "unavailable") {
        this.#options.onLog({ symbol, reason: asked.reason }, "the history that bars wait for is not to be had");
        return;
      }
      this.#takeHistory(symbol, entry, series, missing, barsOf(symbol, "1m", asked.bars, calendar));
    });
  }

  #takeHistory(symbol: string, entry: Entry, series: BarSeries, missing: Missing, minutes: readonly Bar[]): void {
    const { bars, differs } = series.backfill(missing, minutes);
    if (differs !== null) {
      this.#options.onLog({ symbol, ...differs }, "the history differs from a bar that was published");
      const day = tradingDayOf(differs.published.startsAt);
      // Every reconnect looks back: a symbol whose history goes another way would be told of with each.
      if (entry.differsToldOn !== day) this.#options.alert(alerts.barsDiffer(differs.published, differs.history));
      entry.differsToldOn = day;
    }
    if (series.missing === null || bars.length > 0) entry.againAtMs = 0;
    this.#publish(symbol, entry, bars);
  }

  #giveUp(symbol: string, entry: Entry, series: BarSeries): void {
    entry.heldSinceMs = null;
    this.#publish(symbol, entry, series.giveUp());
  }
}

function requestFor(symbol: string, fromMs: number, { toMs }: Missing): HistoricalRequest {
  return {
    kind: "bars",
    symbol,
    exchange: "SMART",
    whatToShow: "TRADES",
    barSeconds: 60,
    endDateTime: endDateTimeOf(toMs),
    duration: `${Math.round((toMs - fromMs) / 1000)} S`,
    regularHoursOnly: false,
  };
}
