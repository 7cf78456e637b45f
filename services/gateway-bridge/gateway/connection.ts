import { type Contract, EventName, IBApi, MarketDataType, WhatToShow } from "@stoqey/ib";
import type { AccountChannel } from "../account/broker-account.ts";
import { contractOf } from "./contract.ts";
import { type HistoryChannel, historyChannel, listenToHistory } from "./history-channel.ts";
import { guardLibrary } from "./library-guard.ts";
import type { GatewayListener, SessionReport } from "./reports.ts";
import { LIBRARY_MESSAGES_PER_SECOND, type Priority, type SendQueue } from "./send-queue.ts";
import { brokerExecution, brokerOrder, commission, nameOf, stockSymbol, whatIfFigures } from "./translate.ts";

/** Code of the library for a socket that failed; the text carries the system's error. */
const SOCKET_FAILED = 502;
/** Codes of the library for messages it could not read. */
const UNREADABLE = 505;

/** Generic tick 236: whether there are shares to borrow (tick 46). Halts (49) come unasked. */
const SHORTABLE_TICKS = "236";

const ACCOUNT_TAGS = [
  "NetLiquidation",
  "TotalCashValue",
  "BuyingPower",
  "ExcessLiquidity",
  "MaintMarginReq",
  "LookAheadExcessLiquidity",
  "PreviousDayEquityWithLoanValue",
  "DayTradesRemaining",
  "DayTradesRemainingT+1",
  "DayTradesRemainingT+2",
  "DayTradesRemainingT+3",
  "DayTradesRemainingT+4",
].join(",");

/** Reads from the gateway; nothing here can place an order (law 5). */
export interface Connection extends HistoryChannel, AccountChannel {
  askTime(): void;
  /** `delayed`: where there is no live data. Delayed data is marked as such (ticks 66 and up), whatever was asked. */
  askDataType(type: "live" | "delayed"): void;
  /** Of this client alone. */
  askOpenOrders(): void;
  /** Of every client, and of TWS itself. */
  askAllOpenOrders(): void;
  askCompletedOrders(): void;
  askPositions(): void;
  askExecutions(requestId: number): void;
  askNextOrderId(): void;
  subscribeQuotes(requestId: number, symbol: string): void;
  cancelQuotes(requestId: number): void;
  subscribeBars(requestId: number, symbol: string): void;
  cancelBars(requestId: number): void;
  /** Ends it; nothing is heard from it and nothing leaves it from here on. */
  close(): void;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly queue: SendQueue;
  readonly listener: GatewayListener;
  /** A handler of ours that threw: a defect, reported; it must not take the connection with it. */
  readonly onDefect: (error: unknown) => void;
  /** Lends the library's object to what may write orders on this connection; in dry-run nothing takes it. */
  readonly attach: (api: IBApi, queue: SendQueue) => void;
}

/**
 * Opens one connection: one `IBApi` object, used once. It must not be used again after a drop, since the library
 * keeps what was asked of it while it was down and writes it to the next socket (tws.md 1.5 P1, P2).
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { host, port, clientId, queue, listener } = options;
  // Every option is given: what is left out, the library would read from the environment and a .env file.
  const api = new IBApi({ host, port, clientId, maxReqPerSec: LIBRARY_MESSAGES_PER_SECOND });
  let closed = false;
  let socketError: string | null = null;

  const say = (report: SessionReport) => {
    if (!closed) listener.session(report);
  };
  const leftOut = (what: string) => say({ type: "left-out", text: what });
  const guard = guardLibrary(api, (what) => say({ type: "garbage", text: what, fatal: true }));
  /** What a handler throws would leave the socket's own handler and end the process (P8). */
  const on = (event: EventName, handler: (...values: never[]) => void) => {
    api.on(
      event as EventName.all,
      ((...values: never[]) => {
        if (closed) return;
        try {
          handler(...values);
        } catch (error) {
          options.onDefect(error);
        }
      }) as never,
    );
  };

  let greeted = false;
  on(EventName.sent, () => {
    // The first bytes leave when TCP is open; the library has no other sign of it.
    if (greeted) return;
    greeted = true;
    guard.tcpIsOpen();
    say({ type: "tcp-open" });
  });
  on(EventName.server, (serverVersion: number) => say({ type: "version", serverVersion }));
  on(EventName.managedAccounts, (accounts: string) =>
    say({
      type: "accounts",
      accounts: accounts
        .split(",")
        .map((account) => account.trim())
        .filter((account) => account !== ""),
    }),
  );
  on(EventName.nextValidId, (nextOrderId: number) => say({ type: "next-order-id", nextOrderId }));
  on(EventName.currentTime, (epochSeconds: number) => say({ type: "time", epochSeconds }));
  on(EventName.info, (text: string, code: number) => say({ type: "notice", code, text }));
  on(EventName.error, (error: Error, code: number, requestId: number) => {
    if (code === SOCKET_FAILED) socketError = error.message;
    else if (code === UNREADABLE) say({ type: "garbage", text: error.message, fatal: false });
    else if (requestId >= 0) listener.requestError(requestId, code, error.message);
    else {
      socketError = `${code}: ${error.message}`;
      say({ type: "notice", code, text: error.message });
    }
  });
  on(EventName.disconnected, () => say({ type: "closed", error: socketError }));

  on(EventName.tickPrice, (requestId: number, field: number, value: number) => listener.tick(requestId, field, value));
  on(EventName.tickSize, (requestId: number, field?: number, value?: number) => {
    if (field !== undefined && value !== undefined) listener.tick(requestId, field, value);
  });
  on(EventName.tickGeneric, (requestId: number, field: number, value: number) =>
    listener.tick(requestId, field, value),
  );
  on(EventName.marketDataType, (requestId: number, type: number) => listener.marketDataType(requestId, type));
  on(
    EventName.realtimeBar,
    (requestId: number, second: number, open: number, high: number, low: number, close: number, volume: number) =>
      listener.bar(requestId, { startsAt: second * 1000, open, high, low, close, volume: Math.max(0, volume) }),
  );

  listenToHistory(on, listener);

  on(EventName.openOrder, (...values: Parameters<typeof brokerOrder>) => {
    const [orderId, contract, terms, state] = values;
    if (terms.whatIf === true) {
      listener.whatIf(orderId, whatIfFigures(state));
      return;
    }
    const order = brokerOrder(...values);
    if (order) listener.openOrder(order);
    else if (stockSymbol(contract) === undefined) {
      listener.otherContract({ account: null, kind: "order", name: nameOf(contract) });
    } else leftOut(`order ${orderId} for ${nameOf(contract)} to ${terms.action} ${terms.totalQuantity}`);
  });
  on(EventName.openOrderEnd, () => listener.listEnd("open-orders"));
  on(EventName.completedOrder, (contract: never, order: { orderId?: number }, state: never) => {
    const completed = brokerOrder(order.orderId ?? 0, contract, order as never, state);
    if (completed) listener.completedOrder(completed);
  });
  on(EventName.completedOrdersEnd, () => listener.listEnd("completed-orders"));
  on(
    EventName.orderStatus,
    (
      orderId: number,
      status: string,
      filled: number,
      _remaining: number,
      _average: number,
      permId?: number,
      _parentId?: number,
      _lastPrice?: number,
      owner?: number,
      whyHeld?: string,
    ) => {
      if (!(filled >= 0)) return leftOut(`status ${status} of order ${orderId} with ${filled} filled`);
      listener.orderStatus({
        orderId,
        permId: permId ? permId : null,
        clientId: owner ?? null,
        status: String(status),
        filledQuantity: filled,
        text: whyHeld ?? "",
      });
    },
  );
  on(EventName.execDetails, (_requestId: number, ...values: Parameters<typeof brokerExecution>) => {
    const [contract, { acctNumber, execId, side, shares, price }] = values;
    const execution = brokerExecution(...values);
    if (execution) listener.execution(execution);
    else if (stockSymbol(contract) === undefined) {
      listener.otherContract({ account: acctNumber ?? null, kind: "execution", name: nameOf(contract) });
    } else leftOut(`execution ${execId} of ${nameOf(contract)}: ${side} ${shares} at ${price}`);
  });
  on(EventName.execDetailsEnd, () => listener.listEnd("executions"));
  on(EventName.commissionReport, (...values: Parameters<typeof commission>) => {
    const report = commission(...values);
    if (report) listener.commission(report.executionId, report.commission);
  });
  on(EventName.position, (account: string, contract: Contract, quantity: number, averageCost?: number) => {
    const symbol = stockSymbol(contract);
    if (symbol !== undefined) listener.position({ account, symbol, quantity, averageCost: averageCost ?? 0 });
    else if (quantity !== 0) listener.otherContract({ account, kind: "position", name: nameOf(contract) });
  });
  on(EventName.positionEnd, () => listener.listEnd("positions"));
  on(EventName.accountSummary, (_requestId: number, account: string, tag: string, value: string) =>
    listener.accountValue(account, tag, value),
  );
  on(EventName.updateAccountValue, (key: string, value: string, _currency: string, account: string) =>
    listener.accountUpdate(account, key, value),
  );
  on(EventName.pnl, (_requestId: number, daily: number, unrealized?: number, realized?: number) =>
    listener.profit(daily, unrealized, realized),
  );
  on(EventName.accountSummaryEnd, () => listener.listEnd("account-summary"));

  const ask = (priority: Priority, send: () => void) => queue.push(priority, { send });
  const connection: Connection = {
    // The heartbeat decides whether the session lives; it must not wait behind a page of subscriptions.
    askTime: () => ask("cancel", () => api.reqCurrentTime()),
    askDataType: (type) =>
      ask("data", () => api.reqMarketDataType(type === "live" ? MarketDataType.REALTIME : MarketDataType.DELAYED)),
    askAllOpenOrders: () => ask("query", () => api.reqAllOpenOrders()),
    askOpenOrders: () => ask("query", () => api.reqOpenOrders()),
    askCompletedOrders: () => ask("query", () => api.reqCompletedOrders(false)),
    askPositions: () => ask("query", () => api.reqPositions()),
    askAccountSummary: (requestId) => ask("query", () => api.reqAccountSummary(requestId, "All", ACCOUNT_TAGS)),
    cancelAccountSummary: (requestId) => ask("query", () => api.cancelAccountSummary(requestId)),
    askProfit: (requestId, account) => ask("query", () => api.reqPnL(requestId, account)),
    cancelProfit: (requestId) => ask("query", () => api.cancelPnL(requestId)),
    askAccountUpdates: (account) => ask("query", () => api.reqAccountUpdates(true, account)),
    askExecutions: (requestId) => ask("query", () => api.reqExecutions(requestId, {})),
    askNextOrderId: () => ask("query", () => api.reqIds()),
    subscribeQuotes: (requestId, symbol) =>
      ask("data", () => api.reqMktData(requestId, contractOf(symbol), SHORTABLE_TICKS, false, false)),
    cancelQuotes: (requestId) => ask("data", () => api.cancelMktData(requestId)),
    subscribeBars: (requestId, symbol) =>
      ask("data", () => api.reqRealTimeBars(requestId, contractOf(symbol), 5, WhatToShow.TRADES, false)),
    cancelBars: (requestId) => ask("data", () => api.cancelRealTimeBars(requestId)),
    ...historyChannel(api, (send) => ask("query", send)),
    close: () => {
      if (closed) return;
      closed = true;
      queue.close();
      api.removeAllListeners();
      api.disconnect();
    },
  };
  options.attach(api, queue);
  api.connect(clientId);
  return connection;
}
