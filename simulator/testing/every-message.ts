import type { Field } from "../protocol/frame.ts";
import type { RequestName, ResponseName } from "../protocol/messages.ts";

/** What a client gets for a well-formed message: the first message of the answer, an error's code, or nothing. */
export type Expected = ResponseName | number | "nothing";

interface Case {
  /** Fields after the message id, at a server version. */
  readonly fields: (serverVersion: number) => readonly Field[];
  readonly expected: Expected;
}

const spy = [756733, "SPY", "STK", "", 0, "", "", "SMART", "", "USD", "", ""];
const account = "DU1234567";

/** A well-formed message of every kind in the protocol, and what the simulated gateway says to it. */
export const everyMessage = {
  REQ_MKT_DATA: just("TICK_REQ_PARAMS", 11, 1, ...spy, 0, "", 0, 0, ""),
  CANCEL_MKT_DATA: just(300, 2, 1),
  PLACE_ORDER: { fields: (version) => marketOrder(version), expected: "OPEN_ORDER" },
  CANCEL_ORDER: {
    fields: (version) => {
      if (version >= 192) return [77, "", "", 2147483647];
      return version >= 187 && version < 190 ? [1, 77, "", "", "", 2147483647] : [1, 77, ""];
    },
    expected: 10147,
  },
  REQ_OPEN_ORDERS: just("OPEN_ORDER_END", 1),
  REQ_ACCOUNT_DATA: just("ACCT_VALUE", 2, 1, account),
  REQ_EXECUTIONS: just("EXECUTION_DATA_END", 3, 1, 0, "", "", "", "", "", ""),
  REQ_IDS: just("NEXT_VALID_ID", 1, 1),
  REQ_CONTRACT_DATA: just("CONTRACT_DATA", 8, 1, ...spy, 0, "", "", ""),
  REQ_MKT_DEPTH: just("MARKET_DEPTH_L2", 5, 1, 0, "SPY", "STK", "", 0, "", "", "ARCA", "", "USD", "", "", 3, 0, ""),
  CANCEL_MKT_DEPTH: just(310, 1, 1, 0),
  REQ_NEWS_BULLETINS: just("nothing", 1, 1),
  CANCEL_NEWS_BULLETINS: just("nothing", 1),
  SET_SERVER_LOGLEVEL: just("nothing", 1, 3),
  REQ_AUTO_OPEN_ORDERS: just(327, 1, 1),
  REQ_ALL_OPEN_ORDERS: just("OPEN_ORDER_END", 1),
  REQ_MANAGED_ACCTS: just("MANAGED_ACCTS", 1),
  REQ_FA: just(321, 1, 1),
  REPLACE_FA: just(321, 1, 1, "<xml/>", 1),
  REQ_HISTORICAL_DATA: just("HISTORICAL_DATA", 1, ...spy, 0, "", "1 day", "1 D", 1, "TRADES", 1, 0, ""),
  EXERCISE_OPTIONS: { fields: exercise, expected: 322 },
  REQ_SCANNER_SUBSCRIPTION: just(
    "SCANNER_DATA",
    ...[1, 10, "STK", "STK.US.MAJOR", "MOST_ACTIVE", "", "", "", "", "", "", "", "", "", "", "", "", "", ""],
    ...["", "", "", "", ""],
  ),
  CANCEL_SCANNER_SUBSCRIPTION: just(365, 1, 1),
  REQ_SCANNER_PARAMETERS: just("SCANNER_PARAMETERS", 1),
  CANCEL_HISTORICAL_DATA: just(366, 1, 1),
  REQ_CURRENT_TIME: just("CURRENT_TIME", 1),
  REQ_REAL_TIME_BARS: just("nothing", 3, 1, ...spy, 5, "TRADES", 0, ""),
  CANCEL_REAL_TIME_BARS: just(300, 1, 1),
  REQ_FUNDAMENTAL_DATA: just(10358, 2, 1, 0, "SPY", "STK", "SMART", "", "USD", "", "ReportSnapshot", ""),
  CANCEL_FUNDAMENTAL_DATA: just(300, 1, 1),
  REQ_CALC_IMPLIED_VOLAT: just("TICK_OPTION_COMPUTATION", 2, 1, ...call(), 10, 560, ""),
  REQ_CALC_OPTION_PRICE: just("TICK_OPTION_COMPUTATION", 2, 1, ...call(), 0.2, 560, ""),
  CANCEL_CALC_IMPLIED_VOLAT: just(300, 1, 1),
  CANCEL_CALC_OPTION_PRICE: just(300, 1, 1),
  REQ_GLOBAL_CANCEL: { fields: (version) => (version >= 192 ? ["", 2147483647] : [1]), expected: "nothing" },
  REQ_MARKET_DATA_TYPE: just("nothing", 1, 3),
  REQ_POSITIONS: just("POSITION_END", 1),
  REQ_ACCOUNT_SUMMARY: just("ACCOUNT_SUMMARY", 1, 1, "All", "NetLiquidation"),
  CANCEL_ACCOUNT_SUMMARY: just("nothing", 1, 1),
  CANCEL_POSITIONS: just("nothing", 1),
  VERIFY_REQUEST: just(321, 1, "name", "1.0"),
  VERIFY_MESSAGE: just(321, 1, "data"),
  QUERY_DISPLAY_GROUPS: just("DISPLAY_GROUP_LIST", 1, 1),
  SUBSCRIBE_TO_GROUP_EVENTS: just("DISPLAY_GROUP_UPDATED", 1, 1, 1),
  UPDATE_DISPLAY_GROUP: just(300, 1, 1, "8314@SMART"),
  UNSUBSCRIBE_FROM_GROUP_EVENTS: just(300, 1, 1),
  START_API: just(322, 2, 1, ""),
  VERIFY_AND_AUTH_REQUEST: just(321, 1, "name", "1.0", "key"),
  VERIFY_AND_AUTH_MESSAGE: just(321, 1, "data", "response"),
  REQ_POSITIONS_MULTI: just("POSITION_MULTI_END", 1, 1, account, ""),
  CANCEL_POSITIONS_MULTI: just("nothing", 1, 1),
  REQ_ACCOUNT_UPDATES_MULTI: just("ACCOUNT_UPDATE_MULTI", 1, 1, account, "", 0),
  CANCEL_ACCOUNT_UPDATES_MULTI: just("nothing", 1, 1),
  REQ_SEC_DEF_OPT_PARAMS: just("SECURITY_DEFINITION_OPTION_PARAMETER", 1, "SPY", "", "STK", 756733),
  REQ_SOFT_DOLLAR_TIERS: just("SOFT_DOLLAR_TIERS", 1),
  REQ_FAMILY_CODES: just("FAMILY_CODES"),
  REQ_MATCHING_SYMBOLS: just("SYMBOL_SAMPLES", 1, "SPY"),
  REQ_MKT_DEPTH_EXCHANGES: just("MKT_DEPTH_EXCHANGES"),
  REQ_SMART_COMPONENTS: just("SMART_COMPONENTS", 1, "9c0001"),
  REQ_NEWS_ARTICLE: just(10172, 1, "SIMN", "SIMN$0", ""),
  REQ_NEWS_PROVIDERS: just("NEWS_PROVIDERS"),
  REQ_HISTORICAL_NEWS: just("HISTORICAL_NEWS", 1, 756733, "SIMN", "", "", 5, ""),
  REQ_HEAD_TIMESTAMP: just("HEAD_TIMESTAMP", 1, ...spy, 0, 1, "TRADES", 1),
  REQ_HISTOGRAM_DATA: just("HISTOGRAM_DATA", 1, ...spy, 0, 1, "1 day"),
  CANCEL_HISTOGRAM_DATA: just(366, 1),
  CANCEL_HEAD_TIMESTAMP: just(366, 1),
  REQ_MARKET_RULE: just("MARKET_RULE", 26),
  REQ_PNL: just("PNL", 1, account, ""),
  CANCEL_PNL: just(300, 1),
  REQ_PNL_SINGLE: just("PNL_SINGLE", 1, account, "", 756733),
  CANCEL_PNL_SINGLE: just(300, 1),
  REQ_HISTORICAL_TICKS: just(
    "HISTORICAL_TICKS_LAST",
    ...[1, ...spy, 0, "20251007 09:31:00 US/Eastern", "", 10, "TRADES", 1, 0, ""],
  ),
  REQ_TICK_BY_TICK_DATA: just("HISTORICAL_TICKS_LAST", 1, ...spy, "Last", 5, 0),
  CANCEL_TICK_BY_TICK_DATA: just(300, 1),
  REQ_COMPLETED_ORDERS: just("COMPLETED_ORDERS_END", 0),
  REQ_WSH_META_DATA: just(10276, 1),
  CANCEL_WSH_META_DATA: just(10280, 1),
  REQ_WSH_EVENT_DATA: just(10282, 1, 756733, "", 0, 0, 0, "", "", ""),
  CANCEL_WSH_EVENT_DATA: just(10284, 1),
  REQ_USER_INFO: just("USER_INFO", 1),
} as const satisfies Record<RequestName, Case>;

function just(expected: Expected, ...fields: readonly Field[]): Case {
  return { fields: () => fields, expected };
}

function call(): Field[] {
  return [0, "SPY", "OPT", "20251017", 560, "C", "100", "SMART", "", "USD", "", ""];
}

function exercise(serverVersion: number): Field[] {
  const contract = [0, "SPY", "OPT", "20251017", 560, "C", "100", "SMART", "USD", "", ""];
  const fields: Field[] = [2, 1, ...contract, 1, 1, account, 0];
  if (serverVersion >= 180) fields.push("");
  if (serverVersion >= 183) fields.push("");
  if (serverVersion >= 184) fields.push(0);
  return fields;
}

/**
 * PLACE_ORDER by the field index of tws.md 5.4: what is not named here is empty.
 *
 * @param conditions with one: a price of SPY that is never reached.
 */
export function marketOrder(
  serverVersion: number,
  { orderId = 1, conditions = false }: { readonly orderId?: number; readonly conditions?: boolean } = {},
): Field[] {
  const count =
    (serverVersion >= 192 ? 118 : serverVersion >= 189 ? 117 : serverVersion >= 184 ? 116 : 115) -
    (serverVersion >= 183 ? 0 : 1) +
    (serverVersion >= 187 && serverVersion < 190 ? 2 : 0);
  const fields: Field[] = Array.from({ length: count - 1 }, () => "");
  const set = (index: number, value: Field) => {
    fields[index - 1] = value;
  };
  set(1, orderId);
  for (const [index, value] of spy.entries()) set(2 + index, value);
  set(16, "BUY");
  set(17, 10);
  set(18, "MKT");
  set(21, "DAY");
  set(26, "every-message");
  set(27, 1);
  for (const flag of [28, 29, 30, 31, 32, 33, 34, 49, 66, 77, 80, 81, 84, 86, 87, 88, 89, 107, 111]) set(flag, 0);
  if (conditions) fields.splice(88, 1, 1, 1, "a", 1, 9999, 756733, "SMART", 0, 0, 0);
  return fields;
}
