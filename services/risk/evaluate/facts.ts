import type { OrderIntent, Quote } from "#libs/contracts/mod.ts";
import { leavesOf, type OpenOrder } from "../state/book.ts";
import { heldQuantity, ownFigures, symbolBook } from "../state/positions.ts";
import { signedQuantity } from "../state/symbol-day.ts";
import { sessionDayOf } from "../state/trading-days.ts";
import { worstPriceOf } from "./price.ts";
import { type Moment, openOrders, type RiskView } from "./view.ts";

/** What several checks need of one intent, worked out once. */
export interface Facts {
  readonly intent: OrderIntent;
  readonly view: RiskView;
  readonly now: Moment;
  /** Machine wall clock when the question was sent, epoch milliseconds. */
  readonly askedAtMs: number;
  /** The New York trading day by market time; null while no market clock is known. */
  readonly today: string | null;
  readonly quote: Quote | undefined;
  /** USD a share if it fills at its worst; null when no price is known. */
  readonly worstPrice: number | null;
  readonly purpose: Purpose;
  /** Every order that may still fill, the intent's own not among them. */
  readonly orders: readonly OpenOrder[];
  /** Those of the intent's symbol. */
  readonly ofSymbol: readonly OpenOrder[];
}

/**
 * What an order is for. An `exit` is on the other side of what is held; it `fits` when it can only bring the position
 * closer to flat, also if every other exit that works fills before it.
 */
export type Purpose =
  | { readonly kind: "entry"; readonly held: number }
  | {
      readonly kind: "exit";
      readonly held: number;
      /** Shares that other working exits will take. */
      readonly workingExits: number;
      readonly fits: boolean;
    };

export function factsOf(intent: OrderIntent, view: RiskView, now: Moment, askedAtMs: number): Facts {
  const orders = [...openOrders(view)];
  const ofSymbol = orders.filter((order) => order.symbol === intent.symbol);
  const quote = view.quoteOf(intent.symbol);
  return {
    intent,
    view,
    now,
    askedAtMs,
    today: now.marketMs === null ? null : sessionDayOf(view.calendar, now.marketMs),
    quote,
    worstPrice: worstPriceOf(intent.order, intent.side, quote),
    purpose: purposeOf(intent, view, ofSymbol),
    orders,
    ofSymbol,
  };
}

function purposeOf(intent: OrderIntent, view: RiskView, ofSymbol: readonly OpenOrder[]): Purpose {
  const held = heldQuantity(symbolBook(view.book, intent.symbol));
  if (held === 0 || Math.sign(held) === Math.sign(signedQuantity(intent.side, intent.quantity))) {
    return { kind: "entry", held };
  }
  const workingExits = workingExitsOf(ofSymbol, intent.side);
  return { kind: "exit", held, workingExits, fits: intent.quantity + workingExits <= Math.abs(held) };
}

/** Shares the working exits of one side may take: of a bracket's two protective orders only one fills. */
function workingExitsOf(ofSymbol: readonly OpenOrder[], side: OrderIntent["side"]): number {
  const byGroup = new Map<string, number>();
  for (const order of ofSymbol) {
    if (order.side !== side || !protects(order, ofSymbol)) continue;
    byGroup.set(order.group, Math.max(byGroup.get(order.group) ?? 0, leavesOf(order)));
  }
  let shares = 0;
  for (const leaves of byGroup.values()) shares += leaves;
  return shares;
}

/** A bracket whose entry has not begun to fill protects nothing yet: its orders wait for the entry. */
function protects(order: OpenOrder, ofSymbol: readonly OpenOrder[]): boolean {
  if (order.role !== "protective") return true;
  const entry = ofSymbol.find((other) => other.clientOrderId === order.group);
  return entry === undefined || entry.executed > 0;
}

/** Shares of a symbol held for limits: the larger of our own figure and the broker's word. Negative is short. */
export function exposedQuantity(view: RiskView, symbol: string): number {
  const entry = symbolBook(view.book, symbol);
  const own = ownFigures(entry).quantity;
  const held = heldQuantity(entry);
  return Math.abs(own) > Math.abs(held) ? own : held;
}
