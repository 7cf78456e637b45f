import type { Gameplan, Mode, Quote } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import type { Limits } from "../limits.ts";
import type { Book, OpenOrder, RecentEntry, TradingCondition } from "../state/book.ts";

/** Everything a decision is made from, but the time. */
export interface RiskView {
  readonly book: Book;
  /** Orders approved here whose approval the book does not hold yet: check and reserve are one step. */
  readonly reserved: ReadonlyMap<string, OpenOrder>;
  /** The entries among them. */
  readonly reservedEntries: readonly RecentEntry[];
  /** In force; the stricter of what is recorded and what was just decided. */
  readonly trading: TradingCondition;
  /** Already tightened by the gameplan. */
  readonly limits: Limits;
  readonly plan: PlanView;
  readonly calendar: Calendar;
  readonly mode: Mode;
  readonly quoteOf: (symbol: string) => Quote | undefined;
  /** Why the book may be behind the ledger; null when it is not. */
  readonly ledgerBehind: string | null;
}

/** The gameplan as far as it is in force; otherwise why there is none. */
export type PlanView =
  | { readonly known: true; readonly plan: Gameplan }
  | { readonly known: false; readonly why: string };

/** The clocks at one moment: market time for what belongs to the trading day, the machine's for its machinery. */
export interface Moment {
  /** Epoch milliseconds; null while no market clock is known. */
  readonly marketMs: number | null;
  readonly monotonicMs: number;
  /** Epoch milliseconds. */
  readonly wallMs: number;
}

/** All orders that may still fill: those in the book and those just approved. */
export function* openOrders({ book, reserved }: Pick<RiskView, "book" | "reserved">): Generator<OpenOrder> {
  yield* book.orders.values();
  for (const order of reserved.values()) if (!book.decisions.has(order.clientOrderId)) yield order;
}
