import { z } from "zod";
import {
  clientOrderIdSchema,
  type Denial,
  type Execution,
  type Fill,
  type OrderEvent,
  orderStatusSchema,
  sideSchema,
  TERMINAL_ORDER_STATUSES,
} from "#libs/contracts/mod.ts";
import { lastOrderNumberOf } from "#libs/strategy-kit/mod.ts";

/** A fact of the ledger that concerns a strategy. */
export type LedgerFact =
  | { readonly type: "order-event"; readonly event: OrderEvent }
  | { readonly type: "fill"; readonly fill: Fill }
  | { readonly type: "denied"; readonly denial: Denial };

const signedSharesSchema = z.number();

/** What the ledger says of one strategy: its positions, its working orders, and what it has already counted. */
export const bookSchema = z.object({
  positions: z.record(z.string(), z.object({ quantity: signedSharesSchema, averagePrice: z.number() })),
  orders: z.record(
    z.string(),
    z.object({
      clientOrderId: clientOrderIdSchema,
      parentClientOrderId: clientOrderIdSchema.nullable(),
      symbol: z.string(),
      side: sideSchema,
      status: orderStatusSchema,
      filledQuantity: z.number(),
      leavesQuantity: z.number(),
    }),
  ),
  /** The newest orders that came to an end, oldest first: a repeated event of one of them is no news. */
  settled: z.array(z.object({ clientOrderId: z.string(), status: z.union([orderStatusSchema, z.literal("denied")]) })),
  /** The newest executions, oldest first: each counts once, and a correction replaces what it corrects (law 4). */
  executions: z.array(
    z.object({ executionId: z.string(), symbol: z.string(), shares: signedSharesSchema, price: z.number() }),
  ),
  /** The highest order number seen on the newest day, `YYYYMMDD`. */
  lastOrder: z.object({ day: z.string(), number: z.number().int() }),
});
export type Book = z.infer<typeof bookSchema>;
type BookedExecution = Book["executions"][number];

export const EMPTY_BOOK: Book = {
  positions: {},
  orders: {},
  settled: [],
  executions: [],
  lastOrder: { day: "", number: 0 },
};

/** The bridge already counts each execution once; this is the second line, so a window of the newest is enough. */
const REMEMBERED_MAX = 512;

/** Applies one fact; returns the very same book when the fact is a repetition. */
export function applyFact(book: Book, fact: LedgerFact): Book {
  switch (fact.type) {
    case "order-event":
      return applyOrderEvent(book, fact.event);
    case "fill":
      return fact.fill.kind === "execution" ? applyExecution(book, fact.fill) : book;
    case "denied": {
      const { clientOrderId } = fact.denial.intent;
      if (settledAs(book, clientOrderId) !== undefined) return book;
      return settle(numbered(book, clientOrderId), clientOrderId, "denied");
    }
  }
}

/** The book with only the newest `remembered` of what it has counted: for a snapshot. */
export function trimmed(book: Book, remembered: number): Book {
  return { ...book, settled: book.settled.slice(-remembered), executions: book.executions.slice(-remembered) };
}

function applyOrderEvent(book: Book, event: OrderEvent): Book {
  const { clientOrderId, status } = event;
  const settled = settledAs(book, clientOrderId);
  if (TERMINAL_ORDER_STATUSES.has(status)) {
    if (settled === status) return book;
    const { [clientOrderId]: _ended, ...orders } = book.orders;
    return settle({ ...numbered(book, clientOrderId), orders }, clientOrderId, status);
  }
  // What the broker says late of an order that has ended does not bring it back to life.
  if (settled !== undefined) return book;
  const known = book.orders[clientOrderId];
  if (known?.status === status && known.filledQuantity === event.filledQuantity) return book;
  const { parentClientOrderId, symbol, side, filledQuantity, leavesQuantity } = event;
  const order = { clientOrderId, parentClientOrderId, symbol, side, status, filledQuantity, leavesQuantity };
  return { ...numbered(book, clientOrderId), orders: { ...book.orders, [clientOrderId]: order } };
}

function applyExecution(book: Book, fill: Execution): Book {
  if (book.executions.some((known) => known.executionId === fill.executionId)) return book;
  const corrected = book.executions.find((known) => known.executionId === fill.corrects);
  const execution: BookedExecution = {
    executionId: fill.executionId,
    symbol: fill.symbol,
    shares: fill.side === "buy" ? fill.quantity : -fill.quantity,
    price: fill.price,
  };
  const without =
    corrected === undefined ? book.positions : added(book.positions, { ...corrected, shares: -corrected.shares });
  const executions = book.executions
    .map((known) => (known === corrected ? { ...known, shares: 0 } : known))
    .concat(execution)
    .slice(-REMEMBERED_MAX);
  const numberedBook = fill.clientOrderId === null ? book : numbered(book, fill.clientOrderId);
  return { ...numberedBook, positions: added(without, execution), executions };
}

function added(positions: Book["positions"], { symbol, shares, price }: BookedExecution): Book["positions"] {
  const { quantity, averagePrice } = positions[symbol] ?? { quantity: 0, averagePrice: 0 };
  // Parts of shares are not exact in binary: what is left of 0.1 + 0.2 - 0.3 is no position.
  const after = Math.round((quantity + shares) * 1e6) / 1e6;
  const { [symbol]: _old, ...others } = positions;
  if (after === 0) return others;
  const grows = quantity === 0 || Math.sign(quantity) === Math.sign(shares);
  const turned = !grows && Math.sign(after) !== Math.sign(quantity);
  const average = grows ? (quantity * averagePrice + shares * price) / after : turned ? price : averagePrice;
  return { ...others, [symbol]: { quantity: after, averagePrice: average } };
}

const settledAs = (book: Book, clientOrderId: string) =>
  book.settled.findLast((order) => order.clientOrderId === clientOrderId)?.status;

function settle(book: Book, clientOrderId: string, status: Book["settled"][number]["status"]): Book {
  return { ...book, settled: [...book.settled, { clientOrderId, status }].slice(-REMEMBERED_MAX) };
}

function numbered(book: Book, clientOrderId: string): Book {
  const last = lastOrderNumberOf(clientOrderId);
  if (last === undefined || last.day < book.lastOrder.day) return book;
  if (last.day === book.lastOrder.day && last.number <= book.lastOrder.number) return book;
  return { ...book, lastOrder: last };
}
