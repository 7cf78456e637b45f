/**
 * What the bridge does about a code that the gateway says of the connection as a whole (it names no request): who
 * acts on it is `session/decide.ts`.
 */
export const SESSION_ACTIONS = {
  "broker-lost": "degraded: no new orders, the socket and its executions are kept",
  "data-lost": "reads everything again, then asks for every stream anew",
  "data-kept": "reads everything again, then asks anew for the streams that are quiet",
  "port-changed": "alerts: the configured port is wrong from now on",
  "client-id-in-use": "backs off, and tries again with the same client id",
  "verify-streams": "asks anew for the streams that are quiet; orders are not touched",
  "too-fast": "alerts: our own pace of 45 messages a second was not kept",
  note: "is logged",
} as const;

/** What the bridge does about a code on a quote or bar stream: `market-data/feed.ts`. */
export const STREAM_ACTIONS = {
  refused: "the stream is dead: alerts, and asks again after five minutes",
  repeat: "asks again at once",
  keep: "goes on: the stream lives",
} as const;

/** What the bridge does about a code on a question to the broker's history, or on a contract lookup. */
export const HISTORY_ACTIONS = {
  "too-fast": "waits, and asks again: a pacing rule was broken",
  "no-data": "answers with no bars: there are none",
  later: "answers `unavailable`, and that it is worth asking again",
  refused: "answers `unavailable`: asking again does not help",
  keep: "goes on waiting for the answer",
} as const;

/** What the bridge does about a code on one of our orders: `broker/order-news.ts`. */
export const ORDER_ACTIONS = {
  rejected: "the order is `rejected`; one that may have worked is compared with the broker's lists first",
  canceled: "the order is `canceled` as soon as its last status or the broker's lists say what had filled",
  warning: "nothing: the order lives",
  "not-cancelable": "compares with the broker's lists",
  "not-found": "compares with the broker's lists",
  "read-only":
    "the order is `rejected`, or its cancel refused, and the session is halted: the gateway takes no orders at all",
  unknown: "the order is `unknown` until the broker's lists tell: calling a living order rejected would lose it",
} as const;

export type SessionAction = keyof typeof SESSION_ACTIONS;
export type StreamAction = keyof typeof STREAM_ACTIONS;
export type HistoryAction = keyof typeof HISTORY_ACTIONS;
export type OrderAction = keyof typeof ORDER_ACTIONS;

/** What is done about a code that the table does not name, or not for that kind of request. */
export const OTHERWISE = { session: "note", stream: "keep", history: "later", order: "unknown" } as const;

export interface CodeRow {
  readonly codes: readonly number[];
  /** What it says, in our words. */
  readonly says: string;
  readonly session?: SessionAction;
  readonly stream?: StreamAction;
  readonly history?: HistoryAction;
  readonly order?: OrderAction;
  /** One number, several uses: where one of these words stands in its text, that holds instead. */
  readonly byText?: readonly {
    readonly text: RegExp;
    readonly says: string;
    readonly history?: HistoryAction;
    readonly order?: OrderAction;
  }[];
}

const refusedRequest = { stream: "refused", history: "refused" } as const;

/**
 * Every code of tws.md 6.1 and 6.2, and those known besides. A code means different things to the connection, to a
 * stream, to a question and to an order; each column is read by the part of the bridge that it concerns, and by no
 * other.
 */
export const CODE_TABLE: readonly CodeRow[] = [
  // The connection (tws.md 6.1).
  { codes: [1100], says: "the gateway lost Interactive Brokers; repeats many times", session: "broker-lost" },
  { codes: [1101], says: "restored, data lost", session: "data-lost" },
  { codes: [1102], says: "restored, data maintained (not always true)", session: "data-kept" },
  { codes: [1300], says: "the socket's port was changed", session: "port-changed" },
  { codes: [2110], says: "the gateway cannot reach Interactive Brokers yet", session: "broker-lost" },
  { codes: [2103], says: "a market data farm is broken", session: "note" },
  { codes: [2104], says: "a market data farm is back", session: "verify-streams" },
  { codes: [2105], says: "a historical data farm is broken", session: "note", history: "later" },
  { codes: [2106], says: "a historical data farm is back", session: "verify-streams", history: "keep" },
  {
    codes: [2107, 2108, 2119],
    says: "a data farm is inactive until needed, or is connecting (normal)",
    session: "note",
  },
  { codes: [2157], says: "the security definition farm is broken", session: "note", history: "later" },
  { codes: [2158], says: "the security definition farm is back", session: "note" },
  { codes: [326], says: "the client id is in use", session: "client-id-in-use" },
  {
    codes: [501, 502, 503, 504, 506, 507],
    says: "the library's own: connected already, cannot connect, versions, not connected, end of file",
    session: "note",
  },
  {
    codes: [505],
    says: "the library's own: a message it cannot read (alerts as garbage; the stream goes on)",
    session: "note",
  },
  { codes: [10182], says: "an updating subscription was lost", stream: "repeat", history: "later" },
  { codes: [10225], says: "real-time bars were deactivated", stream: "repeat" },

  // The pace, and requests as such (tws.md 6.2).
  {
    codes: [100],
    says: "too many messages a second",
    session: "too-fast",
    ...refusedRequest,
    history: "too-fast",
    order: "unknown",
  },
  { codes: [101], says: "all market data lines are in use", ...refusedRequest },
  { codes: [102], says: "the ticker id is in use", ...refusedRequest },
  { codes: [322], says: "the request failed (also: a duplicate id)", ...refusedRequest, order: "rejected" },
  { codes: [385, 386], says: "the ticker id of a history question is in use or unknown", ...refusedRequest },
  { codes: [300], says: "no stream has this ticker id", stream: "keep", history: "keep" },
  { codes: [309], says: "all depth subscriptions are in use", ...refusedRequest },
  { codes: [320], says: "a request could not be read", session: "note", ...refusedRequest, order: "rejected" },
  {
    codes: [321],
    says: "a field of the request is invalid",
    session: "note",
    ...refusedRequest,
    order: "rejected",
    byText: [{ text: /read.?only/i, says: "the API is read-only", order: "read-only" }],
  },
  { codes: [327], says: "only client id 0 may do this", session: "note" },

  // Market data.
  { codes: [354], says: "no subscription for this data", ...refusedRequest },
  { codes: [10089, 10168], says: "no subscription for live data, delayed data not enabled", ...refusedRequest },
  {
    codes: [10090, 10091, 10167],
    says: "a part is not subscribed, or delayed data is shown instead",
    stream: "keep",
    history: "keep",
    order: "warning",
  },
  { codes: [10186], says: "delayed data is not available either", ...refusedRequest },
  { codes: [10187], says: "historical ticks could not be had", ...refusedRequest },
  { codes: [10189, 10190], says: "tick-by-tick data is refused, or has too many requests", ...refusedRequest },
  {
    codes: [10197],
    says: "no data while another session of this login is active",
    stream: "refused",
    history: "later",
  },
  { codes: [420], says: "an invalid real-time query (also: pacing)", stream: "refused", history: "too-fast" },
  { codes: [10276], says: "a news feed is not allowed", ...refusedRequest },

  // History.
  {
    codes: [162],
    says: "the historical data service refused or withdrew the question",
    history: "later",
    byText: [
      { text: /pacing/i, says: "a pacing rule was broken", history: "too-fast" },
      { text: /returned no data/i, says: "there is no such data", history: "no-data" },
    ],
  },
  { codes: [366], says: "no history question has this id", history: "refused" },

  // Orders.
  { codes: [103], says: "the order id was used before; the next id is asked for", order: "rejected" },
  { codes: [104], says: "a filled order cannot be modified (the id was used before)", order: "unknown" },
  { codes: [105], says: "the order differs from the living one with this id", order: "rejected" },
  { codes: [106, 107], says: "the order cannot be transmitted, or is incomplete", order: "rejected" },
  { codes: [110], says: "the price is off the contract's price increment", order: "rejected" },
  { codes: [135, 10147], says: "no order has this id", order: "not-found" },
  { codes: [161, 10148], says: "the order cannot be canceled in its state", order: "not-cancelable" },
  { codes: [200], says: "no such contract, or an ambiguous one", ...refusedRequest, order: "rejected" },
  { codes: [201], says: "the order is refused; the text says why", order: "rejected" },
  { codes: [202], says: "the order is canceled", order: "canceled" },
  { codes: [203], says: "the account may not trade this", ...refusedRequest, order: "rejected" },
  { codes: [399], says: "a message about the order (such as: held until the open)", order: "warning" },
  { codes: [404], says: "held until shares to borrow are found", order: "warning" },
  { codes: [434], says: "the order's size is zero", order: "rejected" },
  { codes: [460], says: "no permission to trade this", order: "rejected" },
  { codes: [481, 492], says: "the order's size or price was changed by the gateway", order: "warning" },
  { codes: [10289, 10293], says: "a coin is bought for an amount of cash, without a size", order: "rejected" },
  { codes: [2100], says: "the account data subscription was taken over", session: "note", order: "warning" },
  { codes: [2101, 2102], says: "a modification cannot be made, or not yet", order: "warning" },
  {
    codes: [2109, 2137, 2148, 2150, 2161, 2168, 2169],
    says: "a warning: hours ignored, price capped, direction crossed, and the like",
    order: "warning",
  },
  {
    codes: [
      109, 111, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 131, 132, 133, 134,
      136, 137, 138, 140, 141, 142, 143, 144, 146, 147, 148, 151, 152, 153, 154, 155, 156, 157, 158, 159, 163, 164, 328,
      329, 387, 388, 389, 390, 391, 392, 393, 394, 395, 396, 397, 398, 401, 403, 405, 406, 407, 408, 409, 410, 411, 412,
      413, 414, 415, 416, 417, 418, 419, 436, 437, 438, 439, 440, 441, 442, 443, 10005, 10006, 10007, 10008, 10009,
      10052, 10063, 10065, 10066, 10067, 10068,
    ],
    says: "a term of the order is invalid, or not for this contract or exchange",
    order: "rejected",
  },
];
