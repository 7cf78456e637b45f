import type { AccountSummary, Execution, Fill, OrderEvent, Position } from "#libs/contracts/mod.ts";
import type { Approved } from "./verdict.ts";
import { NEVER_SAID, twice } from "./verdict.ts";

/** What the ledger says after a run in dry-run: there is no other side, so it must agree with itself. */
export interface DryRunEvidence {
  /** Each order that risk approved by `clientOrderId`, protective orders of brackets included. */
  readonly approved: ReadonlyMap<string, Approved>;
  /** Every event of every order, oldest first, with the machine's wall clock in epoch milliseconds. */
  readonly events: readonly { readonly event: OrderEvent; readonly atMs: number }[];
  readonly fills: readonly Fill[];
  readonly positions: ReadonlyMap<string, Position>;
  /** The newest word on the account; null when there was none. */
  readonly account: AccountSummary | null;
  /** USD of the account before the first order. */
  readonly startEquityUsd: number;
  /** PLACE_ORDER frames of this platform at the gateway's socket. */
  readonly placed: number;
  /** Codes of all alerts. */
  readonly alerts: readonly string[];
}

/** From the guard's last look to the event on the disk, on a machine that is busy with a whole platform. */
const ON_THE_WAY_MS = 1000;
/** An order that ended so never came to be, or had nothing when it ended. */
const WITHOUT_FILLS: readonly OrderEvent["status"][] = ["expired", "rejected", "not-sent"];
const OVER: readonly OrderEvent["status"][] = [...WITHOUT_FILLS, "filled", "canceled"];
/** Half a cent for each figure that was rounded. */
const ROUNDING_USD = 0.02;

/** Every line is a broken promise: something was sent, an order was lost or filled beyond its size, or money is wrong. */
export function dryRunViolationsOf(evidence: DryRunEvidence): string[] {
  const { placed, alerts } = evidence;
  return [
    ...(placed === 0 ? [] : [`${placed} orders reached the gateway in dry-run`]),
    ...ordersAgree(evidence),
    ...groupsAgree(evidence),
    ...fillsAgree(evidence),
    ...positionsAgree(evidence),
    ...accountAgrees(evidence),
    ...[...new Set(alerts)].filter((code) => NEVER_SAID.includes(code)).map((code) => `${code} was said`),
  ];
}

const executionsOf = ({ fills }: DryRunEvidence): Execution[] =>
  fills.flatMap((fill) => (fill.kind === "execution" ? [fill] : []));

function* ordersAgree(evidence: DryRunEvidence): Generator<string> {
  const { approved, events } = evidence;
  const filled = new Map<string | null, number>();
  for (const { clientOrderId, quantity } of executionsOf(evidence))
    filled.set(clientOrderId, (filled.get(clientOrderId) ?? 0) + quantity);
  const newest = new Map(events.map(({ event }) => [String(event.clientOrderId), event]));
  const endedAs = new Map<string, OrderEvent["status"]>();
  for (const { event, atMs } of events) {
    const id = event.clientOrderId;
    const approval = approved.get(id);
    const ended = endedAs.get(id);
    if (approval === undefined) yield `${id}: ${event.status} and never approved`;
    else if (event.status === "submitted" && atMs > approval.expiresAt + ON_THE_WAY_MS)
      yield `${id}: submitted ${atMs - approval.expiresAt} ms too late`;
    if (ended !== undefined) yield `${id}: ${event.status} after it was ${ended}`;
    if (OVER.includes(event.status)) endedAs.set(id, event.status);
  }
  for (const [id, { entry, quantity }] of approved) {
    const event = newest.get(id);
    const traded = filled.get(id) ?? 0;
    // The protective orders of an entry that never came to be did not either.
    if (event === undefined && id !== entry && WITHOUT_FILLS.includes(newest.get(entry)?.status ?? "filled")) continue;
    if (event === undefined) yield `${id}: approved, and nothing became of it`;
    else if (traded !== event.filledQuantity)
      yield `${id}: its last event says ${event.filledQuantity} filled, its executions say ${traded}`;
    else if (traded > quantity) yield `${id}: ${traded} filled of ${quantity} approved`;
    else if (event.status === "filled" && id === entry && traded !== quantity)
      yield `${id}: filled with ${traded} of ${quantity}`;
    else if (WITHOUT_FILLS.includes(event.status) && traded > 0) yield `${id}: ${event.status} with ${traded} filled`;
  }
}

function* groupsAgree(evidence: DryRunEvidence): Generator<string> {
  const traded = new Map<string, string>();
  for (const { clientOrderId } of executionsOf(evidence)) {
    const group = evidence.approved.get(clientOrderId ?? "")?.group ?? null;
    if (group === null || clientOrderId === null) continue;
    const other = traded.get(group);
    if (other !== undefined && other !== clientOrderId) yield `${clientOrderId} and ${other} of one group both traded`;
    traded.set(group, clientOrderId);
  }
}

/** Each execution counts once, is of an approved order in its terms, and has one commission. */
function* fillsAgree(evidence: DryRunEvidence): Generator<string> {
  const executions = executionsOf(evidence);
  const commissions = evidence.fills.flatMap((fill) => (fill.kind === "commission" ? [fill.executionId] : []));
  yield* twice(
    executions.map(({ executionId }) => executionId),
    "is counted twice",
  );
  yield* twice(commissions, "was paid for twice");
  const paid = new Set(commissions);
  for (const { executionId, clientOrderId, symbol, side } of executions) {
    const terms = evidence.approved.get(clientOrderId ?? "");
    if (terms?.symbol !== symbol || terms.side !== side)
      yield `execution ${executionId} of ${clientOrderId}: ${side} ${symbol}, approved as ${terms?.side} ${terms?.symbol}`;
    if (!paid.delete(executionId)) yield `execution ${executionId} of ${clientOrderId}: without its commission`;
  }
  for (const executionId of paid) yield `commission of ${executionId}: without its execution`;
}

function* positionsAgree(evidence: DryRunEvidence): Generator<string> {
  const summed = new Map<string, number>();
  for (const { symbol, side, quantity } of executionsOf(evidence))
    summed.set(symbol, (summed.get(symbol) ?? 0) + (side === "buy" ? quantity : -quantity));
  for (const symbol of new Set([...summed.keys(), ...evidence.positions.keys()])) {
    const position = evidence.positions.get(symbol);
    const own = summed.get(symbol) ?? 0;
    if (own !== (position?.quantity ?? 0))
      yield `${symbol}: executions add up to ${own}, published ${position?.quantity ?? 0}`;
    if (own < 0) yield `${symbol}: sold ${-own} more than were bought`;
    if (position?.explained === false) yield `${symbol}: said to be unexplained`;
  }
}

/** The cash is what there was, less what was bought, with what was sold, less every commission. */
function* accountAgrees({ account, fills, startEquityUsd }: DryRunEvidence): Generator<string> {
  if (account === null) return;
  let cash = startEquityUsd;
  for (const fill of fills) {
    if (fill.kind === "commission") cash -= fill.commission;
    else cash += (fill.side === "buy" ? -1 : 1) * fill.quantity * fill.price;
  }
  if (Math.abs(cash - account.totalCash) > ROUNDING_USD)
    yield `the account says ${account.totalCash} USD in cash, its fills leave ${cash.toFixed(2)}`;
}
