import type { Alert, ClientOrderId, CloseOut, OrderIntent } from "#libs/contracts/mod.ts";
import { entriesBeyondDayTrades, entryCanceled } from "../day-trades/outlook.ts";
import { sellable } from "../evaluate/purpose.ts";
import { type Moment, onlyReserved, type RiskView } from "../evaluate/view.ts";
import { leavesOf, type OpenOrder } from "../state/book.ts";
import { isForeign } from "../state/foreign-orders.ts";
import { heldQuantity, symbolBook } from "../state/positions.ts";
import { closingKey, closingOrder, closingOrderId, isClosingOrder } from "./closing-order.ts";
import type { Tries } from "./tries.ts";

/** Closing orders of one symbol in one close-out: what is not closed by then will not be closed by one more. */
export const ATTEMPTS_MAX = 20;

/** What is to be done now on the way out. */
export type Step =
  | {
      readonly do: "cancel";
      readonly clientOrderId: ClientOrderId;
      readonly symbol: string;
      readonly reason: string;
      /** What the operator is told of it; null where something else tells. */
      readonly alert: Alert | null;
    }
  | { readonly do: "close"; readonly intent: OrderIntent };

/** Why a symbol is not flat yet; only the last three need the operator. */
export type Hindrance =
  | "canceling"
  | "closing"
  | "pausing"
  | "settling"
  | "trading-halted"
  | "gateway-away"
  | "market-closed"
  | "left-alone"
  | "part-of-a-share"
  | "given-up";

export interface WayOut {
  readonly steps: readonly Step[];
  /** What is in the way, by symbol; nothing when everything in scope is flat and nothing works. */
  readonly hindrances: ReadonlyMap<string, Hindrance>;
}

const NOTHING_IN_THE_WAY: ReadonlyMap<string, Hindrance> = new Map();

/** Why an order is canceled, as its cancel says, and what the operator is told of it, if nothing else tells. */
interface Why {
  readonly reason: string;
  readonly alert: ((order: OpenOrder) => Alert) | null;
}

const ONLY_LESS_RISK: Why = { reason: "risk: only what reduces risk may work", alert: null };
const FOURTH_DAY_TRADE: Why = {
  reason: "risk: filled today it opens anew, and could make a fourth day trade in five business days",
  alert: entryCanceled,
};

/**
 * The way out, pure: which orders to cancel and which positions to close now. While trading is not `active`, entries
 * that work are canceled: an order that was approved before the state changed must not open a position after it. While it
 * is, those of an earlier day for which today has no day trade left. A close-out cancels everything else too and closes what
 * is held.
 *
 * A symbol is closed only when nothing of ours works in it any more, and never while a closing order is on its way:
 * neither a resting stop nor a second closing order can then turn the position around. An order whose state is
 * unknown counts as working until the broker has told. What protects a position is canceled only when the position can
 * be closed now: through a night, a halt or an absent gateway it stays.
 *
 * @param tries what was tried when, so that nothing is asked for again at once
 */
export function wayOut(view: RiskView, closeOut: CloseOut | null, tries: Tries, now: Moment): WayOut {
  const running = closeOut?.status === "running" ? closeOut : null;
  if (running === null && view.trading.tradingState === "active") {
    const steps = cancels(entriesBeyondDayTrades(view, now), tries, now, FOURTH_DAY_TRADE);
    return { steps, hindrances: NOTHING_IN_THE_WAY };
  }
  const ours = [...view.book.orders.values(), ...onlyReserved(view)].filter((order) => isOurs(view, order));
  if (running === null) {
    return { steps: cancels(ours.filter(mayOpen), tries, now), hindrances: NOTHING_IN_THE_WAY };
  }
  const bySymbol = Map.groupBy(ours, ({ symbol }) => symbol);
  const steps: Step[] = [];
  const hindrances = new Map<string, Hindrance>();
  for (const symbol of new Set([...bySymbol.keys(), ...view.book.symbols.keys()])) {
    const orders = bySymbol.get(symbol) ?? [];
    const next = inSymbol(view, running, symbol, orders, tries, now);
    if (next.hindrance !== null) hindrances.set(symbol, next.hindrance);
    steps.push(...next.steps);
  }
  return { steps, hindrances };
}

interface Next {
  readonly steps: readonly Step[];
  /** Null when the symbol is flat and nothing of ours works there. */
  readonly hindrance: Hindrance | null;
}

function inSymbol(
  view: RiskView,
  closeOut: CloseOut,
  symbol: string,
  orders: readonly OpenOrder[],
  tries: Tries,
  now: Moment,
): Next {
  const entry = symbolBook(view.book, symbol);
  const held = heldQuantity(entry);
  const others = orders.filter((order) => !isClosingOrder(closeOut, order.clientOrderId));
  // An execution and the position it makes come in two messages: the older of the two must not be closed once more.
  const isSettling =
    (entry.reported !== null && !view.hasSettled(symbol)) || sellable(view, symbol, now.wallMs) !== held;
  const whyNot = held === 0 ? null : whyNotClosable(view, closeOut, symbol, held, now);
  if (others.length > 0) {
    const unwanted = whyNot === null ? others.filter(isWorking) : others.filter(mayOpen);
    const isLeft = whyNot !== null && !others.some((order) => order.role === "entry");
    const hindrance = isLeft ? (isSettling ? "settling" : whyNot) : "canceling";
    return { steps: cancels(unwanted, tries, now), hindrance };
  }
  if (orders.length > 0) return { steps: [], hindrance: "closing" };
  if (isSettling) return { steps: [], hindrance: "settling" };
  if (held === 0) return { steps: [], hindrance: null };
  if (whyNot !== null) return { steps: [], hindrance: whyNot };
  if (!tries.isDue(closingKey(closeOut, symbol), now.monotonicMs)) return { steps: [], hindrance: "pausing" };
  const attempt = nextAttempt(view, closeOut, symbol);
  return { steps: [{ do: "close", intent: closingOrder(closeOut, symbol, held, attempt) }], hindrance: "closing" };
}

/** Why no closing order of a position can be sent now; null when one can. */
function whyNotClosable(
  view: RiskView,
  closeOut: CloseOut,
  symbol: string,
  held: number,
  now: Moment,
): Hindrance | null {
  if (closeOut.scope === "explained" && !symbolBook(view.book, symbol).explained) return "left-alone";
  if (Math.abs(held) < 1) return "part-of-a-share";
  if (nextAttempt(view, closeOut, symbol) > ATTEMPTS_MAX) return "given-up";
  if (view.trading.tradingState === "halted") return "trading-halted";
  if (view.book.gateway?.acceptsOrders !== true) return "gateway-away";
  if (now.marketMs === null || view.calendar.phaseAt(now.marketMs) !== "open") return "market-closed";
  return null;
}

/** The ledger counts the attempts, so that a risk service that was killed neither repeats one nor begins anew. */
function nextAttempt({ book }: RiskView, closeOut: CloseOut, symbol: string): number {
  let attempt = 1;
  while (attempt <= ATTEMPTS_MAX && book.decisions.has(closingOrderId(closeOut, symbol, attempt))) attempt += 1;
  return attempt;
}

function cancels(
  orders: readonly OpenOrder[],
  tries: Tries,
  now: Moment,
  { reason, alert }: Why = ONLY_LESS_RISK,
): Step[] {
  return orders
    .filter(({ clientOrderId }) => tries.isDue(clientOrderId, now.monotonicMs))
    .map((order) => {
      const { clientOrderId, symbol } = order;
      return { do: "cancel", clientOrderId, symbol, reason, alert: alert?.(order) ?? null };
    });
}

/**
 * Executed whole, or over and waiting for its executions, it leaves nothing to cancel. One that its bracket reduced to
 * nothing should be over at the broker, and is canceled where it is not.
 */
const isWorking = (order: OpenOrder): boolean =>
  order.settled === null && (leavesOf(order) > 0 || order.executed === 0);

const mayOpen = (order: OpenOrder): boolean => order.role === "entry" && isWorking(order);

/** Orders that work at the broker and are not ours: they are named, and never touched. */
export const ordersOfOthers = ({ book }: RiskView): readonly OpenOrder[] =>
  [...book.orders.values()].filter((order) => isForeign(book, order));

const isOurs = ({ book, reserved }: RiskView, order: OpenOrder): boolean =>
  reserved.has(order.clientOrderId) || !isForeign(book, order);
