import { type Alert, type OrderStatus, TERMINAL_ORDER_STATUSES } from "#libs/contracts/mod.ts";
import type { DenialNotice, Facts, OrderFacts, OrderNotice, TradingStateNotice } from "./facts.ts";

const DENIALS_LISTED_MAX = 15;
/** Two sums of the same money may differ in the last digits. */
const QUANTITY_TOLERANCE = 1e-9;

/** Whether all executions and commissions of a finished order are known, so that its message is final. */
export function isComplete(facts: Facts, notice: OrderNotice): boolean {
  const order = facts.orders[notice.clientOrderId];
  if (order === undefined) return true;
  const ids = Object.keys(order.executions);
  const executed = ids.reduce((sum, id) => sum + (order.executions[id]?.quantity ?? 0), 0);
  return executed >= order.filledQuantity - QUANTITY_TOLERANCE && ids.every((id) => id in facts.commissions);
}

/** One message for an order: what was bought or sold, for how much; or why nothing was. */
export function orderAlert(facts: Facts, notice: OrderNotice): Alert | undefined {
  const order = facts.orders[notice.clientOrderId];
  if (order === undefined) return undefined;
  const unfilled = UNFILLED.get(notice.status);
  if (unfilled && (order.filledQuantity === 0 || notice.status === "unknown")) {
    const { severity, code, title, text } = unfilled;
    const bare = leavesPositionBare(facts, order);
    return {
      severity: bare ? "critical" : severity,
      code,
      title: `${title}: ${order.side} ${order.filledQuantity + order.leavesQuantity} ${order.symbol}`,
      text: [bare ? BARE : "", text, order.reason].filter(Boolean).join(" ").slice(0, 2000),
      fields: [{ name: "order", value: notice.clientOrderId }],
    };
  }
  const verb = order.side === "buy" ? "Bought" : "Sold";
  const price = averagePrice(order);
  const quantity = order.filledQuantity;
  const whole = quantity + order.leavesQuantity;
  const partial = order.status !== "filled" && order.leavesQuantity > 0;
  const commission = commissionOf(facts, order);
  return {
    severity: "info",
    code: "ORDER_FILLED",
    title: `${verb} ${quantity}${partial ? ` of ${whole}` : ""} ${order.symbol}${price === null ? "" : ` at ${priceText(price)}`}`,
    text: partial
      ? `The rest was ${order.status}${order.reason === null ? "" : `: ${order.reason}`}`.slice(0, 2000)
      : "",
    fields: [
      { name: "average price", value: price === null ? "not reported" : `${priceText(price)} USD` },
      { name: "value", value: price === null ? "not known" : `${(price * quantity).toFixed(2)} USD` },
      { name: "commission", value: commission === null ? "not reported yet" : `${commission.toFixed(2)} USD` },
      { name: "order", value: notice.clientOrderId },
      ...(order.parentClientOrderId === null ? [] : [{ name: "bracket of", value: order.parentClientOrderId }]),
    ],
  };
}

/** One message for all denials since the last; at least one. */
export function denialsAlert(notices: readonly DenialNotice[]): Alert {
  const [only] = notices;
  if (notices.length === 1 && only) {
    return {
      severity: "info",
      code: "ORDER_DENIED",
      title: `Denied: ${describe(only)}`,
      text: `Risk refused an order of ${only.strategy}; nothing was sent.`,
      fields: only.reasons.slice(0, 20).map(({ code, detail }) => ({
        name: code.slice(0, 100),
        value: detail.slice(0, 500),
      })),
    };
  }
  const counts = new Map<string, number>();
  for (const { reasons } of notices) {
    for (const code of new Set(reasons.map((reason) => reason.code))) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, one], [, other]) => other - one);
  const listed = notices.slice(0, DENIALS_LISTED_MAX).map((notice) => {
    return `${describe(notice)} (${notice.strategy}): ${notice.reasons.map(({ code }) => code).join(", ")}`;
  });
  const more = notices.length - listed.length;
  return {
    severity: "info",
    code: "ORDER_DENIED",
    title: `Denied: ${notices.length} orders`,
    text: [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join("\n").slice(0, 2000),
    fields: byCount.slice(0, 20).map(([code, count]) => ({ name: code.slice(0, 100), value: String(count) })),
  };
}

const BARE =
  "It was to protect the position of its entry, which may be without protection. See at the broker which orders work for it, and place a stop by hand or close it.";

/**
 * A protective order ended, and its entry has bought or sold something or still may. An order that is canceled is
 * routine: its sister closed the position.
 */
function leavesPositionBare(facts: Facts, { parentClientOrderId, status }: OrderFacts): boolean {
  if (parentClientOrderId === null) return false;
  const entry = facts.orders[parentClientOrderId];
  if (entry === undefined || entry.filledQuantity > 0) return true;
  return status !== "unknown" && entry.status !== null && !TERMINAL_ORDER_STATUSES.has(entry.status);
}

type Unfilled = Pick<Alert, "severity" | "code" | "title" | "text">;
const UNFILLED: ReadonlyMap<OrderStatus, Unfilled> = new Map<OrderStatus, Unfilled>([
  [
    "rejected",
    { severity: "warning", code: "ORDER_REJECTED", title: "Rejected by the broker", text: "Nothing was filled." },
  ],
  ["expired", { severity: "info", code: "ORDER_EXPIRED", title: "Expired", text: "Nothing was filled." }],
  ["not-sent", { severity: "info", code: "ORDER_NOT_SENT", title: "Not sent", text: "It never reached the broker." }],
  [
    "unknown",
    {
      severity: "warning",
      code: "ORDER_UNKNOWN",
      title: "What became of an order is not known",
      text: "The session was lost around it. It is not sent again; it stays so until the broker's open orders, completed orders and executions agree.",
    },
  ],
]);

const STATES = {
  active: { severity: "info", title: "Trading is active", text: "Entries and exits pass." },
  reducing: {
    severity: "warning",
    title: "Trading is reduced to exits",
    text: "Only exits pass. Find the reason, then `npx crucible resume --reason TEXT` lets entries pass again.",
  },
  halted: {
    severity: "critical",
    title: "Trading is halted",
    text: "No order passes, not even an exit. Positions and protective orders at the broker stay as they are until you `npx crucible resume --reason TEXT`, or let exits pass with `npx crucible reduce --reason TEXT`.",
  },
} as const;

/** Risk raises none of its own: the ledger's record is the fact, and it cannot be told twice or be forgotten. */
export function tradingStateAlert(notice: TradingStateNotice): Alert {
  const { severity, title, text } = STATES[notice.to];
  const reason = notice.reason === "" ? "" : ` Reason: ${notice.reason}`;
  return {
    severity,
    code: "TRADING_STATE_CHANGED",
    title: `${title}, set by ${notice.setBy}`.slice(0, 200),
    text: `${text}${reason}`.slice(0, 2000),
    fields: [
      { name: "before", value: notice.from },
      { name: "profit of the day", value: `${notice.dayProfit.toFixed(2)} USD` },
    ],
  };
}

const describe = ({ side, quantity, symbol }: DenialNotice): string => `${side} ${quantity} ${symbol}`;

function averagePrice(order: OrderFacts): number | null {
  const executions = Object.values(order.executions);
  const quantity = executions.reduce((sum, execution) => sum + execution.quantity, 0);
  // The executions are the truth once they are all there; until then the broker's own average is better.
  if (quantity < order.filledQuantity - QUANTITY_TOLERANCE || quantity === 0) return order.averagePrice;
  return executions.reduce((sum, execution) => sum + execution.quantity * execution.price, 0) / quantity;
}

function commissionOf(facts: Facts, order: OrderFacts): number | null {
  const known = Object.keys(order.executions).map((id) => facts.commissions[id]);
  if (known.length === 0 || known.some((commission) => commission === undefined)) return null;
  return known.reduce<number>((sum, commission) => sum + (commission ?? 0), 0);
}

/** Cents, and up to four decimals for an average. */
const priceText = (price: number): string => price.toFixed(4).replace(/(\.\d\d\d*?)0+$/, "$1");
