import type { Bar } from "../market/bars.ts";
import { barOf, realTimeBarOf } from "../market/bars.ts";
import { compactDateText, isRegularSession, marketDayAt } from "../market/new-york.ts";
import type { Quote } from "../market/tape.ts";
import { historicalDataUpdate, realTimeBar } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { barTimeText } from "./market-data-requests.ts";
import { sendQuoteChange } from "./quotes.ts";
import type { BarSubscription, HistorySubscription, Session } from "./session.ts";

const realTimeBarSeconds = 5;

/**
 * Walks the market second by second, never skipping one: at 300 times the speed of life, or after a pause of the
 * process, every tick, fill and 5-second bar in between still comes, in order.
 */
export class MarketLoop {
  readonly #context: GatewayContext;
  readonly #onSecond: (epochS: number) => void;
  #epochS: number;
  /** The second whose quote the broker has, by symbol. */
  readonly #quotedAt = new Map<string, number>();

  constructor(context: GatewayContext, onSecond: (epochS: number) => void) {
    this.#context = context;
    this.#onSecond = onSecond;
    this.#epochS = context.clock.nowS();
  }

  /** The market second everything has been played up to. */
  get epochS(): number {
    return this.#epochS;
  }

  /** Plays every second that has passed since the last call. */
  advance(): void {
    const target = this.#context.clock.nowS();
    while (this.#epochS < target) {
      this.#epochS += 1;
      this.#play(this.#epochS);
    }
  }

  /** Gives the broker this second's quote of a symbol, if it does not have it. */
  refreshQuote(symbol: string): void {
    const { market, broker } = this.#context;
    if (market.isManual(symbol) || this.#quotedAt.get(symbol) === this.#epochS) return;
    const quote = market.quote(symbol, this.#epochS);
    if (quote === undefined) return;
    this.#quotedAt.set(symbol, this.#epochS);
    this.#context.publish(broker.quote(symbol, quote, this.#epochS));
  }

  /** A quote set by hand: matched and sent at once. */
  applyManualQuote(symbol: string, quote: Quote, hasTraded: boolean): void {
    this.#context.publish(this.#context.broker.quote(symbol, quote, this.#epochS));
    this.#sendQuote(symbol, quote, hasTraded);
  }

  #play(epochS: number): void {
    const { broker } = this.#context;
    // A bar is complete before the tick that follows it.
    if (epochS % realTimeBarSeconds === 0) this.#sendBars(epochS - realTimeBarSeconds);
    this.#context.publish(broker.advanceTo(epochS));
    for (const symbol of this.#watchedSymbols()) this.#playSymbol(symbol, epochS);
    this.#onSecond(epochS);
  }

  #watchedSymbols(): Set<string> {
    const symbols = new Set(this.#context.broker.symbolsOfInterest());
    for (const session of this.#context.readySessions()) {
      for (const { instrument } of session.quotes.values()) symbols.add(instrument.symbol);
    }
    return symbols;
  }

  #playSymbol(symbol: string, epochS: number): void {
    const { market } = this.#context;
    if (market.isManual(symbol)) return;
    const tape = market.tapeAt(symbol, epochS);
    const quote = market.quote(symbol, epochS);
    if (tape === undefined || quote === undefined) return;
    this.refreshQuote(symbol);
    this.#sendQuote(symbol, quote, (tape.trades[epochS - tape.startEpochS] ?? 0) > 0);
  }

  #sendQuote(symbol: string, quote: Quote, hasTraded: boolean): void {
    for (const session of this.#context.readySessions()) {
      for (const subscription of session.quotes.values()) {
        if (subscription.instrument.symbol !== symbol) continue;
        sendQuoteChange(session, subscription, quote, hasTraded, this.#epochS);
      }
    }
  }

  #sendBars(startEpochS: number): void {
    const manualBars = new Map<string, Bar | undefined>();
    const manualBar = (symbol: string) => {
      if (!manualBars.has(symbol)) manualBars.set(symbol, this.#context.market.takeManualBar(symbol, startEpochS));
      return manualBars.get(symbol);
    };
    for (const session of this.#context.readySessions()) {
      for (const subscription of session.bars.values()) this.#sendBar(session, subscription, startEpochS, manualBar);
      for (const subscription of session.histories.values()) this.#sendUpdate(session, subscription, startEpochS);
    }
  }

  #sendBar(
    session: Session,
    subscription: BarSubscription,
    startEpochS: number,
    manualBar: (symbol: string) => Bar | undefined,
  ): void {
    const { reqId, instrument, series, regularHoursOnly } = subscription;
    if (regularHoursOnly && !isRegularSession(startEpochS)) return;
    const tape = this.#context.market.tapeAt(instrument.symbol, startEpochS);
    const isManual = this.#context.market.isManual(instrument.symbol);
    const bar = isManual
      ? manualBar(instrument.symbol)
      : tape === undefined
        ? undefined
        : realTimeBarOf(tape, startEpochS, series);
    if (bar !== undefined) session.send(realTimeBar(reqId, startEpochS, bar));
  }

  /** Updates of a historical request that is kept up to date: the bar that is being built, every five seconds. */
  #sendUpdate(session: Session, subscription: HistorySubscription, startEpochS: number): void {
    const { reqId, instrument, series, regularHoursOnly, size, formatDate } = subscription;
    if (regularHoursOnly && !isRegularSession(startEpochS)) return;
    const tape = this.#context.market.tapeAt(instrument.symbol, startEpochS);
    if (tape === undefined) return;
    const day = marketDayAt(startEpochS);
    const barSeconds = size.kind === "day" ? 86400 : size.seconds;
    const sinceMidnight = startEpochS - day.midnightEpochS;
    const barStart = day.midnightEpochS + Math.floor(sinceMidnight / barSeconds) * barSeconds;
    const bar = barOf(tape, barStart, startEpochS + realTimeBarSeconds, series);
    if (bar === undefined) return;
    const date = size.kind === "day" ? compactDateText(day.date) : barTimeText(barStart, formatDate);
    session.send(historicalDataUpdate(reqId, date, bar));
  }
}
