import type { Execution, OrderEvent, Position } from "#libs/contracts/mod.ts";

/** Both sides of the story after a run, reduced to what is compared. */
export interface Evidence {
  /** Each order that risk approved by `clientOrderId`, protective orders of brackets included. */
  readonly approved: ReadonlyMap<string, Approved>;
  /** The newest event of each order on the ledger. */
  readonly events: ReadonlyMap<string, OrderEvent>;
  readonly executions: readonly Execution[];
  readonly positions: ReadonlyMap<string, Position>;
  /** PLACE_ORDER frames that reached the gateway's socket, in order. */
  readonly placed: readonly Placed[];
  /** Frames that the gateway's bounded memory has lost: what they said cannot be judged. */
  readonly forgotten: number;
  /** Order ids that the gateway named in an error. */
  readonly refusedIds: ReadonlySet<number>;
  /** Orders the simulated broker holds or held, by `orderRef`. */
  readonly atBroker: readonly BrokerSide[];
  /** Those that count: of an execution and its corrections the last. */
  readonly brokerExecutions: readonly {
    readonly execId: string;
    /** Null for one of another client, whatever reference it bears. */
    readonly clientOrderId: string | null;
    readonly shares: number;
    readonly price: number;
  }[];
  readonly brokerPositions: ReadonlyMap<string, number>;
  /** Orders of other clients by the broker's own id: whether they work. */
  readonly foreignAtBroker: ReadonlyMap<number, boolean>;
  /** The same as the ledger has it. */
  readonly foreignTold: ReadonlyMap<number, boolean>;
  /** Codes of all alerts. */
  readonly alerts: readonly string[];
}

export interface Approved {
  /** The entry of its group; its own id for an entry. */
  readonly entry: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  /** Orders of one group cancel one another; null for an order without. */
  readonly group: string | null;
  /** Machine wall clock, epoch milliseconds: from then on it must not be sent. */
  readonly expiresAt: number;
}

export interface Placed {
  readonly orderRef: string;
  readonly orderId: number;
  /** Machine wall clock, epoch milliseconds. */
  readonly atMs: number;
}

export interface BrokerSide {
  readonly orderRef: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: number;
  readonly state: "working" | "filled" | "cancelled" | "rejected";
  /** By its executions, corrected. */
  readonly filled: number;
}

/** What the ledger must say of an order that ended so, or still works, at the broker. */
const AGREES: Readonly<Record<BrokerSide["state"], readonly OrderEvent["status"][]>> = {
  working: ["accepted", "partially-filled"],
  filled: ["filled"],
  cancelled: ["canceled", "expired", "rejected"],
  rejected: ["rejected", "canceled"],
};

/** From the guard's last look to the gateway's ear, on a machine that is busy with a whole platform. */
const ON_THE_WAY_MS = 1000;

/** What no trouble of a run can cause, and must never be said in one. */
export const NEVER_SAID: readonly string[] = [
  "BRIDGE_DEFECT",
  "FILLS_WITHOUT_EXECUTIONS",
  "LEDGER_WENT_BACKWARDS",
  "ORDER_CAME_BACK",
  "ORDER_FILLED_AFTER_END",
  "ORDER_OVERFILLED",
  "ORDERS_UNTRACED",
  "ORDERS_VANISHED",
  "OTHER_CONTRACT",
];

/** Ways in which a run ended that prove that nothing of an order reached the broker. */
const NEVER_THERE: readonly OrderEvent["status"][] = ["expired", "not-sent", "canceled"];

/**
 * Compares what the ledger says with what the broker holds: orders, executions, positions. Every line is a broken
 * promise; none means that no order was sent twice, none without approval, and none is lost.
 */
export function violationsOf(evidence: Evidence): string[] {
  return [
    ...twice(
      evidence.placed.map(({ orderRef }) => orderRef),
      "reached the gateway twice",
    ),
    ...twice(
      evidence.placed.map(({ orderId }) => `order id ${orderId}`),
      "was given out twice",
    ),
    ...twice(
      evidence.atBroker.map(({ orderRef }) => orderRef),
      "is two orders at the broker",
    ),
    ...sendingAgrees(evidence),
    ...ordersAgree(evidence),
    ...groupsAgree(evidence),
    ...executionsAgree(evidence),
    ...positionsAgree(evidence),
    ...foreignersAgree(evidence),
    ...[...new Set(evidence.alerts)].filter((code) => NEVER_SAID.includes(code)).map((code) => `${code} was said`),
  ];
}

/** What was written: approved, fresh, and never said to have expired. */
function* sendingAgrees({ approved, events, placed, forgotten }: Evidence): Generator<string> {
  if (forgotten > 0) yield `${forgotten} order frames were forgotten by the gateway`;
  for (const { orderRef, atMs } of placed) {
    const approval = approved.get(orderRef);
    if (approval === undefined) yield `${orderRef}: sent and never approved`;
    else if (atMs > approval.expiresAt + ON_THE_WAY_MS)
      yield `${orderRef}: sent ${atMs - approval.expiresAt} ms too late`;
    const event = events.get(orderRef);
    if (event?.status === "expired" && event.permId === null) yield `${orderRef}: sent, and expired on the ledger`;
  }
}

function* ordersAgree({ approved, events, atBroker, executions, refusedIds, placed }: Evidence): Generator<string> {
  const written = new Set(placed.map(({ orderRef }) => orderRef));
  // A group of which a part was lost on the way was never transmitted: a gateway forgets it when it restarts.
  const incomplete = new Set([...approved].flatMap(([id, { entry }]) => (written.has(id) ? [] : [entry])));
  const counted = filledOf(effective(executions));
  const brokers = new Map(atBroker.map((order) => [order.orderRef, order]));
  for (const [id, { entry, ...terms }] of approved) {
    const event = events.get(id);
    const broker = brokers.get(id);
    // The protective orders of an entry that was never sent never came to be.
    if (event === undefined && id !== entry && isNeverThere(events.get(entry)) && broker === undefined) continue;
    if (event === undefined) yield `${id}: approved, and nothing became of it`;
    else if (broker === undefined) {
      const refused = event.status === "rejected" && refusedIds.has(event.orderId ?? 0);
      const forgotten = event.status === "canceled" && event.filledQuantity === 0 && incomplete.has(entry);
      const neverThere = event.permId === null && (NEVER_THERE.includes(event.status) || refused);
      if (!neverThere && !forgotten) yield `${id}: ${event.status} on the ledger, unknown to the broker`;
    } else if (!AGREES[broker.state].includes(event.status)) {
      yield `${id}: ${event.status} on the ledger, ${broker.state} at the broker`;
    } else if ((counted.get(id) ?? 0) !== broker.filled) {
      yield `${id}: ${counted.get(id) ?? 0} filled on the ledger, ${broker.filled} at the broker`;
    } else if ((counted.get(id) ?? 0) !== event.filledQuantity) {
      yield `${id}: its last event says ${event.filledQuantity} filled, its executions say ${counted.get(id) ?? 0}`;
    }
    // What a fill of one exit takes from the other changes its size, by design.
    if (broker !== undefined && !isSameOrder(terms, id === entry ? broker : { ...broker, quantity: terms.quantity }))
      yield `${id}: approved as ${wordsOf(terms)}, at the broker ${wordsOf(broker)}`;
  }
  for (const { orderRef } of atBroker) if (!approved.has(orderRef)) yield `${orderRef}: at the broker, not approved`;
}

function filledOf(executions: readonly Execution[]): ReadonlyMap<string | null, number> {
  const filled = new Map<string | null, number>();
  for (const { clientOrderId, quantity } of executions)
    filled.set(clientOrderId, (filled.get(clientOrderId) ?? 0) + quantity);
  return filled;
}

/** Of a group one order trades, at most: the broker holds the others back until it knows. */
function* groupsAgree({ approved, atBroker }: Evidence): Generator<string> {
  const traded = new Map<string, string>();
  for (const { orderRef, filled } of atBroker) {
    const group = approved.get(orderRef)?.group ?? null;
    if (group === null || filled === 0) continue;
    const other = traded.get(group);
    if (other !== undefined) yield `${orderRef} and ${other} of one group both traded`;
    traded.set(group, orderRef);
  }
}

type Terms = Pick<Approved, "symbol" | "side" | "quantity">;
const wordsOf = ({ side, quantity, symbol }: Terms): string => `${side} ${quantity} ${symbol}`;
const isSameOrder = (one: Terms, other: Terms): boolean => wordsOf(one) === wordsOf(other);

const isNeverThere = (event: OrderEvent | undefined): boolean =>
  event !== undefined && NEVER_THERE.includes(event.status) && event.permId === null;

function* executionsAgree({ executions, brokerExecutions }: Evidence): Generator<string> {
  const ours = new Map(effective(executions).map((execution) => [execution.executionId, execution]));
  yield* twice(
    executions.map(({ executionId }) => executionId),
    "is counted twice",
  );
  for (const { execId, clientOrderId, shares, price } of brokerExecutions) {
    const own = ours.get(execId);
    ours.delete(execId);
    if (own === undefined) yield `execution ${execId} of ${clientOrderId}: lost`;
    else if (own.quantity !== shares || own.price !== price || own.clientOrderId !== clientOrderId)
      yield `execution ${execId}: ${own.quantity} at ${own.price} of ${own.clientOrderId} on the ledger, ${shares} at ${price} of ${clientOrderId} at the broker`;
  }
  for (const id of ours.keys()) yield `execution ${id}: on the ledger, unknown to the broker`;
}

/** The position that the bridge publishes, that our executions add up to, and that the broker holds: one number. */
function* positionsAgree({ executions, positions, brokerPositions }: Evidence): Generator<string> {
  const summed = new Map<string, number>();
  for (const { symbol, side, quantity } of effective(executions)) {
    summed.set(symbol, (summed.get(symbol) ?? 0) + (side === "buy" ? quantity : -quantity));
  }
  for (const symbol of new Set([...summed.keys(), ...positions.keys(), ...brokerPositions.keys()])) {
    const own = summed.get(symbol) ?? 0;
    const published = positions.get(symbol)?.quantity ?? 0;
    const broker = brokerPositions.get(symbol) ?? 0;
    if (own !== broker || published !== broker)
      yield `${symbol}: executions add up to ${own}, published ${published}, at the broker ${broker}`;
    if (positions.get(symbol)?.explained === false) yield `${symbol}: said to be unexplained`;
  }
}

/** Orders of others are told while they work, and nothing of ours is taken for theirs. */
function* foreignersAgree({ foreignAtBroker, foreignTold }: Evidence): Generator<string> {
  for (const [permId, works] of foreignAtBroker) {
    const told = foreignTold.get(permId) ?? false;
    if (works !== told) yield `order ${permId} of another client ${works ? "works" : "is over"}, and is not told so`;
  }
  for (const permId of foreignTold.keys())
    if (!foreignAtBroker.has(permId)) yield `order ${permId} was told as another client's, and is ours`;
}

function effective(executions: readonly Execution[]): Execution[] {
  const corrected = new Set(executions.flatMap(({ corrects }) => corrects ?? []));
  return executions.filter(({ executionId }) => !corrected.has(executionId));
}

export function* twice(keys: readonly string[], what: string): Generator<string> {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) yield `${key} ${what}`;
    seen.add(key);
  }
}
