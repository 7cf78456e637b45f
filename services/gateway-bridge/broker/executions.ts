import type { Fill } from "#libs/contracts/mod.ts";
import type { BrokerExecution } from "../gateway/reports.ts";
import type { Book } from "../orders/book.ts";
import { openOrderOf, ourRef } from "./matching.ts";

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
  return {
    kind: "execution",
    executionId: execution.executionId,
    corrects: newest ?? null,
    clientOrderId: ourRef(book, execution.orderRef) ?? openOrderOf(book, execution, ownClientId) ?? null,
    permId: execution.permId,
    account: execution.account,
    symbol: execution.symbol,
    side: execution.side,
    quantity: execution.quantity,
    price: execution.price,
    executedAt: execution.executedAt ?? nowMs,
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
