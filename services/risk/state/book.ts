import type {
  AccountSummary,
  ClientOrderId,
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
  /** What the newest `risk.state` said of the session day; null before the first. */
  recorded: RecordedSession | null;
  gateway: GatewayStatus | null;
  account: Account | null;
  session: SessionDay | null;
  readonly symbols: Map<string, SymbolBook>;
  /** Orders that are approved and not over, and those that are over but whose executions are still expected. */
  readonly orders: Map<string, OpenOrder>;
  /** Every order id that was decided on in the last ten trading days. */
  readonly decisions: Map<string, Decided>;
  readonly executions: Map<string, KnownExecution>;
  /** Commissions that came before their execution, by execution id. */
  readonly earlyCommissions: Map<string, number>;
  /** The newest approved entries, oldest first, to notice one that is sent twice under two ids. */
  recentEntries: readonly RecentEntry[];
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
  readonly tags: AccountSummary["dayTradesRemaining"];
  /** Day trades the broker counts in the window and our executions do not show; never lowered within the day. */
  readonly unseenDayTrades: number;
}

export interface SymbolBook {
  /** Oldest first; the last one's end is what is held now. */
  readonly days: readonly SymbolDay[];
  /** What the broker says it holds, while our executions say otherwise; null when they agree. */
  readonly reported: number | null;
  /** False while the broker holds what our executions do not explain. */
  readonly explained: boolean;
}

export type OrderRole = "entry" | "exit" | "protective";

export interface OpenOrder {
  readonly clientOrderId: ClientOrderId;
  /** The entry's id for the orders of a bracket, else its own: of a group's protective orders only one fills. */
  readonly group: string;
  readonly role: OrderRole;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  /** USD a share if it fills at its worst; 0 for an order that is not ours and has no price we know. */
  readonly worstPrice: number;
  readonly holdOvernight: boolean;
  readonly status: "approved" | OrderStatus;
  /** Shares executed so far, by execution. */
  readonly executed: number;
  /** Shares it filled in all, once it is over; null while it is not. */
  readonly settled: number | null;
}

/** What is still reserved: an order that is over keeps what it filled until the executions say so themselves. */
export const leavesOf = (order: OpenOrder): number => Math.max(0, (order.settled ?? order.quantity) - order.executed);

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

export interface RecentEntry {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  /** Machine monotonic clock. */
  readonly approvedAtMonotonicMs: number;
}

export function emptyBook(): Book {
  return {
    trading: { tradingState: "active", setBy: "start", reason: "first start", since: 0 },
    recorded: null,
    gateway: null,
    account: null,
    session: null,
    symbols: new Map(),
    orders: new Map(),
    decisions: new Map(),
    executions: new Map(),
    earlyCommissions: new Map(),
    recentEntries: [],
  };
}
