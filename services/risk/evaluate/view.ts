import type { Gameplan, Mode, Quote } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import { type RegimeAnswer, regimeOf } from "../day-trades/regime.ts";
import type { Limits } from "../limits.ts";
import type { Book, OpenOrder, RecentOrder, TradingCondition } from "../state/book.ts";

/** Everything a decision is made from, but the time. */
export interface RiskView {
  readonly book: Book;
  /** Orders approved here whose approval the book does not hold yet: check and reserve are one step. */
  readonly reserved: ReadonlyMap<string, OpenOrder>;
  /** The same for the guards of the order flow, oldest first. */
  readonly reservedRecent: readonly RecentOrder[];
  /** USD, the highest that the session day's profit was seen at; the ledger holds it to a part of its limit. */
  readonly peakDayProfit: number;
  /** In force; the stricter of what is recorded and what was just decided. */
  readonly trading: TradingCondition;
  /** Already tightened by the gameplan. */
  readonly limits: Limits;
  readonly plan: PlanView;
  readonly calendar: Calendar;
  readonly mode: Mode;
  readonly quoteOf: (symbol: string) => Quote | undefined;
  /** Whether the broker's word on a position, where our executions say otherwise, has stood for long enough to go by. */
  readonly hasSettled: (symbol: string) => boolean;
  /** Gateway clock minus machine clock, milliseconds; null when it is not known or the market's clock is not real time. */
  readonly clockDriftMs: number | null;
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

/** Which day-trading rule is in force, and why. */
export const regimeIn = ({ book, limits, mode }: RiskView): RegimeAnswer =>
  regimeOf(limits.dayTradeRegime, book.session?.tags ?? null, book.account?.summary.account ?? null, mode);

/** How many orders may still fill: those in the book and those just approved. */
export const openOrderCount = (view: Pick<RiskView, "book" | "reserved">): number =>
  view.book.orders.size + onlyReserved(view).length;

/** Those just approved, of which the book does not know yet. */
export function onlyReserved({ book, reserved }: Pick<RiskView, "book" | "reserved">): readonly OpenOrder[] {
  if (reserved.size === 0) return NONE;
  return [...reserved.values()].filter((order) => !book.decisions.has(order.clientOrderId));
}

const NONE: readonly OpenOrder[] = [];
