import type { Instrument } from "../market/instrument.ts";

/** One execution at the simulated exchange. */
export interface Execution {
  /** Four parts joined by dots. A correction repeats the first three and counts the last one up. */
  readonly execId: string;
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly instrument: Instrument;
  readonly account: string;
  readonly exchange: string;
  readonly side: "BOT" | "SLD";
  readonly shares: number;
  /** USD. */
  readonly price: number;
  readonly atEpochS: number;
  readonly cumulativeQuantity: number;
  readonly averagePrice: number;
  readonly orderRef: string;
  /** USD. */
  readonly commission: number;
  /** USD; undefined for one that opened or added to a position. */
  readonly realizedProfit: number | undefined;
}

/** `base.01` for an original, `base.02` for its first correction. */
export function execIdOf(prefix: string, sequence: number, revision: number): string {
  const serial = sequence.toString(16).padStart(8, "0");
  return `${prefix}.${serial}.01.${String(revision).padStart(2, "0")}`;
}

/** What an execution and its corrections have in common. */
export function execIdBase(execId: string): string {
  return execId.slice(0, execId.lastIndexOf("."));
}

/** The id of the next correction of an execution. */
export function correctedExecId(execId: string): string {
  const revision = Number(execId.slice(execId.lastIndexOf(".") + 1)) + 1;
  return `${execIdBase(execId)}.${String(revision).padStart(2, "0")}`;
}

/** The executions that count: of each one and its corrections only the last. Order is kept. */
export function effectiveExecutions(executions: readonly Execution[]): Execution[] {
  const latest = new Map<string, Execution>();
  for (const execution of executions) latest.set(execIdBase(execution.execId), execution);
  return [...latest.values()];
}
