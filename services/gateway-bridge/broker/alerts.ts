import type { Alert, ClientOrderId, OrderEvent, Position } from "#libs/contracts/mod.ts";
import type { BrokerExecution, BrokerOrder, OtherContract } from "../gateway/reports.ts";
import type { Surprise } from "../orders/after-end.ts";
import type { Difference } from "./positions.ts";

/** Alerts about orders at the broker; all codes are listed in the README of this service. */

export const ordersUnknown = (ids: readonly ClientOrderId[], why: string): Alert => ({
  severity: "warning",
  code: "ORDERS_UNKNOWN",
  title: `${ids.length} order${ids.length === 1 ? "" : "s"} sent and not answered`,
  text: `${list(ids)}: ${why}. They are looked for at the broker as soon as it answers, and never sent again.`,
  fields: [],
});

export const orderNotSent = (ids: readonly ClientOrderId[]): Alert => ({
  severity: "warning",
  code: "ORDERS_NOT_SENT",
  title: `${ids.length} order${ids.length === 1 ? "" : "s"} did not reach the broker`,
  text: `${list(ids)}: the broker lists neither the order nor an execution of it, in two readings. The strategy has to ask anew if it still wants it.`,
  fields: [],
});

export const cancelIgnored = (id: ClientOrderId): Alert => ({
  severity: "critical",
  code: "CANCEL_IGNORED",
  title: `The broker does not carry out the cancel of ${id}`,
  text: "It was asked again and not answered, or said that it is at it and did not end. By its own lists the order works on: cancel it at the broker. Here it is asked again in the next session, and whenever you or the strategy ask.",
  fields: [],
});

export const orderIdsUsedUp = (why: string): Alert => ({
  severity: "critical",
  code: "ORDER_IDS_USED_UP",
  title: "The gateway's order ids are used up: no order can be sent, exits neither",
  text: `Of the gateway: ${why}. Another program that used this client id drove them up. In the gateway's settings, API, "Reset API order ID sequence" (no order may be open then), and npx crucible gateway reconnect; or another IBKR_CLIENT_ID, npm stop, npm start. Until then close positions at the broker.`,
  fields: [],
});

export const cancelRefused = (id: ClientOrderId, reason: string): Alert => ({
  severity: "warning",
  code: "CANCEL_REFUSED",
  title: `The broker refused to cancel ${id}`,
  text: `${reason}. By its own lists the order works on, and it is not asked again unless you or the strategy ask.`,
  fields: [],
});

export const foreignOrders = (orders: readonly BrokerOrder[]): Alert => ({
  severity: "warning",
  code: "FOREIGN_ORDERS",
  title: `The broker has ${orders.length} open order${orders.length === 1 ? "" : "s"} that this platform did not send`,
  text: `${list(orders.map(({ symbol, side, quantity, permId }) => `${side} ${quantity ?? "?"} ${symbol} (permId ${permId ?? "?"})`))}. They count in the exposure and are left alone; cancel them at the broker if they are not yours.`,
  fields: [],
});

export const foreignExecution = ({ symbol, side, quantity, price }: BrokerExecution): Alert => ({
  severity: "warning",
  code: "FOREIGN_EXECUTION",
  title: `An execution this platform did not order: ${side} ${quantity} ${symbol} at ${price}`,
  text: "It is recorded and counts in the position. If you did not trade by hand, look into the account.",
  fields: [],
});

export const unexplainedFills = (ids: readonly ClientOrderId[]): Alert => ({
  severity: "critical",
  code: "FILLS_WITHOUT_EXECUTIONS",
  title: "Orders were filled, and their executions are not listed any more",
  text: `${list(ids)}: the gateway lists executions since midnight only. The orders count as filled; the position shows as unexplained until you accept it. Compare with the broker's statement.`,
  fields: [],
});

export const orderWorksOn = (id: ClientOrderId, reason: string): Alert => ({
  severity: "warning",
  code: "ORDER_WORKS_ON",
  title: `The broker called ${id} over, and lists it as working`,
  text: `It said ${reason}. By its own lists the order works on, and it is kept as working here. Look at it at the broker; cancel it if it should not work.`,
  fields: [],
});

export const ordersUntraced = (ids: readonly ClientOrderId[]): Alert => ({
  severity: "critical",
  code: "ORDERS_UNTRACED",
  title: `${ids.length} order${ids.length === 1 ? "" : "s"} of an earlier day ended while the gateway was away`,
  text: `${list(ids)}: the broker lists them no more, and a gateway names executions and completed orders of the day alone. They count as over; whether they filled, only the positions tell. Compare with the broker's statement.`,
  fields: [],
});

export const ordersVanished = (ids: readonly ClientOrderId[]): Alert => ({
  severity: "critical",
  code: "ORDERS_VANISHED",
  title: `${ids.length} order${ids.length === 1 ? "" : "s"} the broker had accepted ${ids.length === 1 ? "is" : "are"} in none of its lists`,
  text: `${list(ids)}: for a minute neither among the orders that work nor among those that ended. They count as canceled now. Look in TWS whether they work: there they can be canceled by hand.`,
  fields: [],
});

export const unexplainedPosition = ({ symbol, quantity }: Position, ours: number): Alert => ({
  severity: "warning",
  code: "POSITION_UNEXPLAINED",
  title: `The broker holds ${quantity} ${symbol}; this platform's own executions explain ${ours}`,
  text: "It was traded elsewhere, or before this ledger began, split, or an execution is missing. Risk counts what the broker holds, and refuses entries in it. Once you know why: crucible gateway accept-position.",
  fields: [],
});

export const positionAccepted = ({ symbol, broker, ours }: Difference, reason: string): Alert => ({
  severity: "info",
  code: "POSITION_ACCEPTED",
  title: `You accepted ${broker} ${symbol}; this platform's own executions explained ${ours}`,
  text: `Reason: ${reason}. From here on it is explained, and entries in ${symbol} pass again.`,
  fields: [],
});

export const otherContract = ({ kind, name }: OtherContract): Alert => ({
  severity: "warning",
  code: "OTHER_CONTRACT",
  title: `The account has an ${OTHER_WORDS[kind]} this platform does not deal in: ${name}`,
  text: "Only US stocks and ETFs in USD are traded and limited here. It is left alone and counts in no symbol's position; the account's own figures include it.",
  fields: [],
});

const OTHER_WORDS = {
  position: "open position",
  order: "open order",
  execution: "execution",
} as const;

export const executionTimeUnreadable = (execution: BrokerExecution): Alert => ({
  severity: "warning",
  code: "EXECUTION_TIME_UNREADABLE",
  title: `The broker told an execution of ${execution.symbol} with a time that cannot be`,
  text: `It says ${JSON.stringify(execution.timeText)} of execution ${execution.executionId}: ${execution.side} ${execution.quantity} ${execution.symbol} at ${execution.price}. It counts, as of the moment it came: compare its day with the broker's statement, since day trades and the day's loss are counted by it.`,
  fields: [],
});

export const orderCameBack = (id: ClientOrderId, status: string): Alert => ({
  severity: "critical",
  code: "ORDER_CAME_BACK",
  title: `${id} works at the broker although it was over here`,
  text: `It ended here as ${status}, and the broker lists it as working. Cancel it at the broker, and check the position.`,
  fields: [],
});

export const surprise = (what: Surprise, event: OrderEvent): Alert => {
  const { clientOrderId, side, symbol, filledQuantity, reason } = event;
  const filled = `${clientOrderId}, to ${side} ${symbol}, counts ${filledQuantity} filled: ${reason}.`;
  switch (what) {
    case "overfilled":
      return {
        severity: "critical",
        code: "ORDER_OVERFILLED",
        title: `${clientOrderId} was filled beyond what was approved`,
        text: `${filled} Look at the position of ${symbol} at the broker, and close what is too much; ask the broker why.`,
        fields: [],
      };
    case "after-end":
      return {
        severity: "critical",
        code: "ORDER_FILLED_AFTER_END",
        title: `${clientOrderId} was filled although it was over here`,
        text: `${filled} Its strategy did not count on it, and may have asked anew. Look at the position of ${symbol} and at the open orders at the broker.`,
        fields: [],
      };
    case "corrected":
      return {
        severity: "warning",
        code: "ORDER_CORRECTED",
        title: `The exchange took back a part of what ${clientOrderId} was filled`,
        text: `${filled} Position and profit follow the correction.`,
        fields: [],
      };
  }
};

const list = (items: readonly string[]): string =>
  items.slice(0, 20).join(", ") + (items.length > 20 ? ` and ${items.length - 20} more` : "");
