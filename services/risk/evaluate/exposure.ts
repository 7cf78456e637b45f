import type { OpenOrder, SymbolBook, WorkingOrders } from "../state/book.ts";
import { heldQuantity, ownFigures, symbolBook } from "../state/positions.ts";
import { workingBySymbol, workingOf } from "../state/working.ts";
import { markOf } from "./price.ts";
import type { RiskView } from "./view.ts";

/** Maintenance requirement of ordinary stock, parts of its market value: long (FINRA 4210(c)(1)) and short. */
const LONG_REQUIREMENT = 0.25;
const SHORT_REQUIREMENT = 0.3;
/** Initial margin, parts of market value (Regulation T, 12 CFR 220.12). */
const INITIAL_MARGIN = 0.5;

/** How many of the largest positions concentration looks at. */
export const LARGEST_POSITIONS = 3;

/** USD of one symbol: what is held, and what the entries that work or are reserved would add at their worst. */
export interface SymbolExposure {
  readonly heldLong: number;
  readonly heldShort: number;
  readonly workingBuys: number;
  readonly workingSells: number;
}

/** USD of everything held and of everything that may still be filled at its worst, the judged order not among it. */
export interface Exposure {
  /** Of the judged order's symbol. */
  readonly own: SymbolExposure;
  /** All other symbols: each by the larger of its two sides, since buying and selling entries offset each other. */
  readonly grossOfOthers: number;
  /** The most that long may come to be above short, and short above long: exits of the other side filled too. */
  readonly netLong: number;
  readonly netShort: number;
  /** All working and reserved entries. */
  readonly openNotional: number;
  /** The largest of the other symbols, largest first. */
  readonly largestOthers: readonly number[];
  /** Maintenance requirement of what is held, and of the entries, by the model of ordinary stock. */
  readonly heldRequirement: number;
  readonly workingRequirement: number;
  /** Initial margin of the entries (Regulation T). */
  readonly workingInitialMargin: number;
  /** A symbol that counts and of which no price is known at all; null when there is none. */
  readonly unpriced: string | null;
}

export const requirementOf = (side: "buy" | "sell"): number => (side === "buy" ? LONG_REQUIREMENT : SHORT_REQUIREMENT);

/** USD that a symbol's position can be worth at the most if an order of this size is added: the larger of both sides. */
export function worstWith(symbol: SymbolExposure, side: "buy" | "sell", orderUsd: number): number {
  const { heldLong, heldShort, workingBuys, workingSells } = symbol;
  const long = heldLong + workingBuys + (side === "buy" ? orderUsd : 0);
  const short = heldShort + workingSells + (side === "sell" ? orderUsd : 0);
  return Math.max(long, short);
}

/**
 * @param reserved orders approved and not in the book yet
 * @param ownPrice USD a share that the judged order counts at where its symbol has no quote; null when unknown
 */
export function exposureOf(
  view: RiskView,
  symbol: string,
  reserved: readonly OpenOrder[],
  ownPrice: number | null,
): Exposure {
  const { book, quoteOf } = view;
  const added = reserved.length === 0 ? null : workingBySymbol(reserved);
  let own: SymbolExposure = NOTHING;
  let grossOfOthers = 0;
  let netLong = 0;
  let netShort = 0;
  let openNotional = 0;
  let heldRequirement = 0;
  let workingRequirement = 0;
  let unpriced: string | null = null;
  const largest = new Array<number>(LARGEST_POSITIONS).fill(0);

  const count = (name: string, entry: SymbolBook): void => {
    const figures = ownFigures(entry);
    const quantity = larger(figures.quantity, heldQuantity(entry));
    const working = workingOf(book, name);
    const more = added?.get(name);
    if (quantity === 0 && working.orders.length === 0 && more === undefined) return;
    const mark = markOf(quoteOf(name)) ?? (name === symbol ? ownPrice : null) ?? figures.basis;
    const buys = entriesOf("buys", working, more, mark);
    const sells = entriesOf("sells", working, more, mark);
    if (mark === 0 && (quantity !== 0 || hasUnpriced(working) || (more && hasUnpriced(more)))) unpriced ??= name;
    const heldLong = quantity > 0 ? quantity * mark : 0;
    const heldShort = quantity < 0 ? -quantity * mark : 0;
    const covers = heldShort === 0 ? 0 : Math.min(-quantity, exitsOf("buys", working, more)) * mark;
    const sales = heldLong === 0 ? 0 : Math.min(quantity, exitsOf("sells", working, more)) * mark;
    netLong += heldLong - heldShort + covers + buys;
    netShort += heldShort - heldLong + sales + sells;
    openNotional += buys + sells;
    heldRequirement += heldLong * LONG_REQUIREMENT + heldShort * SHORT_REQUIREMENT;
    workingRequirement += buys * LONG_REQUIREMENT + sells * SHORT_REQUIREMENT;
    if (name === symbol) {
      own = { heldLong, heldShort, workingBuys: buys, workingSells: sells };
      return;
    }
    const worst = Math.max(heldLong + buys, heldShort + sells);
    grossOfOthers += worst;
    keepLargest(largest, worst);
  };

  for (const [name, entry] of book.symbols) count(name, entry);
  for (const name of book.working.keys()) if (!book.symbols.has(name)) count(name, symbolBook(book, name));
  for (const name of added?.keys() ?? []) {
    if (!book.symbols.has(name) && !book.working.has(name)) count(name, symbolBook(book, name));
  }
  return {
    own,
    grossOfOthers,
    netLong,
    netShort,
    openNotional,
    largestOthers: largest,
    heldRequirement,
    workingRequirement,
    workingInitialMargin: openNotional * INITIAL_MARGIN,
    unpriced,
  };
}

const NOTHING: SymbolExposure = { heldLong: 0, heldShort: 0, workingBuys: 0, workingSells: 0 };

/** Shares that count: the larger of our own figure and the broker's word. Negative is short. */
const larger = (own: number, held: number): number => (Math.abs(own) > Math.abs(held) ? own : held);

function entriesOf(
  side: "buys" | "sells",
  working: WorkingOrders,
  more: WorkingOrders | undefined,
  mark: number,
): number {
  const known = working[side];
  const usd = known.entryNotional + known.unpricedShares * mark;
  return more === undefined ? usd : usd + more[side].entryNotional + more[side].unpricedShares * mark;
}

const exitsOf = (side: "buys" | "sells", working: WorkingOrders, more: WorkingOrders | undefined): number =>
  working[side].exitShares + (more?.[side].exitShares ?? 0);

const hasUnpriced = ({ buys, sells }: WorkingOrders): boolean => buys.unpricedShares + sells.unpricedShares > 0;

/** Puts a figure into its place among the largest so far. */
function keepLargest(largest: number[], usd: number): void {
  for (let place = 0, figure = usd; place < largest.length; place += 1) {
    const known = largest[place] ?? 0;
    if (figure <= known) continue;
    largest[place] = figure;
    figure = known;
  }
}
