import type { StrategyPlan } from "#libs/contracts/mod.ts";
import { type Plan, type StrategyDefinition, sealState } from "#libs/strategy-kit/mod.ts";
import { epochMsOf, type Session } from "#libs/time/mod.ts";
import type { Book } from "./book.ts";
import { failed } from "./failure.ts";
import type { Effect, Run, RunMemory } from "./run.ts";

export interface Beginning {
  readonly definition: StrategyDefinition;
  readonly file: string;
  /** Its entry in the gameplan. */
  readonly entry: StrategyPlan;
  /** The entry's parameters as the strategy's schema made them. */
  readonly parameters: unknown;
  readonly session: Session;
  /** What the ledger says of it now, and up to where. */
  readonly book: Book;
  readonly lastSequence: number;
  /** What it remembers of this very trading day; undefined when it starts fresh. */
  readonly memory: RunMemory | undefined;
  /** The operator asked for a failed strategy to go on from the state it had. */
  readonly revive: boolean;
}

/** A strategy at the start of a day, or where it was before the process ended: one code path for both. */
export function begin(beginning: Beginning): { readonly run: Run; readonly effects: readonly Effect[] } {
  const { definition, file, entry, session, memory, revive } = beginning;
  const plan: Plan = {
    strategy: entry.strategy,
    tradingDay: session.date,
    symbols: entry.symbols,
    capitalUsd: entry.capitalUsd,
    fromMs: epochMsOf(session.date, entry.from),
    untilMs: epochMsOf(session.date, entry.until),
    session,
    parameters: beginning.parameters,
  };
  const planKey = JSON.stringify(entry);
  const orderNumber = lastOrderNumber(beginning);
  const forgot = orderNumber > (memory?.orderNumber ?? 0);
  const told = forgot && !revive ? [forgetfulAlert(entry.strategy)] : [];
  if (memory?.planKey === planKey) {
    const failedBefore = memory.status === "failed";
    const revived = failedBefore && revive ? ({ status: "running", reason: "" } as const) : {};
    const forgetful = !revive && (memory.forgetful || forgot);
    const state = sealState(memory.state);
    // The file may have been changed to ask for no past any more.
    const awaits = definition.warmUp === undefined ? [] : memory.awaits;
    const run = { definition, plan, file, memory: { ...memory, ...revived, orderNumber, forgetful, awaits, state } };
    return { run, effects: told };
  }
  const fresh: Run = {
    definition,
    plan,
    file,
    memory: {
      status: "waiting",
      reason: "",
      tradingDay: session.date,
      planKey,
      lastSequence: memory?.lastSequence ?? beginning.lastSequence,
      orderNumber,
      forgetful: forgot && !revive,
      signalNumber: memory?.signalNumber ?? 0,
      deniedInARow: 0,
      pending: memory?.pending ?? {},
      book: memory?.book ?? beginning.book,
      awaits: definition.warmUp === undefined ? [] : [...plan.symbols],
      bars: {},
      prices: memory?.prices ?? {},
      minuteMs: 0,
      state: null,
    },
  };
  try {
    return {
      run: { ...fresh, memory: { ...fresh.memory, state: sealState(definition.initial(plan)) } },
      effects: told,
    };
  } catch (error) {
    return failed(fresh, error, "initial", "at the start of the day");
  }
}

/** The highest the snapshot or the ledger knows of, so that no number is given out twice (law 2). */
function lastOrderNumber({ memory, book, session }: Beginning): number {
  const inLedger = book.lastOrder.day === session.date.replaceAll("-", "") ? book.lastOrder.number : 0;
  return Math.max(memory?.orderNumber ?? 0, inLedger);
}

/**
 * A strategy that does not remember an order of today could ask for it a second time under another number. Closing
 * stays open to it, and so it still ends the day flat.
 */
const forgetfulAlert = (strategy: string): Effect => ({
  type: "alert",
  causedBy: null,
  alert: {
    severity: "critical",
    code: "STRATEGY_FORGOT_ORDERS",
    title: `Strategy ${strategy} has orders of today that it does not remember`.slice(0, 200),
    text: "Its snapshot was lost or is older than the ledger. It opens no position any more today and only closes. `npx crucible strategy reload` lets it open again.",
    fields: [{ name: "strategy", value: strategy }],
  },
});
