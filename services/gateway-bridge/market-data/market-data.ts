import type { Bus } from "#libs/bus/mod.ts";
import { type Alert, type Bar, barMessage, type Quote, symbolSchema } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import type { HistoricalPacing } from "../gateway/historical-pacing.ts";
import type { HistoryDesk } from "../history/history-desk.ts";
import { MADE_INTERVALS } from "./aggregate.ts";
import * as alerts from "./alerts.ts";
import { BarDesk } from "./bar-desk.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import { Needs } from "./needs.ts";
import type { PublishedUntil } from "./series.ts";

export interface MarketDataOptions {
  readonly bus: Bus;
  readonly calendar: Calendar;
  readonly history: HistoryDesk;
  readonly pacing: HistoricalPacing;
  /** Machine's monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly marketNowMs: () => number | null;
  /** Market seconds a machine second; 0 while a simulated clock is held. */
  readonly clockSpeed: () => number;
  readonly nextRequestId: () => number;
  readonly quietMs: number;
  readonly onQuote: (quote: Quote) => void;
  readonly onTrade: FeedOptions["onTrade"];
  readonly alert: (alert: Alert) => void;
  readonly onLog: (fields: object, message: string) => void;
}

/** Symbols that turn delayed within this are told in one alert. */
const DELAYED_GATHER_MS = 2000;

/** Market data of the bridge: who needs it, what comes of it, and that nothing of it dies without a word. */
export class MarketData {
  readonly feed: Feed;
  readonly #bars: BarDesk;
  readonly #needs = new Needs();
  readonly #options: MarketDataOptions;
  readonly #delayed = new Set<string>();
  #delayedSinceMs = 0;
  #toldBeyond = "";

  constructor(options: MarketDataOptions) {
    const { calendar, history, nowMs, alert, onLog } = options;
    this.#options = options;
    this.#bars = new BarDesk({
      calendar,
      nowMs,
      alert,
      onLog,
      ask: (request, how) => history.ask(request, how),
      publishedUntil: (symbol) => this.#publishedUntil(symbol),
      onBar: (bar) => this.#publish(bar),
    });
    this.feed = new Feed({
      ...options,
      onBar: (symbol, bar) => this.#bars.bar(symbol, bar),
      onBarsCut: (symbol) => this.#bars.interrupted(symbol),
      onNews: (news) => alert(alerts.alertOf(news)),
      onDelayed: (symbol) => this.#onDelayed(symbol),
    });
  }

  /** For the health figures. */
  get figures(): { readonly lines: number; readonly without: number; readonly heldBars: number } {
    const { lines, beyond } = this.feed.streams;
    return { lines, without: beyond.length, heldBars: this.#bars.held.length };
  }

  /**
   * Called a few times a second.
   *
   * @param held symbols of positions and working orders
   * @param wanted symbols that the strategies ask for
   */
  onTime(held: Iterable<string>, wanted: readonly string[]): void {
    const { nowMs, marketNowMs, calendar, clockSpeed } = this.#options;
    const isSymbol = (symbol: string) => symbolSchema.safeParse(symbol).success;
    this.#needs.set(new Set([...held].filter(isSymbol)), wanted.filter(isSymbol), nowMs());
    this.feed.streams.want(this.#needs.list(nowMs()));
    this.#tellBeyond();
    const marketMs = marketNowMs();
    this.feed.streams.watch(marketMs !== null && clockSpeed() > 0 ? calendar.phaseAt(marketMs) : "closed");
    this.#bars.onTime();
    if (this.#delayed.size > 0 && nowMs() - this.#delayedSinceMs >= DELAYED_GATHER_MS) {
      this.#options.alert(alerts.delayed([...this.#delayed]));
      this.#delayed.clear();
    }
  }

  #tellBeyond(): void {
    const { beyond } = this.feed.streams;
    const key = beyond.join();
    if (key !== "" && key !== this.#toldBeyond) this.#options.alert(alerts.tooManySymbols(beyond));
    this.#toldBeyond = key;
  }

  #onDelayed(symbol: string): void {
    if (this.#delayed.size === 0) this.#delayedSinceMs = this.#options.nowMs();
    this.#delayed.add(symbol);
  }

  /**
   * Bars of a minute and more come rarely and are wanted all: they are acknowledged, and repeated under one id while
   * the bus is away. Those of 5 seconds are like quotes: the next one is near.
   */
  #publish(bar: Bar): void {
    const { bus, onLog } = this.#options;
    if (bar.interval === "5s") {
      bus.publish(barMessage, [bar.interval, bar.symbol], bar);
      return;
    }
    const id = `bar-${bar.interval}-${bar.symbol}-${bar.startsAt}`;
    bus.record(barMessage, [bar.interval, bar.symbol], bar, { id }).catch((error: unknown) => {
      onLog({ symbol: bar.symbol, interval: bar.interval, error: String(error) }, "a bar could not be published");
    });
  }

  async #publishedUntil(symbol: string): Promise<PublishedUntil> {
    const found: { -readonly [Interval in keyof PublishedUntil]: number } = {};
    for (const interval of MADE_INTERVALS) {
      const newest = await this.#options.bus.lastValue(barMessage, [interval, symbol]);
      if (newest !== null) found[interval] = newest.data.startsAt;
    }
    return found;
  }
}
