import type { Execution, Side } from "#libs/contracts/mod.ts";
import { addTransaction, exactShares, startTally, type Tally, type Transaction } from "../day-trades/tally.ts";

/** What of an execution counts here. */
export type CountedExecution = Pick<Execution, "executionId" | "side" | "quantity" | "price" | "executedAt"> & {
  /** The order it belongs to, ours or not: partial fills of one order are one transaction. */
  readonly orderKey: string;
  /** USD; 0 until its report came. */
  readonly commission: number;
};

/** Shares, what they count as worth, and what was made on them today. */
export interface Figures {
  /** Negative is short. */
  readonly quantity: number;
  /** USD a share from which profit is measured: today's average price, or the opening price of what was held over. */
  readonly basis: number;
  /** USD made today by closing, before commissions. */
  readonly realized: number;
}

export interface Start {
  readonly quantity: number;
  /** USD a share. */
  readonly basis: number;
  /** Shares of `quantity` that were there before our first execution and were taken over from the broker's word. */
  readonly adopted: number;
}

/** One security on one trading day: where it began, what happened, and what follows from both. */
export interface SymbolDay {
  readonly tradingDay: string;
  readonly start: Start;
  /** By time of execution. */
  readonly executions: readonly CountedExecution[];
  readonly end: Figures;
  /** USD paid for the day's executions. */
  readonly commissions: number;
  readonly transactions: readonly Transaction[];
  readonly tally: Tally;
  /** The tally before the last transaction, so that its next partial fill need not count the day again. */
  readonly tallyBefore: Tally;
}

export function startDay(tradingDay: string, start: Start): SymbolDay {
  const tally = startTally(start.quantity);
  return {
    tradingDay,
    start,
    executions: [],
    end: atStart(start),
    commissions: 0,
    transactions: [],
    tally,
    tallyBefore: tally,
  };
}

/** Counts a day again from its start: after a correction, a late execution, or a change of what it started with. */
export function recount(tradingDay: string, start: Start, executions: readonly CountedExecution[]): SymbolDay {
  const ordered = executions.toSorted((a, b) => a.executedAt - b.executedAt);
  const transactions = transactionsOf(ordered);
  const before = transactions.slice(0, -1).reduce(addTransaction, startTally(start.quantity));
  const last = transactions.at(-1);
  return {
    tradingDay,
    start,
    executions: ordered,
    end: ordered.reduce<Figures>(execute, atStart(start)),
    commissions: commissionsOf(ordered),
    transactions,
    tally: last ? addTransaction(before, last) : before,
    tallyBefore: before,
  };
}

/** Adds an execution; the usual one, the newest of the newest order, without looking at the day's others. */
export function addExecution(day: SymbolDay, execution: CountedExecution): SymbolDay {
  const newest = day.executions.at(-1);
  const last = day.transactions.at(-1);
  const extends_ = last?.key === execution.orderKey;
  const isNewest = newest === undefined || execution.executedAt >= newest.executedAt;
  const isNewOrder = !extends_ && !day.transactions.some((transaction) => transaction.key === execution.orderKey);
  if (!isNewest || !(extends_ || isNewOrder)) {
    return recount(day.tradingDay, day.start, [...day.executions, execution]);
  }
  const tallyBefore = extends_ ? day.tallyBefore : day.tally;
  const transaction: Transaction = {
    key: execution.orderKey,
    side: execution.side,
    quantity: exactShares(execution.quantity + (extends_ ? last.quantity : 0)),
  };
  return {
    ...day,
    executions: [...day.executions, execution],
    end: execute(day.end, execution),
    commissions: day.commissions + execution.commission,
    transactions: [...(extends_ ? day.transactions.slice(0, -1) : day.transactions), transaction],
    tally: addTransaction(tallyBefore, transaction),
    tallyBefore,
  };
}

// Added up in the order of the executions, so that a day counted again gives the very same sum.
const commissionsOf = (executions: readonly CountedExecution[]): number =>
  executions.reduce((sum, execution) => sum + execution.commission, 0);

const atStart = ({ quantity, basis }: Start): Figures => ({ quantity, basis, realized: 0 });

function transactionsOf(executions: readonly CountedExecution[]): Transaction[] {
  const byOrder = new Map<string, Transaction>();
  for (const { orderKey: key, side, quantity } of executions) {
    const known = byOrder.get(key);
    byOrder.set(key, { key, side, quantity: exactShares(quantity + (known?.quantity ?? 0)) });
  }
  return [...byOrder.values()];
}

function execute(figures: Figures, execution: CountedExecution): Figures {
  const { quantity, basis } = figures;
  const signed = signedQuantity(execution.side, execution.quantity);
  const after = exactShares(quantity + signed);
  const { realized } = figures;
  if (quantity === 0 || Math.sign(quantity) === Math.sign(signed)) {
    const cost = Math.abs(quantity) * basis + execution.quantity * execution.price;
    return { quantity: after, basis: cost / Math.abs(after), realized };
  }
  const closed = Math.min(execution.quantity, Math.abs(quantity));
  return {
    quantity: after,
    basis: after === 0 ? 0 : Math.sign(after) === Math.sign(quantity) ? basis : execution.price,
    realized: realized + closed * (execution.price - basis) * Math.sign(quantity),
  };
}

export const signedQuantity = (side: Side, quantity: number): number => (side === "buy" ? quantity : -quantity);

/** Puts the commission of an execution in the place of what was known of it. */
export function withCommission(day: SymbolDay, executionId: string, commission: number): SymbolDay {
  const index = day.executions.findLastIndex((execution) => execution.executionId === executionId);
  const execution = day.executions[index];
  if (execution === undefined) return day;
  const executions = day.executions.with(index, { ...execution, commission });
  return { ...day, executions, commissions: commissionsOf(executions) };
}
