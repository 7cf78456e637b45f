import type { z } from "zod";
import type { LedgerEvent } from "#libs/bus/mod.ts";
import {
  type AccountSummary,
  type Approval,
  accountSummaryMessage,
  approvedMessage,
  clientOrderIdSchema,
  deniedMessage,
  type Fill,
  type ForeignOrder,
  fillMessage,
  foreignOrderMessage,
  type Gameplan,
  type GatewayStatus,
  gameplanSchema,
  gatewayStatusMessage,
  type MessageType,
  type OrderEvent,
  type OrderIntent,
  orderEventMessage,
  orderIntentSchema,
  type Position,
  positionMessage,
  type Quote,
  type RiskState,
  riskStateMessage,
  SCHEMA_VERSION,
  type Side,
} from "#libs/contracts/mod.ts";
import { type Calendar, createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { type Evaluation, evaluate } from "../evaluate/evaluate.ts";
import { sellable } from "../evaluate/purpose.ts";
import type { Moment, RiskView } from "../evaluate/view.ts";
import type { Limits } from "../limits.ts";
import { Reservations } from "../reservations.ts";
import { applyTo } from "../state/apply.ts";
import { type Book, emptyBook } from "../state/book.ts";

/** A Monday with a full session. */
export const DAY = "2026-11-23";
export const CALENDAR: Calendar = createCalendar();

/** As the settings' defaults, but for what the tests of other limits would meet first. */
export const LIMITS: Limits = {
  maxDailyLossFraction: 0.02,
  maxDailyDrawdownFraction: 0.03,
  maxLossStreak: 1000,
  maxPositionFraction: 0.1,
  maxConcentrationFraction: 0.5,
  maxGrossExposureFraction: 1,
  maxNetExposureFraction: 1,
  maxOpenOrderNotionalFraction: 1,
  maxBuyingPowerUseFraction: 0.9,
  whatIfFromFraction: 0.5,
  maxOrderNotionalUsd: 1_000_000,
  minMarginEquityUsd: 2000,
  maxOrderQuantity: 5000,
  minOrderQuantity: 1,
  lotSize: 1,
  priceCollarFraction: 0.25,
  bracketCollarFraction: 0.5,
  maxOpenOrders: 20,
  maxOrdersPerMinute: 2000,
  maxCancelsPerMinute: 60,
  maxRepeatedExecutions: 1000,
  repeatedExecutionWindowMs: 60_000,
  maxOrderReversals: 1000,
  orderLoopWindowMs: 60_000,
  maxCancelToFillRatio: 20,
  cancelToFillFrom: 50,
  dayTradeRegime: "auto",
  intradayMarginCushionFraction: 0.05,
  maxQuoteAgeMs: 3000,
  approvalTtlMs: 2000,
  maxClockDriftMs: 10_000,
  maxAccountAgeMs: 90_000,
  maxIntentAgeMs: 10_000,
  duplicateWindowMs: 2000,
  shortSelling: false,
  allowedSymbols: null,
  deniedSymbols: new Set(),
};

export const PLAN: Gameplan = gameplanSchema.parse({
  tradingDay: "any",
  strategies: [{ strategy: "orb", symbols: ["SPY", "IBM", "BAC"], capitalUsd: 50_000, from: "09:30", until: "16:00" }],
});

let serial = 0;
/** An intent to buy ten SPY at a limit of 100, changed as told, under an id of its own. */
export function intent(change: Partial<z.input<typeof orderIntentSchema>> = {}): OrderIntent {
  serial += 1;
  return orderIntentSchema.parse({
    clientOrderId: `o-${serial}`,
    strategy: "orb",
    symbol: "SPY",
    side: "buy",
    quantity: 10,
    order: { type: "limit", limitPrice: 100 },
    timeInForce: "day",
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: null,
    reason: "test",
    ...change,
  });
}

export const SUMMARY: AccountSummary = {
  account: "DU1",
  netLiquidation: 100_000,
  totalCash: 100_000,
  buyingPower: 400_000,
  excessLiquidity: 100_000,
  maintenanceMargin: 0,
  lookAheadExcessLiquidity: 100_000,
  previousDayEquity: 100_000,
  dayTradesRemaining: [3, 3, 3, 3, 3],
};

export const READY: GatewayStatus = {
  state: "ready",
  reason: "",
  acceptsOrders: true,
  frozen: false,
  attempt: 1,
  account: "DU1",
  serverVersion: 193,
  lastOutage: null,
};

/**
 * A ledger, the book folded from it, and clocks, without a bus. Begins as a good morning does: gateway ready, account
 * known, 10:00 New York, quotes of SPY, IBM and BAC at 100.
 */
export class World {
  book: Book = emptyBook();
  readonly ledger: LedgerEvent[] = [];
  readonly reservations = new Reservations();
  readonly quotes = new Map<string, Quote>();
  readonly #apply = applyTo(CALENDAR);
  marketMs: number | null = epochMsOf(DAY, "10:00");
  monotonicMs = 1_000_000;
  wallMs = epochMsOf(DAY, "10:00");
  limits: Limits = LIMITS;
  change: Partial<RiskView> = {};

  constructor(summary: Partial<AccountSummary> = {}) {
    this.feed(gatewayStatusMessage, READY);
    this.summary(summary);
    for (const symbol of ["SPY", "IBM", "BAC"]) this.quote(symbol, 100);
  }

  feed<Data extends z.ZodType, P extends readonly string[]>(message: MessageType<Data, P>, data: z.infer<Data>): void {
    this.#take(ledgerEvent(message, data, { marketTime: this.marketMs, publishedAt: this.wallMs }));
  }

  /** Puts a fact into the ledger once more. */
  replay(event: LedgerEvent): void {
    this.#take(event);
  }

  /** The same facts once more, from the first: what a start without a snapshot reads. */
  replayed(from: Book = emptyBook(), events: readonly LedgerEvent[] = this.ledger): Book {
    return events.reduce(this.#apply, from);
  }

  setTime(day: string, time: string): void {
    this.marketMs = epochMsOf(day, time);
    this.wallMs = this.marketMs;
  }

  summary(change: Partial<AccountSummary> = {}): void {
    this.feed(accountSummaryMessage, { ...SUMMARY, ...change });
  }

  quote(symbol: string, price: number, change: Partial<Quote> = {}): void {
    this.quotes.set(symbol, {
      symbol,
      bid: price,
      ask: price,
      bidSize: 100,
      askSize: 100,
      last: price,
      lastSize: 1,
      delayed: false,
      receivedAtMonotonicMs: this.monotonicMs,
      ticks: 1,
      ...change,
    });
  }

  now(): Moment {
    return { marketMs: this.marketMs, monotonicMs: this.monotonicMs, wallMs: this.wallMs };
  }

  view(): RiskView {
    return {
      book: this.book,
      reserved: this.reservations.orders,
      reservedRecent: this.reservations.recent,
      peakDayProfit: this.book.recorded?.peakDayProfit ?? 0,
      trading: this.book.trading,
      limits: this.limits,
      plan: { known: true, plan: PLAN },
      calendar: CALENDAR,
      mode: "paper",
      quoteOf: (symbol) => this.quotes.get(symbol),
      hasSettled: () => true,
      clockDriftMs: 0,
      ledgerBehind: null,
      ...this.change,
    };
  }

  evaluate(wanted: OrderIntent): Evaluation {
    return evaluate(wanted, this.view(), this.now());
  }

  /** Shares of SPY that an exit may close. */
  closable(): number {
    return sellable(this.view(), "SPY", this.wallMs);
  }

  /** The deny codes; empty when it is approved. */
  codes(wanted: OrderIntent): readonly string[] {
    const evaluation = this.evaluate(wanted);
    return evaluation.outcome === "approved" ? [] : evaluation.reasons.map(({ code }) => code);
  }

  /** Evaluates, reserves and records, as the service does. */
  decide(wanted: OrderIntent): Evaluation {
    const evaluation = this.reserve(wanted);
    if (evaluation.outcome === "approved") this.record(evaluation.approval);
    else this.feed(deniedMessage, { intent: wanted, reasons: [...evaluation.reasons] });
    return evaluation;
  }

  reserve(wanted: OrderIntent): Evaluation {
    const evaluation = this.evaluate(wanted);
    if (evaluation.outcome === "approved") this.reservations.take(evaluation.approval, this.marketMs);
    return evaluation;
  }

  record(approval: Approval): void {
    this.feed(approvedMessage, approval);
    this.reservations.release(approval.intent.clientOrderId);
  }

  event(clientOrderId: string, status: OrderEvent["status"], change: Partial<OrderEvent> = {}): void {
    const order = this.book.orders.get(clientOrderId);
    this.feed(orderEventMessage, {
      clientOrderId: clientOrderIdSchema.parse(clientOrderId),
      parentClientOrderId: null,
      symbol: order?.symbol ?? "SPY",
      side: order?.side ?? "buy",
      status,
      orderId: 1,
      permId: null,
      filledQuantity: 0,
      leavesQuantity: 0,
      averagePrice: null,
      reason: null,
      ...change,
    });
  }

  execution(change: Partial<Extract<Fill, { kind: "execution" }>> = {}): void {
    serial += 1;
    this.feed(fillMessage, {
      kind: "execution",
      executionId: `e-${serial}`,
      corrects: null,
      clientOrderId: null,
      permId: null,
      account: "DU1",
      symbol: "SPY",
      side: "buy",
      quantity: 10,
      price: 100,
      executedAt: this.marketMs ?? this.wallMs,
      ...change,
    });
  }

  commission(executionId: string, commission: number, symbol = "SPY"): void {
    this.feed(fillMessage, { kind: "commission", executionId, symbol, commission });
  }

  /** Approves an order and fills it whole. */
  trade(side: Side, quantity: number, change: Partial<z.input<typeof orderIntentSchema>> = {}, price = 100): string {
    const wanted = intent({ side, quantity, ...change });
    const evaluation = this.decide(wanted);
    if (evaluation.outcome === "denied") throw new Error(`denied: ${JSON.stringify(evaluation.reasons)}`);
    const { clientOrderId, symbol } = wanted;
    this.execution({ clientOrderId, symbol, side, quantity, price });
    this.event(clientOrderId, "filled", { filledQuantity: quantity });
    this.monotonicMs += 3000;
    for (const quote of [...this.quotes.values()])
      this.quotes.set(quote.symbol, { ...quote, receivedAtMonotonicMs: this.monotonicMs });
    return clientOrderId;
  }

  position(change: Partial<Position>): void {
    this.feed(positionMessage, {
      account: "DU1",
      symbol: "SPY",
      quantity: 0,
      averageCost: 100,
      explained: true,
      ...change,
    });
  }

  /** An order that somebody placed at the broker without this platform. */
  foreignOrder(change: Partial<ForeignOrder> = {}): void {
    this.feed(foreignOrderMessage, {
      permId: 77,
      clientId: null,
      orderRef: "",
      symbol: "SPY",
      side: "sell",
      leavesQuantity: 50,
      price: 90,
      status: "working",
      ...change,
    });
  }

  riskState(change: Partial<RiskState>): void {
    this.feed(riskStateMessage, {
      tradingState: "active",
      setBy: "operator",
      reason: "",
      since: 0,
      tradingDay: DAY,
      equityAtSessionStart: 100_000,
      dayTradeRegime: "pattern-day-trader",
      dayTradeRegimeReason: "",
      dayTradesUsed: 0,
      dayProfit: 0,
      ...change,
    });
  }

  #take(event: LedgerEvent): void {
    this.ledger.push(event);
    this.book = this.#apply(this.book, event);
  }
}

function ledgerEvent<Data extends z.ZodType, P extends readonly string[]>(
  message: MessageType<Data, P>,
  data: z.infer<Data>,
  stamps: { readonly marketTime: number | null; readonly publishedAt: number },
): LedgerEvent {
  const envelope = message.envelope.parse({
    schema: SCHEMA_VERSION,
    id: "test",
    source: message.publishers[0] ?? "test",
    mode: "paper",
    causedBy: null,
    data,
    ...stamps,
  });
  return {
    sequence: 0,
    subject: message.pattern,
    envelope,
    // The same message has the same payload type, so the cast holds.
    as: (wanted) => ((wanted as unknown) === message ? (envelope as never) : undefined),
  };
}
