import type { Fill } from "#libs/contracts/mod.ts";
import type { BrokerExecution } from "../gateway/reports.ts";
import type { Book } from "../orders/book.ts";
import { ownOrderOf } from "./matching.ts";

/**
 * The fill that an execution stands for; undefined when it was counted before (law 4). A correction carries the
 * same id but for its last segment (`.01` becomes `.02`) and replaces the newest of its family.
 *
 * @param nowMs market time, for an execution whose own time could not be read
 */
export function fillOf(book: Book, execution: BrokerExecution, ownClientId: number, nowMs: number): Fill | undefined {
  if (book.executions.has(execution.executionId)) return undefined;
  const family = familyOf(book, execution.executionId);
  const newest = family.at(-1);
  // An older version than the one that counts: a repetition from before the correction.
  if (newest !== undefined && revisionOf(newest) > revisionOf(execution.executionId)) return undefined;
  const corrected = newest === undefined ? undefined : book.executions.get(newest);
  return {
    kind: "execution",
    executionId: execution.executionId,
    corrects: newest ?? null,
    clientOrderId: ownOrderOf(book, execution, ownClientId) ?? corrected?.clientOrderId ?? null,
    permId: execution.permId,
    account: execution.account,
    symbol: execution.symbol,
    side: execution.side,
    quantity: execution.quantity,
    price: execution.price,
    // The market clock counts in parts of milliseconds; a stored time does not.
    executedAt: execution.executedAt ?? Math.round(nowMs),
  };
}

/** Known executions that differ in their last segment only, in the order of their revisions. */
function familyOf(book: Book, executionId: string): string[] {
  const base = baseOf(executionId);
  if (base === undefined) return [];
  const family: string[] = [];
  // Revisions count from .01; a family of more than a few does not exist.
  for (let revision = 1; revision <= REVISIONS_MAX; revision += 1) {
    const id = `${base}.${String(revision).padStart(2, "0")}`;
    if (id !== executionId && book.executions.has(id)) family.push(id);
  }
  return family;
}

const REVISIONS_MAX = 20;

function baseOf(executionId: string): string | undefined {
  const match = /^(.+\..+)\.\d{2}$/.exec(executionId);
  return match?.[1];
}

const revisionOf = (executionId: string): number => Number(executionId.slice(executionId.lastIndexOf(".") + 1));

/** Of each execution the newest revision in a list, each once: what was corrected before we heard of it never counted. */
export function newestRevisions(executions: readonly BrokerExecution[]): BrokerExecution[] {
  const newest = new Map<string, BrokerExecution>();
  for (const execution of executions) {
    const family = baseOf(execution.executionId) ?? execution.executionId;
    const other = newest.get(family);
    if (other === undefined || revisionOf(other.executionId) < revisionOf(execution.executionId)) {
      newest.set(family, execution);
    }
  }
  return [...newest.values()];
}

const DAY_MS = 86_400_000;
/** TWS lists the executions of seven days; a gateway those since midnight. */
const AGO_MS_MAX = 8 * DAY_MS;
/** Clocks differ by seconds; one that is a thousand times as fast as life, by minutes of its own. */
const AHEAD_MS_MAX = 3_600_000;

/**
 * A time too long ago, or to come, is none: it would count the execution on a day that is not its own, and one of another
 * age would have all executions before it forgotten. A time without a zone is taken for New York's, and a gateway that
 * means another zone's is hours off.
 *
 * @param marketMs market time; null while it is not known
 * @returns null for a time that cannot be
 */
export function believableTime(executedAt: number | null, marketMs: number | null): number | null {
  if (executedAt === null || marketMs === null) return executedAt;
  const agoMs = marketMs - executedAt;
  return agoMs <= AGO_MS_MAX && agoMs >= -AHEAD_MS_MAX ? executedAt : null;
}
