import type { Execution, Side } from "#libs/contracts/mod.ts";
import { addFilled, exactShares, type Filled, startTally, type Tally } from "../day-trades/tally.ts";

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
  readonly tally: Tally;
}

export function startDay(tradingDay: string, start: Start): SymbolDay {
  return {
    tradingDay,
    start,
    executions: [],
    end: atStart(start),
    commissions: 0,
    tally: startTally(start.quantity),
  };
}

/** Counts a day again from its start: after a correction, a late execution, or a change of what it started with. */
export function recount(tradingDay: string, start: Start, executions: readonly CountedExecution[]): SymbolDay {
  const ordered = executions.toSorted((a, b) => a.executedAt - b.executedAt);
  return {
    tradingDay,
    start,
    executions: ordered,
    end: ordered.reduce<Figures>(execute, atStart(start)),
    commissions: commissionsOf(ordered),
    tally: ordered.map(filledOf).reduce(addFilled, startTally(start.quantity)),
  };
}

/** Adds an execution; the usual one, the newest, without looking at the day's others. */
export function addExecution(day: SymbolDay, execution: CountedExecution): SymbolDay {
  const newest = day.executions.at(-1);
  if (newest !== undefined && execution.executedAt < newest.executedAt) {
    return recount(day.tradingDay, day.start, [...day.executions, execution]);
  }
  return {
    ...day,
    executions: [...day.executions, execution],
    end: execute(day.end, execution),
    commissions: day.commissions + execution.commission,
    tally: addFilled(day.tally, filledOf(execution)),
  };
}

const filledOf = ({ orderKey: key, side, quantity }: CountedExecution): Filled => ({ key, side, quantity });

// Added up in the order of the executions, so that a day counted again gives the very same sum.
const commissionsOf = (executions: readonly CountedExecution[]): number =>
  executions.reduce((sum, execution) => sum + execution.commission, 0);

const atStart = ({ quantity, basis }: Start): Figures => ({ quantity, basis, realized: 0 });

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
