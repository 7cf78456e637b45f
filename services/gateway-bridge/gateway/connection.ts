import { EventName, IBApi, MarketDataType, WhatToShow } from "@stoqey/ib";
import type { AccountChannel } from "../account/broker-account.ts";
import { ACCOUNT_TAGS, listenToAccount } from "./account-messages.ts";
import { contractOf } from "./contract.ts";
import { isAccountId, isInt32, isTime, lineOf } from "./fields.ts";
import { type HistoryChannel, historyChannel, listenToHistory } from "./history-channel.ts";
import { guardLibrary } from "./library-guard.ts";
import { listenToMarketData } from "./market-data-messages.ts";
import type { On } from "./on.ts";
import { listenToOrders } from "./order-messages.ts";
import type { GatewayListener, SessionReport } from "./reports.ts";
import { LIBRARY_MESSAGES_PER_SECOND, type Priority, type SendQueue } from "./send-queue.ts";

/** Code of the library for a socket that failed; the text carries the system's error. */
const SOCKET_FAILED = 502;
/** Codes of the library for messages it could not read. */
const UNREADABLE = 505;

/** No code of the broker's: what has it is looked up in the broker's lists, as after any code that is not known. */
const NO_CODE = 0;
const SHOWN_CHARACTERS_MAX = 100;
/** As much of a complaint of the library as names the kind of message. */
const KIND_CHARACTERS_MAX = 40;
/** Of a message whose kind it does not know, the library complains twice: of the kind, and of the fields that are left. */
const complaintOf = (text: string): string =>
  text.includes("undefined") ? "messages of an unknown kind" : lineOf(text, KIND_CHARACTERS_MAX);

/** Generic tick 236: whether there are shares to borrow (tick 46). Halts (49) come unasked. */
const SHORTABLE_TICKS = "236";

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
  const leftOut = (kind: string, text: string) => say({ type: "left-out", kind, text });
  const guard = guardLibrary(api, (text) => say({ type: "garbage", text }));
  /** What a handler throws would leave the socket's own handler and end the process (P8). */
  const on: On = (event, handler) => {
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
  on(EventName.server, (serverVersion: number) => {
    if (isInt32(serverVersion)) say({ type: "version", serverVersion });
    else say({ type: "garbage", text: `the gateway says that its version is ${serverVersion}` });
  });
  on(EventName.managedAccounts, (told: string) => {
    const accounts = told
      .split(",")
      .map((account) => account.trim())
      .filter((account) => account !== "");
    // Of a list that is understood in part nobody knows which of the others is meant.
    if (accounts.every(isAccountId)) say({ type: "accounts", accounts });
    else leftOut("accounts", `the accounts ${lineOf(told, SHOWN_CHARACTERS_MAX)}`);
  });
  on(EventName.nextValidId, (nextOrderId: number) => {
    if (isInt32(nextOrderId) && nextOrderId >= 0) say({ type: "next-order-id", nextOrderId });
    else leftOut("next order id", `the next order id ${nextOrderId}`);
  });
  on(EventName.currentTime, (epochSeconds: number) => {
    if (isTime(epochSeconds)) return say({ type: "time", epochSeconds });
    leftOut("time", `the time ${epochSeconds} (seconds since 1970)`);
    say({ type: "time", epochSeconds: null });
  });
  const codeOf = (said: number, text: string) => {
    if (isInt32(said)) return said;
    leftOut("code", `the code ${said} of "${lineOf(text, SHOWN_CHARACTERS_MAX)}"`);
    return NO_CODE;
  };
  on(EventName.info, (said: string, code: number) =>
    say({ type: "notice", code: codeOf(code, said), text: lineOf(said) }),
  );
  on(EventName.error, (error: Error, said: number, requestId: number) => {
    const text = lineOf(error.message);
    if (said === SOCKET_FAILED) socketError = text;
    else if (said === UNREADABLE) leftOut(`unreadable: ${complaintOf(text)}`, text);
    else if (requestId >= 0) listener.requestError(requestId, codeOf(said, text), text);
    else {
      const code = codeOf(said, text);
      socketError = `${code}: ${text}`;
      say({ type: "notice", code, text });
    }
  });
  on(EventName.disconnected, () => say({ type: "closed", error: socketError }));

  listenToMarketData(on, listener, leftOut);
  listenToHistory(on, listener, leftOut);
  listenToOrders(on, listener, leftOut);
  listenToAccount(on, listener, leftOut);

  const ask = (priority: Priority, send: () => void) => queue.push(priority, { send });
  const connection: Connection = {
    // Its deadline runs from the asking, and it decides whether the session lives.
    askTime: () => ask("heartbeat", () => api.reqCurrentTime()),
    askDataType: (type) =>
      ask("data", () => api.reqMarketDataType(type === "live" ? MarketDataType.REALTIME : MarketDataType.DELAYED)),
    askAllOpenOrders: () => ask("query", () => api.reqAllOpenOrders()),
    askOpenOrders: () => ask("query", () => api.reqOpenOrders()),
    askCompletedOrders: () => ask("query", () => api.reqCompletedOrders(false)),
    askPositions: () => ask("query", () => api.reqPositions()),
    askAccountSummary: (requestId) =>
      ask("query", () => api.reqAccountSummary(requestId, "All", ACCOUNT_TAGS.join(","))),
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
