import type { Execution, Fill } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import { exactShares } from "../day-trades/tally.ts";
import type { Book } from "./book.ts";
import { movedOn } from "./late-word.ts";
import { addExecuted, correctExecuted, markOpposed } from "./orders.ts";
import { dayOf, ownFigures, putDay, symbolBook, withAdopted } from "./positions.ts";
import {
  addExecution,
  type CountedExecution,
  recount,
  type SymbolDay,
  signedQuantity,
  withCommission,
} from "./symbol-day.ts";
import { sessionDayOf } from "./trading-days.ts";

/** Commissions that may wait for their execution; one that waits longer than this many others is a stranger's. */
const EARLY_COMMISSIONS_MAX = 256;

/**
 * Applies an execution or a commission; each execution counts once, by its id, and corrections replace (law 4).
 *
 * @param at when it was told, epoch milliseconds of the machine
 */
export function applyFill(book: Book, fill: Fill, calendar: Calendar, at: number): void {
  if (fill.kind === "commission") {
    applyCommission(book, fill.executionId, fill.commission);
    return;
  }
  if (book.executions.has(fill.executionId)) return;
  const before = symbolBook(book, fill.symbol);
  const replaced = fill.corrects === null ? undefined : newestOf(book, fill.corrects);
  if (replaced === undefined) applyExecution(book, fill, calendar);
  else correct(book, fill, replaced);
  const isOurs = fill.clientOrderId !== null;
  book.symbols.set(fill.symbol, movedOn(before, symbolBook(book, fill.symbol), isOurs, at));
}

function applyExecution(book: Book, execution: Execution, calendar: Calendar): void {
  const tradingDay = sessionDayOf(calendar, execution.executedAt);
  // Older than what is kept: it was counted when it happened, and only its id is forgotten.
  if (book.session !== null && tradingDay < book.session.keptFrom) return;
  const { executionId, symbol } = execution;
  remember(book, executionId, symbol, tradingDay, executionId);
  // The original of a correction that came first must not count beside it.
  if (execution.corrects !== null) remember(book, execution.corrects, symbol, tradingDay, executionId);
  const commission = book.earlyCommissions.get(executionId) ?? 0;
  book.earlyCommissions.delete(executionId);
  const signed = signedQuantity(execution.side, execution.quantity);
  const known = symbolBook(book, symbol);
  const day = dayOf(known, tradingDay);
  const givenBack = adoptedBy(execution, signed, day);
  const before = exactShares(ownFigures(known).quantity - givenBack);
  // In one step: what is held in between was never held, and must not be taken for the broker's word.
  putDay(book, symbol, addExecution(withoutAdopted(day, givenBack), counted(execution, commission)));
  const added = Math.abs(ownFigures(symbolBook(book, symbol)).quantity) - Math.abs(before);
  book.addedSinceAccount += Math.max(0, added) * execution.price;
  addExecuted(book, execution.clientOrderId, execution.quantity);
  markOpposed(book, symbol, execution.side, tradingDay);
}

/** Replaces an execution by its correction, unless a newer correction already did. */
function correct(book: Book, execution: Execution, replacedId: string): void {
  const known = book.executions.get(replacedId);
  if (known === undefined) return;
  const { symbol, tradingDay } = known;
  if (revisionOf(execution.executionId) < revisionOf(replacedId)) {
    remember(book, execution.executionId, symbol, tradingDay, replacedId);
    return;
  }
  const day = dayOf(symbolBook(book, symbol), tradingDay);
  const before = day.executions.find((other) => other.executionId === replacedId);
  remember(book, replacedId, symbol, tradingDay, execution.executionId);
  remember(book, execution.executionId, symbol, tradingDay, execution.executionId);
  if (before === undefined) return;
  const executions = day.executions.map((other) =>
    other === before
      ? counted(execution, book.earlyCommissions.get(execution.executionId) ?? before.commission)
      : other,
  );
  putDay(book, symbol, recount(tradingDay, day.start, executions));
  correctExecuted(book, execution.clientOrderId, execution.quantity - before.quantity);
}

function applyCommission(book: Book, executionId: string, commission: number): void {
  const known = book.executions.get(executionId);
  if (known === undefined) {
    const oldest = book.earlyCommissions.keys().next();
    if (book.earlyCommissions.size >= EARLY_COMMISSIONS_MAX && !oldest.done) book.earlyCommissions.delete(oldest.value);
    book.earlyCommissions.set(executionId, commission);
    return;
  }
  const day = dayOf(symbolBook(book, known.symbol), known.tradingDay);
  putDay(book, known.symbol, withCommission(day, executionId, commission));
}

/**
 * Shares that were taken over from the broker's word and may be those of this execution, which is told after it: executions
 * of others are told when they are asked for. They count once. Where they were there before all the same, the broker's next
 * word says.
 */
function adoptedBy({ clientOrderId }: Execution, signed: number, { start: { adopted } }: SymbolDay): number {
  if (clientOrderId !== null || Math.sign(adopted) !== Math.sign(signed)) return 0;
  return Math.sign(signed) * Math.min(Math.abs(adopted), Math.abs(signed));
}

const withoutAdopted = (day: SymbolDay, shares: number): SymbolDay =>
  shares === 0 ? day : withAdopted(day, -shares, day.start.basis);

/** The execution that now stands where this one stood; undefined when it was never seen. */
function newestOf(book: Book, executionId: string): string | undefined {
  let id = executionId;
  for (;;) {
    const known = book.executions.get(id);
    if (known === undefined) return undefined;
    if (known.current === id) return id;
    id = known.current;
  }
}

function remember(book: Book, executionId: string, symbol: string, tradingDay: string, current: string): void {
  book.executions.set(executionId, { symbol, tradingDay, current });
}

/** The broker numbers corrections in the last part of the execution id: `.01`, `.02`. */
const revisionOf = (executionId: string): number =>
  Number(/\.(\d+)$/.exec(executionId)?.[1] ?? Number.POSITIVE_INFINITY);

const counted = (execution: Execution, commission: number): CountedExecution => ({
  executionId: execution.executionId,
  side: execution.side,
  quantity: execution.quantity,
  price: execution.price,
  executedAt: execution.executedAt,
  orderKey: execution.clientOrderId ?? (execution.permId === null ? execution.executionId : `perm-${execution.permId}`),
  commission,
});
