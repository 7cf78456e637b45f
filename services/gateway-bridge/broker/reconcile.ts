import type { ClientOrderId } from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import type { BrokerExecution, BrokerOrder, BrokerPosition } from "../gateway/reports.ts";
import { toldAnew } from "../orders/after-end.ts";
import { applyFill, applyOrderEvent, type Book, copyOf, type OpenOrder } from "../orders/book.ts";
import { type Fact, fillProgress, orderFact } from "../orders/facts.ts";
import { fillOf, newestRevisions } from "./executions.ts";
import { openOrderOf, ownOrderOf } from "./matching.ts";
import { accepted, over as endedBy, type SaidOver } from "./order-news.ts";
import { type Difference, differencesOf } from "./positions.ts";

/** What the broker says it has, read in one pass. Its lists may be in any order and name a thing more than once. */
export interface BrokerPicture {
  readonly openOrders: readonly BrokerOrder[];
  readonly completedOrders: readonly BrokerOrder[];
  /** Of our account; since midnight, which is as far back as a gateway knows. */
  readonly executions: readonly BrokerExecution[];
  /** Null when they were not asked for and none are known. */
  readonly positions: readonly BrokerPosition[] | null;
}

export interface ReconcileContext {
  readonly ownClientId: number;
  /** Orders written before the pass began; what was written during it may be missing from its lists. */
  readonly considered: ReadonlySet<ClientOrderId>;
  /** What errors said of orders that are still open here. */
  readonly saidOver: ReadonlyMap<ClientOrderId, SaidOver>;
  /** When each order was first missing from every list, machine time; kept from pass to pass of one session. */
  readonly missingSinceMs: ReadonlyMap<ClientOrderId, number>;
  readonly nowMs: number;
  /** Market time; null while it is not known. */
  readonly marketMs: number | null;
}

export interface Reconciled {
  /** In this order they bring what we believe to what the broker says. */
  readonly facts: readonly Fact[];
  readonly missingSinceMs: ReadonlyMap<ClientOrderId, number>;
  /** Living orders at the broker that are no open order of this ledger; by permId, each once. */
  readonly foreign: readonly BrokerOrder[];
  /** Those among the foreign that are orders of ours which were over here. */
  readonly cameBack: readonly ClientOrderId[];
  /** Orders of which the broker counts more filled than any execution it still lists. */
  readonly unexplainedFills: readonly { readonly clientOrderId: ClientOrderId; readonly filledQuantity: number }[];
  /** Orders of an earlier day that are not listed any more: what became of them, only the position tells. */
  readonly untraced: readonly ClientOrderId[];
  /** Acknowledged orders of this day that are in no list any more, not even among those that ended. */
  readonly vanished: readonly ClientOrderId[];
  /** Positions that our own executions do not explain. */
  readonly positions: readonly Difference[];
}

/** How far apart two passes must be before an order that neither saw counts as never sent (tws.md 7.4). */
export const SETTLE_MS = 5000;
/**
 * The same for an order that the broker had acknowledged and that may work. Every one of those is in some list of the day,
 * so lists without it are not whole yet; ended too soon, its shares would be sold by another order before it comes back.
 */
export const VANISHED_AFTER_MS = 60_000;

/**
 * Compares what we believe with what the broker says. It never leads to sending anything again, and once its facts
 * are applied, the same picture gives none.
 *
 * Executions come first: each that was not counted yet is applied, a correction in place of what it corrects. Then,
 * for each order that is still open:
 *
 * | the broker has it | and we had | becomes |
 * |---|---|---|
 * | anywhere, or not at all, and executions fill it | anything open | filled |
 * | anywhere, or not at all, and executions differ from what its end told | over | over as before or filled, told anew |
 * | among the open | submitted, unknown | accepted, or partially filled |
 * | among the completed, cancelled | anything open | canceled |
 * | among the completed, inactive | anything open | rejected |
 * | among the completed, filled, executions gone | anything open | filled, and flagged |
 * | among the completed, filled at a lesser size, executions there | anything open | filled at that size |
 * | among the completed, not filled, and an error called it over | anything open | what the error said |
 * | nowhere, first pass | submitted, and an error refused it | rejected |
 * | nowhere, first pass | anything open | unknown; as it was, when an error called it over |
 * | nowhere, again 5 s later, and an error called it over | anything open | what the error said |
 * | nowhere, again 5 s later, of this day, never acknowledged | unknown | not sent |
 * | nowhere, still a minute later, of this day, acknowledged before | unknown | canceled, and flagged |
 * | nowhere, again 5 s later, a day order of an earlier day | unknown | expired, and flagged |
 * | nowhere, still a minute later, good till canceled, of an earlier day | unknown | canceled, and flagged |
 *
 * What is read last counts: an order among the open and among the completed ended while the lists were read.
 */
export function reconcile(book: Book, picture: BrokerPicture, context: ReconcileContext): Reconciled {
  const after = copyOf(book);
  const facts: Fact[] = [];
  const take = (fact: Fact) => {
    if (fact.kind === "order") applyOrderEvent(after, fact.event, context.marketMs);
    else applyFill(after, fact.fill);
    facts.push(fact);
  };
  const touched = new Map<ClientOrderId, number | null>();
  for (const execution of inOrder(picture.executions)) {
    const fill = fillOf(after, execution, context.ownClientId, context.marketMs ?? 0);
    if (fill === undefined || fill.kind !== "execution") continue;
    take({ kind: "fill", fill });
    if (fill.clientOrderId !== null) touched.set(fill.clientOrderId, fill.permId);
  }
  // Only when all are counted: a correction may take away what another adds.
  for (const [id, permId] of touched) {
    const progress = fillProgress(after, id, permId);
    if (progress !== undefined) take(progress);
  }
  // Also of what an earlier process counted, and did not live to tell.
  for (const id of [...after.closed.keys()]) {
    const anew = toldAnew(after, id, touched.get(id));
    if (anew !== undefined) take(anew);
  }

  const open = indexOf(after, picture.openOrders.filter(isLiving), context.ownClientId);
  // What the open list names as over is as good as the completed list's word, which follows it.
  const over = [...picture.openOrders.filter((order) => !isLiving(order)), ...picture.completedOrders];
  const completed = indexOf(after, over, context.ownClientId);
  const missingSinceMs = new Map<ClientOrderId, number>();
  const unexplainedFills: { clientOrderId: ClientOrderId; filledQuantity: number }[] = [];
  const untraced: ClientOrderId[] = [];
  const vanished: ClientOrderId[] = [];
  for (const [id, order] of [...after.open]) {
    if (!context.considered.has(id)) continue;
    const here = open.get(id);
    const done = completed.get(id);
    // The process ended between an execution and what it makes of its order.
    if (order.filledQuantity >= order.quantity) {
      take(orderFact(order, "filled", null));
    } else if (here !== undefined && (done === undefined || done.permId !== here.permId)) {
      if (isNews(order, here)) take(accepted(order, here));
      const filledQuantity = here.filledQuantity ?? 0;
      if (filledQuantity > order.filledQuantity) unexplainedFills.push({ clientOrderId: id, filledQuantity });
    } else if (done !== undefined) {
      const filledQuantity = isFilled(done) ? sizeOfFilled(order, done) : (done.filledQuantity ?? 0);
      take(ending(order, done, context.saidOver.get(id), Math.max(filledQuantity, order.filledQuantity)));
      if (filledQuantity > order.filledQuantity) unexplainedFills.push({ clientOrderId: id, filledQuantity });
    } else {
      const since = context.missingSinceMs.get(id);
      // A second reading is for an order that may be on its way; the gateway has answered this one, and has nothing of it.
      const isRefused = order.status === "submitted" && context.saidOver.get(id)?.status === "rejected";
      if (isRefused || (since !== undefined && context.nowMs - since >= settlesAfterMs(order, context))) {
        if (isOfEarlierDay(order, context)) untraced.push(id);
        else if (mayWork(order, context)) vanished.push(id);
        take(gone(order, context));
        continue;
      }
      missingSinceMs.set(id, since ?? context.nowMs);
      // Of one that an error called over it is expected: an execution may be on its way to the second reading.
      const isExpected = order.status === "unknown" || context.saidOver.has(id);
      if (!isExpected) take(orderFact(order, "unknown", "the broker does not list it"));
    }
  }
  // Adopted already, or over by the list that was read later.
  const accountedFor = new Set([...open.values(), ...over].map(({ permId }) => permId));
  const foreign = foreignOrders(after, picture.openOrders, context, accountedFor);
  return {
    facts,
    missingSinceMs,
    foreign,
    cameBack: foreign.flatMap((order) => ownOrderOf(after, order, context.ownClientId) ?? []),
    unexplainedFills,
    untraced,
    vanished,
    positions: picture.positions === null ? [] : differencesOf(after, picture.positions),
  };
}

/** By the time they happened, so that the order of the list decides nothing. */
const inOrder = (executions: readonly BrokerExecution[]): BrokerExecution[] =>
  newestRevisions(executions).sort(
    (one, other) => (one.executedAt ?? 0) - (other.executedAt ?? 0) || (one.executionId < other.executionId ? -1 : 1),
  );

/** Each of our open orders as the broker lists it; of several that bear its reference the likeliest ({@link rank}). */
function indexOf(book: Book, orders: readonly BrokerOrder[], ownClientId: number): Map<ClientOrderId, BrokerOrder> {
  const index = new Map<ClientOrderId, BrokerOrder>();
  for (const order of orders) {
    const id = openOrderOf(book, order, ownClientId);
    if (id === undefined) continue;
    const other = index.get(id);
    const better = other === undefined ? -1 : rank(order, ownClientId) - rank(other, ownClientId);
    // A repetition that counts more as filled is the later one.
    if (better < 0 || (better === 0 && (order.filledQuantity ?? 0) > (other?.filledQuantity ?? 0)))
      index.set(id, order);
  }
  return index;
}

/** Our own client's before others', an older permId before a younger one: the copy of an order is younger than it. */
const rank = ({ clientId, permId }: BrokerOrder, ownClientId: number): number =>
  (clientId === null || clientId === ownClientId ? 0 : PERM_ID_MAX) + (permId ?? PERM_ID_MAX - 1);
const PERM_ID_MAX = 2 ** 40;

/**
 * Living orders that are none of our open ones; what ended here while the lists were read is not among them.
 *
 * @param accountedFor permIds of which more is known than the list says
 */
export function foreignOrders(
  book: Book,
  openOrders: readonly BrokerOrder[],
  { ownClientId, considered }: Pick<ReconcileContext, "ownClientId" | "considered">,
  accountedFor: ReadonlySet<number | null> = new Set(),
): BrokerOrder[] {
  const found = new Map<string, BrokerOrder>();
  for (const order of openOrders) {
    if (!isLiving(order) || (order.permId !== null && accountedFor.has(order.permId))) continue;
    const own = ownOrderOf(book, order, ownClientId);
    if (own !== undefined && (book.open.has(own) || considered.has(own))) continue;
    found.set(`${order.permId ?? `${order.clientId} ${order.orderId}`}`, order);
  }
  return [...found.values()].sort((one, other) => (one.permId ?? 0) - (other.permId ?? 0));
}

const ENDED: ReadonlySet<string> = new Set(["Filled", "Cancelled", "ApiCancelled", "Inactive"]);
const isLiving = ({ status }: BrokerOrder): boolean => !ENDED.has(status);
const isFilled = ({ status, text }: BrokerOrder): boolean => status === "Filled" || /^filled/i.test(text);

/**
 * What the broker calls filled need not be all that was asked for: a group reduces an order by what another of it
 * filled. A completed order counts what it filled, or says its last size; some listings hold neither.
 */
function sizeOfFilled({ quantity }: OpenOrder, { filledQuantity, quantity: listed }: BrokerOrder): number {
  return Math.min(quantity, filledQuantity || listed || quantity);
}

const isNews = ({ status, filledQuantity, permId }: OpenOrder, here: BrokerOrder): boolean =>
  status === "submitted" ||
  status === "unknown" ||
  // The process ended between an execution and what it makes of its order.
  (status === "accepted" && filledQuantity > 0) ||
  (permId === null && here.permId !== null);

function ending(order: OpenOrder, report: BrokerOrder, said: SaidOver | undefined, filledQuantity: number): Fact {
  const known = { permId: report.permId, filledQuantity };
  if (isFilled(report)) {
    const counted = filledQuantity > order.filledQuantity;
    const reason = counted ? "its executions are not listed any more" : `its group had reduced it to ${filledQuantity}`;
    return orderFact(order, "filled", `filled according to the broker's completed orders; ${reason}`, known);
  }
  if (said !== undefined) return endedBy(order, report, said, filledQuantity);
  if (report.status === "Inactive") return orderFact(order, "rejected", report.text || "inactive at the broker", known);
  return orderFact(order, "canceled", report.text || "canceled at the broker", known);
}

function gone(order: OpenOrder, context: ReconcileContext): Fact {
  const twice = "in two passes at least 5 s apart";
  if (isOfEarlierDay(order, context)) {
    const reason = "it is of an earlier day, and the broker does not list it any more";
    return orderFact(order, order.timeInForce === "gtc" ? "canceled" : "expired", reason);
  }
  const said = context.saidOver.get(order.clientOrderId);
  if (said !== undefined) return orderFact(order, said.status, said.reason);
  if (!wasAcknowledged(order)) return orderFact(order, "not-sent", `the broker does not list it, ${twice}`);
  return orderFact(order, "canceled", "it was at the broker, which has not listed it for a minute");
}

const wasAcknowledged = ({ permId, filledQuantity }: OpenOrder): boolean => permId !== null || filledQuantity > 0;

/** Whether it may be at work though no list names it: a day order of an earlier day cannot, nor what an error ended. */
const mayWork = (order: OpenOrder, context: ReconcileContext): boolean =>
  wasAcknowledged(order) &&
  !context.saidOver.has(order.clientOrderId) &&
  !(isOfEarlierDay(order, context) && order.timeInForce !== "gtc");

const settlesAfterMs = (order: OpenOrder, context: ReconcileContext): number =>
  mayWork(order, context) ? VANISHED_AFTER_MS : SETTLE_MS;

/** A gateway lists executions and completed orders of the day alone: what happened before cannot be read any more. */
function isOfEarlierDay({ submittedAt }: OpenOrder, { marketMs }: ReconcileContext): boolean {
  return marketMs !== null && submittedAt !== null && tradingDayOf(submittedAt) < tradingDayOf(marketMs);
}
