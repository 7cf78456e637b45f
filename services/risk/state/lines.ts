import type { DayTradeCount } from "../day-trades/tally.ts";
import type { Book, OpenOrder, RecordedSession, SymbolBook, WorkingOrders } from "./book.ts";
import { dayOf, heldQuantity, ownFigures, symbolBook } from "./positions.ts";
import type { Figures, SymbolDay } from "./symbol-day.ts";
import { workingFrom, workingOf } from "./working.ts";

/**
 * One symbol with its orders, and what follows from the two alone. They are immutable and replaced when they change, so a
 * line is made once for each change of its symbol, however often all symbols are looked at.
 */
export class Line {
  readonly symbol: string;
  readonly entry: SymbolBook;
  readonly working: WorkingOrders;
  /** What our executions say is held. */
  readonly own: Figures;
  /** Shares that count: the larger of our own figure and the broker's word. Negative is short. */
  readonly quantity: number;
  /** Whether an order of the symbol works, or is reserved. */
  readonly works: boolean;
  /** Day trades made within a window, and those that today may add: counted by `day-trades/use.ts` when first asked for. */
  made: (DayTradeCount & { readonly from: string; readonly until: string }) | null = null;
  ahead: {
    readonly today: string;
    readonly ifAllCloses: DayTradeCount;
    readonly ifExitsFill: DayTradeCount;
  } | null = null;
  /** Whether the day's profit is measured, by what is recorded of the day: kept by `evaluate/day-result.ts`. */
  measured: {
    readonly day: SymbolDay;
    readonly recorded: RecordedSession | null;
    readonly isMeasured: boolean;
  } | null = null;
  #day: SymbolDay | null = null;

  constructor(symbol: string, entry: SymbolBook, working: WorkingOrders) {
    this.symbol = symbol;
    this.entry = entry;
    this.working = working;
    this.own = ownFigures(entry);
    this.quantity = larger(this.own.quantity, heldQuantity(entry));
    this.works = working.orders.length > 0;
  }

  /** The symbol's record of a trading day. */
  dayOf(tradingDay: string): SymbolDay {
    if (this.#day?.tradingDay !== tradingDay) this.#day = dayOf(this.entry, tradingDay);
    return this.#day;
  }
}

const larger = (own: number, held: number): number => (Math.abs(own) > Math.abs(held) ? own : held);

const kept = new WeakMap<Book, readonly Line[]>();

/** Every symbol that the book knows or has an order of. What the book does not change stays the same line. */
export function linesOf(book: Book): readonly Line[] {
  const known = kept.get(book) ?? [];
  const lines: Line[] = [];
  let working = 0;
  for (const [symbol, entry] of book.symbols) {
    const line = sameOrNew(known[lines.length], symbol, entry, workingOf(book, symbol));
    if (line.works) working += 1;
    lines.push(line);
  }
  if (working < book.working.size) {
    // Orders of symbols of which nothing was executed and the broker has told nothing.
    for (const [symbol, orders] of book.working) {
      if (book.symbols.has(symbol)) continue;
      lines.push(sameOrNew(known[lines.length], symbol, symbolBook(book, symbol), orders));
    }
  }
  kept.set(book, lines);
  return lines;
}

function sameOrNew(known: Line | undefined, symbol: string, entry: SymbolBook, working: WorkingOrders): Line {
  const isSame = known?.entry === entry && known.working === working && known.symbol === symbol;
  return isSame ? known : new Line(symbol, entry, working);
}

/** The lines with orders that are not in the book: those approved and not read back yet, and one that is judged. */
export function linesWith(book: Book, lines: readonly Line[], orders: readonly OpenOrder[]): readonly Line[] {
  if (orders.length === 0) return lines;
  const more = Map.groupBy(orders, ({ symbol }) => symbol);
  const all = [...lines];
  for (const [symbol, added] of more) {
    const at = lines.findIndex((line) => line.symbol === symbol);
    const { entry, working } = lines[at] ?? { entry: symbolBook(book, symbol), working: workingOf(book, symbol) };
    all[at < 0 ? all.length : at] = new Line(symbol, entry, workingFrom([...working.orders, ...added]));
  }
  return all;
}
