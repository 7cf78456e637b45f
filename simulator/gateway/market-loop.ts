import { barOf, realTimeBarOf } from "../market/bars.ts";
import { compactDateText, isRegularSession, marketDayAt, sessionSeconds } from "../market/new-york.ts";
import type { Quote, Tape } from "../market/tape.ts";
import { historicalDataUpdate, marketDataType, realTimeBar } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { sendDepth } from "./depth-requests.ts";
import { barTimeText } from "./history-requests.ts";
import { hasLiveData } from "./market-data-access.ts";
import { sendOptionFigures } from "./option-requests.ts";
import { delayedQuote, receiverOf } from "./quote-streams.ts";
import { delayS, sendClose, sendQuoteChange } from "./quotes.ts";
import type { BarSubscription, HistorySubscription, QuoteSubscription, Session, Subscription } from "./session.ts";
import { sendTickByTick } from "./tick-by-tick-requests.ts";

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
    const { broker } = this.#context;
    const untraded = { ...quote, lastSize: 0 };
    this.#context.publish(broker.quote(symbol, hasTraded ? quote : untraded, this.#epochS));
    this.#context.publish(broker.weighConditions(this.#epochS));
    this.#sendQuote(symbol, quote, hasTraded);
  }

  /** Room for the day of every symbol that is wanted. */
  makeRoom(): void {
    this.#context.market.watch(this.#withBars(this.#watchedSymbols("awaited-too")).size);
  }

  #play(epochS: number): void {
    const { broker, market } = this.#context;
    market.advanceTo(epochS);
    const watched = this.#watchedSymbols();
    this.makeRoom();
    // A bar is complete before the tick that follows it.
    if (epochS % realTimeBarSeconds === 0) this.#sendBars(epochS - realTimeBarSeconds);
    this.#context.publish(broker.advanceTo(epochS));
    for (const symbol of watched) this.#playSymbol(symbol, epochS);
    this.#context.publish(broker.weighConditions(epochS));
    this.#onSecond(epochS);
  }

  /** What is played; a stream whose first prices are not made yet has nothing to be played. */
  #watchedSymbols(which: "playable" | "awaited-too" = "playable"): Set<string> {
    const symbols = new Set(this.#context.broker.symbolsOfInterest());
    for (const session of this.#context.readySessions()) {
      for (const { instrument, isAwaited } of session.quotes.values()) {
        if (!isAwaited || which === "awaited-too") symbols.add(instrument.key);
      }
      for (const { instrument } of session.ticksByTick.values()) symbols.add(instrument.key);
      for (const { instrument } of session.depths.values()) symbols.add(instrument.key);
    }
    return symbols;
  }

  /** And those of which only bars are wanted. */
  #withBars(watched: ReadonlySet<string>): Set<string> {
    const symbols = new Set(watched);
    for (const session of this.#context.readySessions()) {
      for (const { instrument } of session.bars.values()) symbols.add(instrument.key);
      for (const { instrument } of session.histories.values()) symbols.add(instrument.key);
    }
    return symbols;
  }

  #playSymbol(symbol: string, epochS: number): void {
    const { market } = this.#context;
    if (market.isManual(symbol)) return;
    const tape = this.#tapeAt(symbol, epochS);
    const quote = tape === undefined ? undefined : market.quote(symbol, epochS);
    if (tape === undefined || quote === undefined) return;
    this.refreshQuote(symbol);
    this.#sendQuote(symbol, quote, (tape.trades[epochS - tape.startEpochS] ?? 0) > 0);
  }

  #sendQuote(symbol: string, quote: Quote, hasTraded: boolean): void {
    for (const session of this.#context.readySessions()) {
      for (const subscription of session.quotes.values()) {
        if (subscription.instrument.key !== symbol || !isFlowing(this.#context, session, subscription)) continue;
        this.#sendChange(session, subscription, quote, hasTraded);
      }
      for (const subscription of session.ticksByTick.values()) {
        if (subscription.instrument.key !== symbol || !isFlowingLive(this.#context, session, subscription)) continue;
        sendTickByTick(session, subscription, quote, hasTraded, this.#epochS);
      }
      for (const subscription of session.depths.values()) {
        if (subscription.instrument.key !== symbol || !isFlowingLive(this.#context, session, subscription)) continue;
        sendDepth(session, subscription, quote);
      }
    }
  }

  #sendChange(session: Session, subscription: QuoteSubscription, quote: Quote, hasTraded: boolean): void {
    const { reqId, instrument } = subscription;
    if (subscription.delivery === "waiting" || subscription.isAwaited) return;
    // By hand the first price may come long after the question.
    if (subscription.sent === undefined && this.#context.market.isManual(instrument.key)) {
      sendClose(receiverOf(session, subscription), reqId, this.#context.market.tapeAt(instrument.key, this.#epochS));
    }
    if (subscription.delivery === "delayed") {
      const delayed = delayedQuote(this.#context, instrument.key, { quote, hasTraded }, this.#epochS);
      if (delayed === undefined) return;
      const receiver = receiverOf(session, subscription);
      sendQuoteChange(receiver, subscription, delayed.quote, delayed.hasTraded, this.#epochS - delayS);
      return;
    }
    if (subscription.delivery === "frozen") {
      subscription.delivery = "live";
      session.send(marketDataType(reqId, 1));
    }
    sendQuoteChange(session, subscription, quote, hasTraded, this.#epochS);
    sendOptionFigures(this.#context, session, subscription);
  }

  #sendBars(startEpochS: number): void {
    for (const session of this.#context.readySessions()) {
      for (const subscription of session.bars.values()) this.#sendBar(session, subscription, startEpochS);
      for (const subscription of session.histories.values()) this.#sendUpdate(session, subscription, startEpochS);
    }
  }

  #sendBar(session: Session, subscription: BarSubscription, startEpochS: number): void {
    const { reqId, instrument, series, regularHoursOnly } = subscription;
    if (regularHoursOnly && !isRegularSession(startEpochS)) return;
    const tape = this.#tapeOfStreams(instrument.key, startEpochS);
    const bar = tape === undefined ? undefined : realTimeBarOf(tape, startEpochS, series);
    if (bar === undefined || !isFlowingLive(this.#context, session, subscription)) return;
    session.send(realTimeBar(reqId, startEpochS, bar));
  }

  /** Updates of a historical request that is kept up to date: the bar that is being built, every five seconds. */
  #sendUpdate(session: Session, subscription: HistorySubscription, startEpochS: number): void {
    const { reqId, instrument, series, regularHoursOnly, size, formatDate } = subscription;
    if (regularHoursOnly && !isRegularSession(startEpochS)) return;
    const tape = this.#tapeOfStreams(instrument.key, startEpochS);
    if (tape === undefined) return;
    const day = marketDayAt(startEpochS);
    const barSeconds = size.kind === "seconds" ? size.seconds : 86400;
    const sinceMidnight = startEpochS - day.midnightEpochS;
    const barStart = day.midnightEpochS + Math.floor(sinceMidnight / barSeconds) * barSeconds;
    const bar = barOf(tape, barStart, startEpochS + realTimeBarSeconds, series);
    if (bar === undefined || !isFlowingLive(this.#context, session, subscription)) return;
    const date = size.kind === "seconds" ? barTimeText(barStart, formatDate) : compactDateText(day.date);
    session.send(historicalDataUpdate(reqId, date, bar));
  }

  /** Where nothing has a price but by hand, the source's prices are of no stream. */
  #tapeOfStreams(key: string, epochS: number): Tape | undefined {
    const { market } = this.#context;
    const isAwaited = market.isManual(key) && market.quote(key, epochS) === undefined;
    return isAwaited ? undefined : this.#tapeAt(key, epochS);
  }

  /** A day's prices; before they begin the day is made when there is time for it, not for all symbols at midnight. */
  #tapeAt(key: string, epochS: number): Tape | undefined {
    const { market, preparations } = this.#context;
    const { midnightEpochS } = marketDayAt(epochS);
    if (epochS - midnightEpochS >= sessionSeconds.extendedOpen) return market.tapeAt(key, epochS);
    preparations.prepare(key, epochS);
    return undefined;
  }
}

/** Whether a stream reaches its client: not while the farms are gone, nor once it has died without a word. */
function isFlowing(context: GatewayContext, session: Session, subscription: Subscription): boolean {
  const { streams, quietSymbols } = context.faults();
  if (streams === "stopped" || session.isQuiet(subscription)) return false;
  return !quietSymbols.includes(subscription.instrument.symbol);
}

/** As {@link isFlowing}, for what there is only with live data. */
function isFlowingLive(context: GatewayContext, session: Session, subscription: Subscription): boolean {
  return isFlowing(context, session, subscription) && hasLiveData(context, subscription.instrument);
}
