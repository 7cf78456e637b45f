import type { OrderIntent } from "#libs/contracts/mod.ts";
import { type Book, leavesOf, type OpenOrder, type SymbolBook } from "../state/book.ts";
import { isForeign } from "../state/foreign-orders.ts";
import { closable } from "../state/late-word.ts";
import { groupAtVenue } from "../state/orders.ts";
import { ownFigures, symbolBook } from "../state/positions.ts";
import { signedQuantity } from "../state/symbol-day.ts";
import { workingOf } from "../state/working.ts";
import { type Moment, onlyReserved, type RiskView } from "./view.ts";

/**
 * What an order is for. An `exit` is on the other side of what is held; it `fits` when it can only bring the position
 * closer to flat, also if every other exit of ours that works fills before it. Orders of others do not close the way out
 * (law 7): what they may do beside the exit is told, not prevented.
 */
export type Purpose =
  | { readonly kind: "entry"; readonly held: number }
  | {
      readonly kind: "exit";
      readonly held: number;
      /** Shares that other working exits of ours will take. */
      readonly workingExits: number;
      /** Shares that orders of others on the same side may take. */
      readonly ordersOfOthers: number;
      readonly fits: boolean;
    };

/** Orders of a symbol that may still fill: in the book, and approved but not in it yet. */
export function ofSymbolIn({ book }: RiskView, symbol: string, reserved: readonly OpenOrder[]): readonly OpenOrder[] {
  const { orders } = workingOf(book, symbol);
  return reserved.length === 0 ? orders : [...orders, ...reserved.filter((order) => order.symbol === symbol)];
}

export function purposeOf(
  intent: OrderIntent,
  view: RiskView,
  ofSymbol: readonly OpenOrder[],
  { marketMs, wallMs }: Moment,
): Purpose {
  const held = sellable(view, intent.symbol, wallMs);
  // What may not be closed while it is doubted may not be closed by what calls itself an entry either.
  const against = held === 0 ? agreed(symbolBook(view.book, intent.symbol)) : held;
  if (against === 0 || Math.sign(against) === Math.sign(signedQuantity(intent.side, intent.quantity))) {
    return { kind: "entry", held };
  }
  const exits = workingExitsOf(view.book, ofSymbol, intent.side);
  const workingExits = sharesOf(exits);
  // Beside the other exits of its group it takes no more than the largest of them: the venue fills one order of it.
  const group = groupAtVenue(intent, marketMs) ?? intent.clientOrderId;
  exits.set(group, Math.max(exits.get(group) ?? 0, intent.quantity));
  const ordersOfOthers = leavesOfAll(othersOnSide(view.book, ofSymbol, intent.side));
  return { kind: "exit", held, workingExits, ordersOfOthers, fits: sharesOf(exits) <= Math.abs(held) };
}

/**
 * Orders of others that would turn the position around if they filled as well as an exit that is approved and the other
 * exits of ours; none when what is held suffices for all.
 */
export function othersBeyond(exit: OrderIntent, view: RiskView, now: Moment): readonly OpenOrder[] {
  const ofSymbol = ofSymbolIn(view, exit.symbol, onlyReserved(view)).filter(
    ({ clientOrderId }) => clientOrderId !== exit.clientOrderId,
  );
  const others = othersOnSide(view.book, ofSymbol, exit.side);
  if (others.length === 0) return others;
  const purpose = purposeOf(exit, view, ofSymbol, now);
  if (purpose.kind === "entry") return [];
  const all = exit.quantity + purpose.workingExits + purpose.ordersOfOthers;
  return all > Math.abs(purpose.held) ? others : [];
}

const othersOnSide = (book: Book, ofSymbol: readonly OpenOrder[], side: OrderIntent["side"]): readonly OpenOrder[] =>
  ofSymbol.filter((order) => order.side === side && isForeign(book, order));

const leavesOfAll = (orders: readonly OpenOrder[]): number =>
  orders.reduce((shares, order) => shares + leavesOf(order), 0);

/** Shares that may be closed; see `state/late-word.ts`. */
export function sellable(view: RiskView, symbol: string, wallMs: number): number {
  const entry = symbolBook(view.book, symbol);
  const hasSettled = entry.reported !== null && view.hasSettled(symbol);
  return closable(entry, ownFigures(entry).quantity, hasSettled, wallMs);
}

/** What both our executions and the broker say is held, 0 where they differ; doubted or not. */
const agreed = (entry: SymbolBook): number => (entry.reported === null ? ownFigures(entry).quantity : 0);

/**
 * Shares our working exits of one side may take, by the group of which only one order fills: a bracket's two
 * protective orders, or orders that cancel one another.
 */
function workingExitsOf(book: Book, ofSymbol: readonly OpenOrder[], side: OrderIntent["side"]): Map<string, number> {
  const byGroup = new Map<string, number>();
  for (const order of ofSymbol) {
    if (order.side !== side || !protects(order, ofSymbol) || isForeign(book, order)) continue;
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
