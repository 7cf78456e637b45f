import type { OrderIntent, Quote, WhatIf } from "#libs/contracts/mod.ts";
import { leavesOf, type OpenOrder } from "../state/book.ts";
import { groupAtVenue } from "../state/orders.ts";
import { heldQuantity, ownFigures, symbolBook } from "../state/positions.ts";
import { signedQuantity } from "../state/symbol-day.ts";
import { sessionDayOf } from "../state/trading-days.ts";
import { workingOf } from "../state/working.ts";
import { type DayResult, dayResult } from "./day-result.ts";
import { type Exposure, exposureOf } from "./exposure.ts";
import { type Flow, flowOf } from "./flow.ts";
import { worstPriceOf } from "./price.ts";
import { type Moment, onlyReserved, type RiskView } from "./view.ts";

/** What belongs to the question and not to the state. */
export interface Asked {
  /** Machine wall clock when the question was sent, epoch milliseconds; now when nobody asked. */
  readonly askedAtMs?: number;
  /** What the broker says the order would do to the account; absent when it was not asked. */
  readonly whatIf?: WhatIf;
}

/** What several checks need of one intent, worked out once. */
export interface Facts {
  readonly intent: OrderIntent;
  readonly view: RiskView;
  readonly now: Moment;
  /** Machine wall clock when the question was sent, epoch milliseconds. */
  readonly askedAtMs: number;
  /** The broker's word on margin; null when it was not asked. */
  readonly whatIf: WhatIf | null;
  /** The New York trading day by market time; null while no market clock is known. */
  readonly today: string | null;
  readonly quote: Quote | undefined;
  /** USD a share if it fills at its worst; null when no price is known. */
  readonly worstPrice: number | null;
  readonly purpose: Purpose;
  /** Orders approved and not in the book yet. */
  readonly reserved: readonly OpenOrder[];
  /** Orders of the intent's symbol that may still fill, its own not among them. */
  readonly ofSymbol: readonly OpenOrder[];
  readonly exposure: Exposure;
  readonly flow: Flow;
  /** The session day so far; null before it began. */
  readonly result: DayResult | null;
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

export function factsOf(intent: OrderIntent, view: RiskView, now: Moment, asked: Asked): Facts {
  const reserved = onlyReserved(view);
  const { orders: inBook } = workingOf(view.book, intent.symbol);
  const ofSymbol =
    reserved.length === 0 ? inBook : [...inBook, ...reserved.filter(({ symbol }) => symbol === intent.symbol)];
  const quote = view.quoteOf(intent.symbol);
  const worstPrice = worstPriceOf(intent.order, intent.side, quote);
  return {
    intent,
    view,
    now,
    askedAtMs: asked.askedAtMs ?? now.wallMs,
    whatIf: asked.whatIf ?? null,
    today: now.marketMs === null ? null : sessionDayOf(view.calendar, now.marketMs),
    quote,
    worstPrice,
    purpose: purposeOf(intent, view, ofSymbol, now.marketMs),
    reserved,
    ofSymbol,
    exposure: exposureOf(view, intent.symbol, reserved, worstPrice),
    flow: flowOf(intent, view, now),
    result: dayResult(view),
  };
}

function purposeOf(
  intent: OrderIntent,
  view: RiskView,
  ofSymbol: readonly OpenOrder[],
  marketMs: number | null,
): Purpose {
  const held = sellable(view, intent.symbol);
  if (held === 0 || Math.sign(held) === Math.sign(signedQuantity(intent.side, intent.quantity))) {
    return { kind: "entry", held };
  }
  const exits = workingExitsOf(ofSymbol, intent.side);
  const workingExits = sharesOf(exits);
  // Beside the other exits of its group it takes no more than the largest of them: the venue fills one order of it.
  const group = groupAtVenue(intent, marketMs) ?? intent.clientOrderId;
  exits.set(group, Math.max(exits.get(group) ?? 0, intent.quantity));
  return { kind: "exit", held, workingExits, fits: sharesOf(exits) <= Math.abs(held) };
}

/**
 * Shares that may be closed. Our executions where the broker's word is late: what it says they have been. Where the two
 * differ otherwise, for a moment only, what both of them say: the older of the two must not be closed a second time.
 */
function sellable(view: RiskView, symbol: string): number {
  const entry = symbolBook(view.book, symbol);
  const held = heldQuantity(entry);
  if (entry.reported === null || view.hasSettled(symbol)) return held;
  const own = ownFigures(entry).quantity;
  if (entry.behind) return own;
  if (Math.sign(own) !== Math.sign(held)) return 0;
  return Math.abs(own) < Math.abs(held) ? own : held;
}

/**
 * Shares the working exits of one side may take, by the group of which only one order fills: a bracket's two
 * protective orders, or orders that cancel one another.
 */
function workingExitsOf(ofSymbol: readonly OpenOrder[], side: OrderIntent["side"]): Map<string, number> {
  const byGroup = new Map<string, number>();
  for (const order of ofSymbol) {
    if (order.side !== side || !protects(order, ofSymbol)) continue;
    const group = order.role === "exit" ? (order.oneCancelsAll ?? order.group) : order.group;
    byGroup.set(group, Math.max(byGroup.get(group) ?? 0, leavesOf(order)));
  }
  return byGroup;
}

function sharesOf(byGroup: ReadonlyMap<string, number>): number {
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
