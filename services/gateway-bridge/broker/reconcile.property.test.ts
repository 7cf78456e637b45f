import fc from "fast-check";
import { expect, it } from "vitest";
import { approvalSchema, type ClientOrderId, orderIntentSchema } from "#libs/contracts/mod.ts";
import type { BrokerExecution, BrokerOrder } from "../gateway/reports.ts";
import { applyApproval, applyFill, applyOrderEvent, type Book, copyOf, emptyBook } from "../orders/book.ts";
import { type Fact, fillProgress, firstEvent, orderFact } from "../orders/facts.ts";
import { legsOf } from "../orders/legs.ts";
import { fillOf } from "./executions.ts";
import {
  type BrokerPicture,
  type ReconcileContext,
  type Reconciled,
  reconcile,
  VANISHED_AFTER_MS,
} from "./reconcile.ts";

/*
 * A world is made at random: what truly happened to each order at the broker, how much of it we had heard when the
 * session died, how much of it the broker still lists, and what others did in the same account. What must hold is
 * known from the world, never from the code under test.
 */

const OWN = 1;
const TODAY = Date.UTC(2026, 2, 10, 15);
const YESTERDAY = TODAY - 86_400_000;
/** Executions of a moment, so that their order in time is also one of chance. */
const SECOND = 1000;

interface Part {
  readonly quantity: number;
  /** Recorded before the session died. */
  readonly known: boolean;
  /** And what it makes of its order was recorded too: a process can die in between. */
  readonly progressed: boolean;
  /** The exchange corrected it: the broker lists both, or the newer alone. */
  readonly correction: { readonly quantity: number; readonly known: boolean; readonly olderListed: boolean } | null;
}

interface Truth {
  readonly quantity: number;
  readonly side: "buy" | "sell";
  readonly timeInForce: "day" | "gtc";
  readonly yesterday: boolean;
  readonly bracket: boolean;
  readonly belief: "submitted" | "unknown" | "accepted";
  readonly permIdKnown: boolean;
  /** What became of it at the broker; `lost`: it never arrived. */
  readonly end: "lost" | "working" | "cancelled" | "inactive" | "filled" | "forgotten";
  readonly parts: readonly Part[];
  /** False for executions before midnight: the gateway does not list them any more. */
  readonly executionsListed: boolean;
  /** An open order whose end came between the two lists is in both. */
  readonly inBothLists: boolean;
}

const part = fc.record({
  quantity: fc.integer({ min: 1, max: 30 }),
  known: fc.boolean(),
  progressed: fc.boolean(),
  correction: fc.option(
    fc.record({ quantity: fc.integer({ min: 1, max: 30 }), known: fc.boolean(), olderListed: fc.boolean() }),
  ),
});

const truth: fc.Arbitrary<Truth> = fc.record({
  quantity: fc.integer({ min: 1, max: 100 }),
  side: fc.constantFrom("buy" as const, "sell" as const),
  timeInForce: fc.constantFrom("day" as const, "gtc" as const),
  yesterday: fc.boolean(),
  bracket: fc.boolean(),
  belief: fc.constantFrom("submitted" as const, "unknown" as const, "accepted" as const),
  permIdKnown: fc.boolean(),
  end: fc.constantFrom(
    "lost" as const,
    "working" as const,
    "cancelled" as const,
    "inactive" as const,
    "filled" as const,
    "forgotten" as const,
  ),
  parts: fc.array(part, { maxLength: 4 }),
  executionsListed: fc.boolean(),
  inBothLists: fc.boolean(),
});

/** What others do: it looks like ours as far as numbers go. */
const stranger = fc.record({
  /** Another API client; the operator at TWS; another program under our client id before us. */
  clientId: fc.constantFrom(5, 0, OWN),
  /** Bears the reference of one of ours: an order copied by hand. */
  copyOf: fc.option(fc.nat({ max: 7 })),
  orderId: fc.integer({ min: 1, max: 30 }),
  status: fc.constantFrom("Submitted", "PreSubmitted", "Cancelled", "Filled"),
  executed: fc.boolean(),
});
type Stranger = typeof stranger extends fc.Arbitrary<infer T> ? T : never;

const world = fc.record({
  truths: fc.array(truth, { minLength: 1, maxLength: 8 }),
  strangers: fc.array(stranger, { maxLength: 5 }),
  /** How the lists are shuffled and what they repeat. */
  order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  repeats: fc.array(fc.nat({ max: 60 }), { maxLength: 10 }),
});

interface Leg {
  readonly id: ClientOrderId;
  readonly orderId: number;
  readonly permId: number;
  readonly truth: Truth;
  readonly parts: readonly (Part & { readonly base: string })[];
  /** Shares filled at the broker, corrections replaced. */
  readonly filled: number;
  /** Of those, shares of which we have or are given the execution. */
  readonly explained: number;
}

interface World {
  readonly book: Book;
  readonly legs: readonly Leg[];
  readonly open: readonly BrokerOrder[];
  readonly completed: readonly BrokerOrder[];
  readonly executions: readonly BrokerExecution[];
  readonly foreignPermIds: readonly number[];
}

const apply = (book: Book, facts: readonly Fact[]) => {
  for (const fact of facts) {
    if (fact.kind === "order") applyOrderEvent(book, fact.event, TODAY);
    else applyFill(book, fact.fill);
  }
};

function buildWorld(truths: readonly Truth[], strangers: readonly Stranger[]): World {
  const book = emptyBook();
  const legs = truths.flatMap((one, at) => bookOrder(book, one, at));
  const executions: BrokerExecution[] = [];
  const open: BrokerOrder[] = [];
  const completed: BrokerOrder[] = [];
  for (const leg of legs) {
    tellWhatWasHeard(book, leg);
    if (leg.truth.executionsListed) executions.push(...leg.parts.flatMap((one) => listedOf(leg, one)));
    const order = atBroker(leg);
    if (order === null) continue;
    if (leg.truth.end === "working") open.push(order);
    else {
      completed.push(order);
      if (leg.truth.inBothLists) open.push({ ...order, status: "Submitted", orderId: leg.orderId, clientId: OWN });
    }
  }
  const foreignPermIds: number[] = [];
  for (const [at, one] of strangers.entries()) {
    const permId = 50_000 + at;
    const copied = one.copyOf === null ? undefined : legs[one.copyOf];
    // A copy can be told from its original by the permId alone, so where that is not known there is none.
    const isCopy = copied !== undefined && book.open.get(copied.id)?.permId !== null && book.open.has(copied.id);
    const order: BrokerOrder = {
      orderId: one.orderId,
      permId,
      clientId: one.clientId,
      orderRef: isCopy ? copied.id : one.clientId === OWN ? "another-program" : "",
      symbol: "SPY",
      side: "buy",
      quantity: 10,
      status: one.status,
      filledQuantity: one.executed ? 10 : 0,
      price: null,
      text: "",
    };
    const isLiving = one.status === "Submitted" || one.status === "PreSubmitted";
    if (isLiving) {
      open.push(order);
      foreignPermIds.push(permId);
    } else completed.push({ ...order, clientId: null, orderId: 0 });
    if (one.executed) {
      const { orderId, clientId, orderRef, symbol, side } = order;
      const identity = { orderId, permId, clientId, orderRef, symbol, side };
      const executionId = `0f.${at}.01.01`;
      executions.push({
        ...identity,
        executionId,
        account: "DU1",
        quantity: 10,
        price: 100,
        timeText: "",
        executedAt: TODAY,
      });
    }
  }
  return { book, legs, open, completed, executions, foreignPermIds };
}

/** Approves and submits an order, or the three of a bracket, of which the protective ones share its fate or work. */
function bookOrder(book: Book, one: Truth, at: number): Leg[] {
  const intent = orderIntentSchema.parse({
    clientOrderId: `o${at}`,
    strategy: "test",
    symbol: at % 2 === 0 ? "SPY" : "QQQ",
    side: one.side,
    quantity: one.quantity,
    order: { type: "limit", limitPrice: 100 },
    timeInForce: one.timeInForce,
    outsideRegularHours: false,
    holdOvernight: false,
    bracket: one.bracket
      ? {
          stopLoss: { clientOrderId: `o${at}-stop`, stopPrice: one.side === "buy" ? 90 : 110 },
          takeProfit: { clientOrderId: `o${at}-target`, limitPrice: one.side === "buy" ? 110 : 90 },
        }
      : null,
    reason: "",
  });
  const approval = approvalSchema.parse({
    intent,
    approvedAtMonotonicMs: 0,
    expiresAtMonotonicMs: 1,
    expiresAt: 1,
    reducesRisk: false,
    reserved: { notional: 0, dayTrade: false },
  });
  applyApproval(book, approval, `m${at}`);
  return legsOf(intent).map((leg, place) => {
    const orderId = at * 3 + place + 1;
    const submittedAt = one.yesterday ? YESTERDAY : TODAY;
    applyOrderEvent(book, firstEvent(leg, "submitted", orderId, null), submittedAt);
    const wanted: Truth = place === 0 ? one : protectiveOf(one);
    let left = leg.quantity;
    const parts = (wanted.end === "lost" || wanted.end === "inactive" ? [] : wanted.parts).flatMap((each, number) => {
      const newest = each.correction?.quantity ?? each.quantity;
      const room = Math.max(newest, each.quantity);
      if (room > left) return [];
      left -= room;
      return [{ ...each, base: `${at}${place}.${number}.01` }];
    });
    // What its executions fill whole is filled, and nothing else.
    const truth: Truth = left === 0 && wanted.end !== "forgotten" ? { ...wanted, end: "filled" } : wanted;
    const isFilled = truth.end === "filled";
    if (isFilled && left > 0) {
      // What is missing to a whole fill is one more execution.
      parts.push({ quantity: left, known: false, progressed: true, correction: null, base: `${at}${place}.9.01` });
    }
    const shares = (each: Part) => each.correction?.quantity ?? each.quantity;
    const filled = isFilled ? leg.quantity : parts.reduce((sum, each) => sum + shares(each), 0);
    return {
      id: leg.clientOrderId,
      orderId,
      permId: 1000 + orderId,
      truth,
      parts,
      filled,
      explained: parts.reduce((sum, each) => sum + explainedOf(each, truth), 0),
    };
  });
}

/** An entry that never arrived, or never filled, leaves its exits unfilled; those of a filled entry work. */
const protectiveOf = (entry: Truth): Truth => ({
  ...entry,
  timeInForce: "gtc",
  parts: [],
  end: entry.end === "filled" || entry.end === "working" ? "working" : entry.end,
});

/** Shares of an execution that the ledger has after the reading, given what it had and what is listed. */
function explainedOf({ quantity, known, correction }: Part, { executionsListed }: Truth): number {
  if (correction !== null && (executionsListed || correction.known)) return correction.quantity;
  return executionsListed || known ? quantity : 0;
}

const executionOf = (leg: Leg, base: string, revision: string, quantity: number): BrokerExecution => ({
  executionId: `${base}.${revision}`,
  orderId: leg.orderId,
  permId: leg.permId,
  clientId: OWN,
  orderRef: leg.id,
  account: "DU1",
  symbol: Number(leg.id[1]) % 2 === 0 ? "SPY" : "QQQ",
  side: leg.truth.side,
  quantity,
  price: 100,
  executedAt: TODAY + leg.orderId * SECOND,
  timeText: "",
});

function listedOf(leg: Leg, { base, quantity, correction }: Leg["parts"][number]): BrokerExecution[] {
  if (correction === null) return [executionOf(leg, base, "01", quantity)];
  const newer = executionOf(leg, base, "02", correction.quantity);
  return correction.olderListed ? [executionOf(leg, base, "01", quantity), newer] : [newer];
}

/** What had reached us, as the bridge itself would have recorded it. */
function tellWhatWasHeard(book: Book, leg: Leg): void {
  const { truth, permId } = leg;
  const order = () => book.open.get(leg.id);
  const say = (status: "accepted" | "unknown", known: number | null) => {
    const open = order();
    if (open !== undefined) apply(book, [orderFact(open, status, null, { permId: known })]);
  };
  const arrived = truth.end !== "lost";
  if (arrived && truth.belief !== "submitted" && truth.permIdKnown) say("accepted", permId);
  else if (arrived && truth.belief === "accepted") say("accepted", null);
  for (const one of leg.parts) {
    if (one.known) hear(book, executionOf(leg, one.base, "01", one.quantity), one.progressed);
    if (one.correction?.known) hear(book, executionOf(leg, one.base, "02", one.correction.quantity), one.progressed);
  }
  if (truth.belief === "unknown" && order() !== undefined) say("unknown", null);
}

function hear(book: Book, execution: BrokerExecution, progressed: boolean): void {
  const fill = fillOf(book, execution, OWN, TODAY);
  if (fill === undefined || fill.kind !== "execution") return;
  apply(book, [{ kind: "fill", fill }]);
  const progress = fill.clientOrderId === null ? undefined : fillProgress(book, fill.clientOrderId);
  if (progressed && progress !== undefined) apply(book, [progress]);
}

function atBroker(leg: Leg): BrokerOrder | null {
  const { end } = leg.truth;
  if (end === "lost" || end === "forgotten") return null;
  const status = { working: "Submitted", cancelled: "Cancelled", inactive: "Inactive", filled: "Filled" }[end];
  const isOver = end !== "working";
  return {
    orderId: isOver ? 0 : leg.orderId,
    permId: leg.permId,
    clientId: isOver ? null : OWN,
    orderRef: leg.id,
    symbol: "SPY",
    side: leg.truth.side,
    quantity: 100,
    status,
    filledQuantity: leg.filled,
    price: 100,
    text: "",
  };
}

const shuffled = <Item>(items: readonly Item[], order: readonly number[]): Item[] =>
  items
    .map((item, at) => ({ item, key: (order[at % order.length] ?? 0) * 31 + at }))
    .sort((one, other) => (one.key % 97) - (other.key % 97) || one.key - other.key)
    .map(({ item }) => item);

const repeated = <Item>(items: readonly Item[], repeats: readonly number[]): Item[] => [
  ...items,
  ...repeats.flatMap((at) => (at < items.length ? items.slice(at, at + 1) : [])),
];

const pictureOf = (
  { open, completed, executions }: World,
  order: readonly number[] = [0],
  repeats: readonly number[] = [],
): BrokerPicture => ({
  openOrders: shuffled(repeated(open, repeats), order),
  completedOrders: shuffled(repeated(completed, repeats), order),
  executions: shuffled(repeated(executions, repeats), order),
  positions: null,
});

/** Two readings far enough apart, as after every session; the book is brought to what they say. */
function settle(book: Book, picture: BrokerPicture): { first: Reconciled; second: Reconciled; last: ReconcileContext } {
  const considered = new Set(book.open.keys());
  const maps = { saidOver: new Map(), missingSinceMs: new Map() };
  const context = { ownClientId: OWN, considered, ...maps, nowMs: 0, marketMs: TODAY };
  const first = reconcile(book, picture, context);
  apply(book, first.facts);
  const later = { ...context, missingSinceMs: first.missingSinceMs, nowMs: VANISHED_AFTER_MS };
  const second = reconcile(book, picture, later);
  apply(book, second.facts);
  return { first, second, last: { ...later, missingSinceMs: second.missingSinceMs } };
}

const snapshot = (book: Book) => ({
  open: [...book.open].sort(byId),
  closed: [...book.closed].sort(byId),
  executions: [...book.executions].sort(byId),
  held: [...book.holdings].map(([symbol, { quantity }]) => [symbol, quantity]).sort(),
});
const byId = (one: readonly [string, unknown], other: readonly [string, unknown]) => (one[0] < other[0] ? -1 : 1);

/** In the state that the broker's lists imply. */
function expectedStatus({ truth, parts, filled, explained }: Leg, quantity: number): string[] {
  const isWhole = explained >= quantity;
  switch (truth.end) {
    case "working":
      if (isWhole) return ["filled"];
      return explained > 0 ? ["partially-filled"] : ["accepted"];
    case "filled":
      return ["filled"];
    case "cancelled":
      return isWhole ? ["filled"] : ["canceled"];
    case "inactive":
      return ["rejected"];
    case "lost":
      return truth.yesterday ? [truth.timeInForce === "gtc" ? "canceled" : "expired"] : ["not-sent"];
    case "forgotten":
      if (isWhole) return ["filled"];
      if (truth.yesterday) return [truth.timeInForce === "gtc" ? "canceled" : "expired"];
      // Never acknowledged and no execution of it listed: to us it is as if it never arrived.
      return filled === 0 || parts.every((one) => explainedOf(one, truth) === 0)
        ? ["canceled", "not-sent"]
        : ["canceled"];
  }
}

const RUNS = { numRuns: 600 };

it("leaves every order in the state that the broker's lists imply, and never leads to sending anything", () => {
  fc.assert(
    fc.property(world, ({ truths, strangers, order, repeats }) => {
      const made = buildWorld(truths, strangers);
      const before = copyOf(made.book);
      const { first, second } = settle(made.book, pictureOf(made, order, repeats));
      for (const fact of [...first.facts, ...second.facts]) {
        if (fact.kind === "order") expect(fact.event.status).not.toBe("submitted");
      }
      expect(made.book.pending.size).toBe(0);
      expect(made.book.highestOrderId).toBe(before.highestOrderId);
      for (const leg of made.legs) {
        const was = before.open.get(leg.id);
        if (was === undefined) continue;
        const status = made.book.open.get(leg.id)?.status ?? made.book.closed.get(leg.id)?.status;
        expect(expectedStatus(leg, was.quantity), JSON.stringify(leg)).toContain(status);
      }
    }),
    RUNS,
  );
});

it("is idempotent: its facts applied, the same picture gives no more of them", () => {
  fc.assert(
    fc.property(world, ({ truths, strangers, order, repeats }) => {
      const made = buildWorld(truths, strangers);
      const picture = pictureOf(made, order, repeats);
      const considered = new Set(made.book.open.keys());
      const maps = { saidOver: new Map(), missingSinceMs: new Map() };
      const context = { ownClientId: OWN, considered, ...maps, nowMs: 0, marketMs: TODAY };
      const first = reconcile(made.book, picture, context);
      apply(made.book, first.facts);
      const again = reconcile(made.book, picture, { ...context, missingSinceMs: first.missingSinceMs });
      expect(again.facts).toEqual([]);
      expect(again.missingSinceMs).toEqual(first.missingSinceMs);
      expect(again.foreign).toEqual(first.foreign);
      const { last } = settle(made.book, picture);
      expect(reconcile(made.book, picture, last).facts).toEqual([]);
    }),
    RUNS,
  );
});

it("conserves quantities: each execution counts once, at its newest correction, in its order and in the holding", () => {
  fc.assert(
    fc.property(world, ({ truths, strangers, order, repeats }) => {
      const made = buildWorld(truths, strangers);
      settle(made.book, pictureOf(made, order, repeats));
      const held = new Map<string, number>();
      for (const leg of made.legs) {
        const symbol = Number(leg.id[1]) % 2 === 0 ? "SPY" : "QQQ";
        const sign = leg.truth.side === "buy" ? 1 : -1;
        held.set(symbol, (held.get(symbol) ?? 0) + sign * leg.explained);
        const open = made.book.open.get(leg.id);
        if (open !== undefined) expect(open.filledQuantity).toBe(leg.explained);
        else expect(made.book.closed.get(leg.id)?.filledQuantity).toBeGreaterThanOrEqual(leg.explained);
      }
      const theirs = strangers.filter(({ executed }) => executed).length * 10;
      held.set("SPY", (held.get("SPY") ?? 0) + theirs);
      for (const [symbol, quantity] of held) expect(made.book.holdings.get(symbol)?.quantity ?? 0).toBe(quantity);
    }),
    RUNS,
  );
});

it("does the same whatever order the lists are in, and however often they name a thing", () => {
  fc.assert(
    fc.property(world, ({ truths, strangers, order, repeats }) => {
      const one = buildWorld(truths, strangers);
      const other = buildWorld(truths, strangers);
      settle(one.book, pictureOf(one));
      settle(other.book, pictureOf(other, order, repeats));
      expect(snapshot(other.book)).toEqual(snapshot(one.book));
    }),
    RUNS,
  );
});

it("names each foreign order that works, and none of them, nor their executions, touches an order of ours", () => {
  fc.assert(
    fc.property(world, ({ truths, strangers, order, repeats }) => {
      const alone = buildWorld(truths, []);
      const among = buildWorld(truths, strangers);
      settle(alone.book, pictureOf(alone));
      const { second } = settle(among.book, pictureOf(among, order, repeats));
      expect(second.foreign.map(({ permId }) => permId)).toEqual(among.foreignPermIds);
      const ours = ({ open, closed }: ReturnType<typeof snapshot>) => ({ open, closed });
      expect(ours(snapshot(among.book))).toEqual(ours(snapshot(alone.book)));
    }),
    RUNS,
  );
});
