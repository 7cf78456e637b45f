import type {
  AccountSummary,
  ClientOrderId,
  CloseOut,
  DayTradeRegime,
  DenyReason,
  GatewayStatus,
  OrderStatus,
  Side,
  TradingState,
} from "#libs/contracts/mod.ts";
import type { SymbolDay } from "./symbol-day.ts";

/**
 * What the ledger says, as far as risk needs it: a pure fold, so that it is the same after a kill as before (law 6).
 *
 * The maps are changed in place: the fold is their only owner, and copying ten days of decisions for each event would
 * cost more than everything else risk does. Everything inside them is immutable.
 */
export interface Book {
  trading: TradingCondition;
  /** The newest close-out, running or over; null when there never was one. */
  closeOut: CloseOut | null;
  /** What the newest `risk.state` said of the session day; null before the first. */
  recorded: RecordedSession | null;
  gateway: GatewayStatus | null;
  account: Account | null;
  session: SessionDay | null;
  readonly symbols: Map<string, SymbolBook>;
  /** Orders that are approved and not over, and those that are over but whose executions are still expected. */
  readonly orders: Map<string, OpenOrder>;
  /** The same orders by symbol, with their sums: made from `orders`, and kept beside it by `putOrder`. */
  readonly working: Map<string, WorkingOrders>;
  /** Every order id that was decided on in the last ten trading days. */
  readonly decisions: Map<string, Decided>;
  readonly executions: Map<string, KnownExecution>;
  /** Commissions that came before their execution, by execution id. */
  readonly earlyCommissions: Map<string, number>;
  /** The newest approved orders, oldest first, protective ones not among them. */
  recentOrders: readonly RecentOrder[];
  /** The newest cancelled orders, oldest first. */
  recentCancels: readonly RecentCancel[];
  /** How the orders of each strategy ended on its newest day. */
  readonly flow: Map<string, DayFlow>;
  /** Positions closed with a loss one after another in the session day; made from the executions. */
  lossStreak: number;
  /** USD that executions have added to positions since the broker's account figures last changed. */
  addedSinceAccount: number;
  /** Ids of the messages in which the operator accepted a position: each counts once. */
  readonly acceptedPositions: Set<string>;
}

export interface TradingCondition {
  readonly tradingState: TradingState;
  /** `operator`, or the limit that tripped. */
  readonly setBy: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface RecordedSession {
  readonly tradingDay: string | null;
  readonly dayTradeRegime: DayTradeRegime;
  readonly openingPrices: Readonly<Record<string, number>>;
  /** USD, the highest the day's profit has been; 0 where nothing higher is on record. */
  readonly peakDayProfit: number;
  /** Limits that the operator disregards until the session day ends, by their code. */
  readonly overridden: readonly string[];
}

export interface Account {
  readonly summary: AccountSummary;
  /** Machine wall clock when the bridge published it, epoch milliseconds. */
  readonly publishedAt: number;
}

/** Begins with the first account summary of a New York trading day, by market time; never with a restart. */
export interface SessionDay {
  readonly tradingDay: string;
  /** The five trading days that end with this one: the window of the day-trade count. */
  readonly window: readonly string[];
  /** The oldest trading day whose executions and decisions are kept. */
  readonly keptFrom: string;
  /** USD: what the daily loss is measured against. */
  readonly equityAtStart: number;
  /** The day's clearest word for the old rule: once a summary counts, it counts for the rest of the day. */
  readonly tags: AccountSummary["dayTradesRemaining"];
  /** Day trades the broker counts in the window and our executions do not show; never lowered within the day. */
  readonly unseenDayTrades: number;
}

export interface SymbolBook {
  /** Oldest first; the last one's end is what is held now. */
  readonly days: readonly SymbolDay[];
  /** What the broker says it holds, while our executions say otherwise; null when they agree. */
  readonly reported: number | null;
  /** Whether that is what our executions came to a moment ago: then it is late, and they are the newer word. */
  readonly behind: boolean;
  /** What our executions came to before each of the newest, oldest first: what a late word of the broker may still say. */
  readonly passed: readonly PassedQuantity[];
  /** Since the broker said what our executions cannot explain; null while they can. */
  readonly doubt: Doubt | null;
  /** False while the broker holds what our executions do not explain. */
  readonly explained: boolean;
}

export interface Doubt {
  /** Shares, what the broker said last; negative is short. */
  readonly word: number;
  /** When anything was last told of the symbol: machine wall clock, epoch milliseconds. */
  readonly at: number;
}

export interface PassedQuantity {
  /** Shares; negative is short. */
  readonly quantity: number;
  /** When the execution that moved on from it was told: machine wall clock, epoch milliseconds. */
  readonly until: number;
  /** Whether a word of the broker's was later than it: then no word after that one is from before it. */
  readonly isSaid: boolean;
}

export type OrderRole = "entry" | "exit" | "protective";

export interface OpenOrder {
  readonly clientOrderId: ClientOrderId;
  /** The entry's id for the orders of a bracket, else its own: of a group's protective orders only one fills. */
  readonly group: string;
  readonly role: OrderRole;
  /** The strategy that asked for it, or `operator`; `unknown` for an order that is not ours. */
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  /** USD a share if it fills at its worst; 0 for an order that is not ours and has no price we know. */
  readonly worstPrice: number;
  /** USD a share up to which it trades at once, or down to which it does; null while it waits for a trigger. */
  readonly restsAt: number | null;
  readonly holdOvernight: boolean;
  readonly status: "approved" | OrderStatus;
  /** Shares executed so far, by execution. */
  readonly executed: number;
  /** Shares that corrections took from `executed`: what the broker says of the order may still count them. */
  readonly correctedAway: number;
  /** Shares it filled in all, once it is over; null while it is not. */
  readonly settled: number | null;
  /** The newest trading day of which an execution of the other side was told while it could fill: what it filled before that may be told later. */
  readonly opposedOn?: string;
  /** The group at the venue of which one order alone fills; none for an order of no group. */
  readonly oneCancelsAll?: string;
}

/** What is still reserved: an order that is over keeps what it filled until the executions say so themselves. */
export const leavesOf = ({ quantity, settled, executed, correctedAway }: OpenOrder): number =>
  Math.max(0, settled === null ? quantity - executed : settled - executed - correctedAway);

/** The orders of one symbol that may still fill, and what they come to: an order is judged by it, not by all orders. */
export interface WorkingOrders {
  /** In the order in which they were approved. */
  readonly orders: readonly OpenOrder[];
  readonly buys: WorkingSide;
  readonly sells: WorkingSide;
}

export interface WorkingSide {
  /** USD of the entries, each at its worst. */
  readonly entryNotional: number;
  /** Shares of entries of which no price is known: orders that are not ours. */
  readonly unpricedShares: number;
  /** Shares of exits and protective orders; of a bracket both count, though only one fills. */
  readonly exitShares: number;
}

/** What the guards against a strategy gone wild look at: what was sent lately, and what became of it. */
export interface RecentOrder {
  readonly clientOrderId: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  /** Type and prices, as `termsOf` has them. */
  readonly terms: string;
  readonly isEntry: boolean;
  /** Machine monotonic clock. */
  readonly approvedAtMonotonicMs: number;
  /** True when it ended with nothing executed; until then it counts as one that executes. */
  readonly unfilled: boolean;
}

/** An order of a strategy that was cancelled, when the bridge told of it: machine wall clock, epoch milliseconds. */
export interface RecentCancel {
  readonly strategy: string;
  readonly at: number;
}

/** How a strategy's orders of one session day ended. */
export interface DayFlow {
  readonly tradingDay: string;
  readonly canceled: number;
  readonly filled: number;
}

interface DecidedBase {
  readonly clientOrderId: ClientOrderId;
  /** Trading day of the decision, for pruning. */
  readonly tradingDay: string;
  /** What was asked for, so that another order under the same id is recognised. */
  readonly fingerprint: string;
}

export type Decided =
  | (DecidedBase & {
      readonly outcome: "approved";
      /** Epoch milliseconds. */
      readonly expiresAt: number;
      readonly holdOvernight: boolean;
      /** True from the order's terminal event on: what is repeated afterwards changes nothing. */
      readonly over: boolean;
    })
  | (DecidedBase & { readonly outcome: "denied"; readonly reasons: readonly DenyReason[] });

export interface KnownExecution {
  readonly symbol: string;
  readonly tradingDay: string;
  /** The execution that stands in its place; its own id when it was never corrected. */
  readonly current: string;
}

export function emptyBook(): Book {
  return {
    trading: { tradingState: "active", setBy: "start", reason: "first start", since: 0 },
    closeOut: null,
    recorded: null,
    gateway: null,
    account: null,
    session: null,
    symbols: new Map(),
    orders: new Map(),
    working: new Map(),
    decisions: new Map(),
    executions: new Map(),
    earlyCommissions: new Map(),
    recentOrders: [],
    recentCancels: [],
    flow: new Map(),
    lossStreak: 0,
    addedSinceAccount: 0,
    acceptedPositions: new Set(),
  };
}
