import type { Execution, Fill } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import { exactShares } from "../day-trades/tally.ts";
import type { Book } from "./book.ts";
import { addExecuted } from "./orders.ts";
import { dayOf, ownFigures, putDay, setEntry, symbolBook } from "./positions.ts";
import { addExecution, type CountedExecution, recount, signedQuantity, withCommission } from "./symbol-day.ts";
import { sessionDayOf } from "./trading-days.ts";

/** Commissions that may wait for their execution; one that waits longer than this many others is a stranger's. */
const EARLY_COMMISSIONS_MAX = 256;

/** Applies an execution or a commission; each execution counts once, by its id, and corrections replace (law 4). */
export function applyFill(book: Book, fill: Fill, calendar: Calendar): void {
  if (fill.kind === "commission") applyCommission(book, fill.executionId, fill.commission);
  else if (!book.executions.has(fill.executionId)) applyExecution(book, fill, calendar);
}

function applyExecution(book: Book, execution: Execution, calendar: Calendar): void {
  const replaced = execution.corrects === null ? undefined : newestOf(book, execution.corrects);
  if (replaced !== undefined) {
    correct(book, execution, replaced);
    return;
  }
  const tradingDay = sessionDayOf(calendar, execution.executedAt);
  // Older than what is kept: it was counted when it happened, and only its id is forgotten.
  if (book.session !== null && tradingDay < book.session.keptFrom) return;
  const { executionId, symbol } = execution;
  remember(book, executionId, symbol, tradingDay, executionId);
  // The original of a correction that came first must not count beside it.
  if (execution.corrects !== null) remember(book, execution.corrects, symbol, tradingDay, executionId);
  const commission = book.earlyCommissions.get(executionId) ?? 0;
  book.earlyCommissions.delete(executionId);
  const heldBefore = Math.abs(ownFigures(symbolBook(book, symbol)).quantity);
  putDay(book, symbol, addExecution(dayOf(symbolBook(book, symbol), tradingDay), counted(execution, commission)));
  const added = Math.abs(ownFigures(symbolBook(book, symbol)).quantity) - heldBefore;
  book.addedSinceAccount += Math.max(0, added) * execution.price;
  moveReported(book, symbol, signedQuantity(execution.side, execution.quantity));
  addExecuted(book, execution.clientOrderId, execution.quantity);
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
  addExecuted(book, execution.clientOrderId, execution.quantity - before.quantity);
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
 * While the broker's word differs from our executions, a fill is taken into it only where it brings it closer to
 * flat: the word may or may not include the fill already, and the smaller position is the one that can safely be sold.
 */
function moveReported(book: Book, symbol: string, signed: number): void {
  const entry = symbolBook(book, symbol);
  if (entry.reported === null || entry.reported === 0 || Math.sign(entry.reported) === Math.sign(signed)) return;
  setEntry(book, symbol, { ...entry, reported: exactShares(entry.reported + signed) });
}

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
