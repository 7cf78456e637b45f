import { invalidRequest, type Refusal } from "../broker/refusal.ts";
import type { RequestName } from "../protocol/messages.ts";
import {
  displayGroupList,
  displayGroupUpdated,
  familyCodes,
  softDollarTiers,
  userInfo,
} from "../protocol/other-messages.ts";
import { parseRequest, type RequestOf } from "../protocol/requests.ts";
import { errorMessage, managedAccounts, nextValidId } from "../protocol/responses.ts";
import {
  cancelProfit,
  requestAccountData,
  requestAccountSummary,
  requestPositions,
  requestProfit,
} from "./account-requests.ts";
import type { GatewayContext } from "./context.ts";
import {
  requestContractData,
  requestMarketRule,
  requestMatchingSymbols,
  requestOptionParameters,
} from "./contract-requests.ts";
import {
  cancelMarketDepth,
  requestMarketDepth,
  requestSmartComponents,
  sendMarketDepthExchanges,
} from "./depth-requests.ts";
import { answerCurrentTime } from "./general-requests.ts";
import { cancelHistoricalData, requestHistoricalData } from "./history-requests.ts";
import {
  cancelMarketData,
  cancelRealTimeBars,
  requestMarketData,
  requestRealTimeBars,
} from "./market-data-requests.ts";
import { requestAccountUpdatesMulti, requestPositionsMulti } from "./multi-account-requests.ts";
import { requestHistoricalNews, requestNewsArticle, sendNewsProviders } from "./news-requests.ts";
import {
  calculateImpliedVolatility,
  calculateOptionPrice,
  cancelCalculation,
  exerciseOptions,
} from "./option-requests.ts";
import {
  cancelAllOrders,
  cancelOrder,
  placeOrder,
  requestAutoOpenOrders,
  sendCompletedOrders,
  sendExecutions,
  sendOpenOrders,
} from "./order-requests.ts";
import {
  cancelAnsweredQuery,
  requestHeadTimestamp,
  requestHistogram,
  requestHistoricalTicks,
} from "./past-requests.ts";
import { noSuchTicker, refuse } from "./refuse.ts";
import { type RefusedRequest, refusedRequests } from "./refused-requests.ts";
import { cancelScan, requestScan, sendScannerParameters } from "./scanner-requests.ts";
import type { Session } from "./session.ts";
import { cancelTickByTick, requestTickByTick } from "./tick-by-tick-requests.ts";

/** Whose request it is, and what it can be answered from. */
interface Caller {
  readonly context: GatewayContext;
  readonly session: Session;
  readonly clientId: number;
  readonly machineNowMs: number;
}

type Answer<Name extends RequestName> = (caller: Caller, request: RequestOf<Name>) => void;

/** Accepted without a word, as by the real gateway. */
const nothing = () => undefined;

/** How each request is answered. */
const answers: { readonly [Name in RequestName]: Answer<Name> } = {
  REQ_IDS: ({ context, session, clientId }) => session.send(nextValidId(context.broker.nextOrderId(clientId))),
  REQ_MANAGED_ACCTS: ({ context, session }) => session.send(managedAccounts([context.account().account])),
  REQ_CURRENT_TIME: ({ context, session, machineNowMs }) => answerCurrentTime(context, session, machineNowMs),
  REQ_MARKET_DATA_TYPE: ({ session }, { marketDataType }) => {
    if ([1, 2, 3, 4].includes(marketDataType)) session.marketDataType = marketDataType;
    else refuse(session, -1, invalidRequest("Invalid market data type"));
  },
  SET_SERVER_LOGLEVEL: nothing,
  REQ_USER_INFO: ({ session }, { reqId }) => session.send(userInfo(reqId)),
  QUERY_DISPLAY_GROUPS: ({ session }, { reqId }) => session.send(displayGroupList(reqId)),
  SUBSCRIBE_TO_GROUP_EVENTS: ({ session }, { reqId }) => {
    session.displayGroups.set(reqId, "none");
    session.send(displayGroupUpdated(reqId, "none"));
  },
  UPDATE_DISPLAY_GROUP: ({ session }, { reqId, contractInfo }) => {
    if (!session.displayGroups.has(reqId)) {
      refuse(session, reqId, noSuchTicker(reqId));
      return;
    }
    session.displayGroups.set(reqId, contractInfo);
    session.send(displayGroupUpdated(reqId, contractInfo));
  },
  UNSUBSCRIBE_FROM_GROUP_EVENTS: ({ session }, { reqId }) => {
    if (!session.displayGroups.delete(reqId)) refuse(session, reqId, noSuchTicker(reqId));
  },

  REQ_MKT_DATA: ({ context, session }, request) => requestMarketData(context, session, request),
  CANCEL_MKT_DATA: ({ session }, { reqId }) => cancelMarketData(session, reqId),
  REQ_REAL_TIME_BARS: ({ context, session }, request) => requestRealTimeBars(context, session, request),
  CANCEL_REAL_TIME_BARS: ({ session }, { reqId }) => cancelRealTimeBars(session, reqId),
  REQ_TICK_BY_TICK_DATA: ({ context, session }, request) => requestTickByTick(context, session, request),
  CANCEL_TICK_BY_TICK_DATA: ({ session }, { reqId }) => cancelTickByTick(session, reqId),
  REQ_MKT_DEPTH: ({ context, session }, request) => requestMarketDepth(context, session, request),
  CANCEL_MKT_DEPTH: ({ session }, { reqId }) => cancelMarketDepth(session, reqId),
  REQ_MKT_DEPTH_EXCHANGES: ({ session }) => sendMarketDepthExchanges(session),
  REQ_SMART_COMPONENTS: ({ session }, request) => requestSmartComponents(session, request),

  REQ_HISTORICAL_DATA: ({ context, session }, request) => requestHistoricalData(context, session, request),
  CANCEL_HISTORICAL_DATA: ({ session }, { reqId }) => cancelHistoricalData(session, reqId),
  REQ_HEAD_TIMESTAMP: ({ context, session }, request) => requestHeadTimestamp(context, session, request),
  CANCEL_HEAD_TIMESTAMP: ({ session }, { reqId }) => cancelAnsweredQuery(session, reqId),
  REQ_HISTOGRAM_DATA: ({ context, session }, request) => requestHistogram(context, session, request),
  CANCEL_HISTOGRAM_DATA: ({ session }, { reqId }) => cancelAnsweredQuery(session, reqId),
  REQ_HISTORICAL_TICKS: ({ context, session }, request) => requestHistoricalTicks(context, session, request),

  REQ_CONTRACT_DATA: ({ context, session }, request) => requestContractData(context, session, request),
  REQ_MATCHING_SYMBOLS: ({ context, session }, request) => requestMatchingSymbols(context, session, request),
  REQ_MARKET_RULE: ({ session }, request) => requestMarketRule(session, request),

  REQ_SEC_DEF_OPT_PARAMS: ({ context, session }, request) => requestOptionParameters(context, session, request),
  REQ_CALC_IMPLIED_VOLAT: ({ context, session }, request) => calculateImpliedVolatility(context, session, request),
  CANCEL_CALC_IMPLIED_VOLAT: ({ session }, { reqId }) => cancelCalculation(session, reqId),
  REQ_CALC_OPTION_PRICE: ({ context, session }, request) => calculateOptionPrice(context, session, request),
  CANCEL_CALC_OPTION_PRICE: ({ session }, { reqId }) => cancelCalculation(session, reqId),
  EXERCISE_OPTIONS: ({ context, session }, request) => exerciseOptions(context, session, request),

  PLACE_ORDER: ({ context, session, clientId }, request) => placeOrder(context, session, clientId, request),
  CANCEL_ORDER: ({ context, session, clientId }, { orderId }) => cancelOrder(context, session, clientId, orderId),
  REQ_GLOBAL_CANCEL: ({ context, session }) => cancelAllOrders(context, session),
  REQ_OPEN_ORDERS: ({ context, session, clientId }) => sendOpenOrders(context, session, clientId),
  REQ_ALL_OPEN_ORDERS: ({ context, session }) => sendOpenOrders(context, session, "all"),
  REQ_AUTO_OPEN_ORDERS: ({ session, clientId }, { bind }) => requestAutoOpenOrders(session, clientId, bind),
  REQ_EXECUTIONS: ({ context, session }, request) => sendExecutions(context, session, request),
  REQ_COMPLETED_ORDERS: ({ context, session }) => sendCompletedOrders(context, session),

  REQ_POSITIONS: ({ context, session }) => requestPositions(context, session),
  CANCEL_POSITIONS: ({ session }) => {
    session.wantsPositions = false;
  },
  REQ_ACCOUNT_SUMMARY: ({ context, session }, request) => requestAccountSummary(context, session, request),
  CANCEL_ACCOUNT_SUMMARY: ({ session }, { reqId }) => {
    session.accountSummaries.delete(reqId);
  },
  REQ_ACCOUNT_DATA: ({ context, session }, request) => requestAccountData(context, session, request),
  REQ_PNL: ({ context, session }, request) => requestProfit(context, session, request, undefined),
  REQ_PNL_SINGLE: ({ context, session }, request) => requestProfit(context, session, request, request.conId),
  CANCEL_PNL: ({ session }, { reqId }) => cancelProfit(session, reqId),
  CANCEL_PNL_SINGLE: ({ session }, { reqId }) => cancelProfit(session, reqId),
  REQ_POSITIONS_MULTI: ({ context, session }, request) => requestPositionsMulti(context, session, request),
  CANCEL_POSITIONS_MULTI: ({ session }, { reqId }) => {
    session.positionsMulti.delete(reqId);
  },
  REQ_ACCOUNT_UPDATES_MULTI: ({ context, session }, request) => requestAccountUpdatesMulti(context, session, request),
  CANCEL_ACCOUNT_UPDATES_MULTI: ({ session }, { reqId }) => {
    session.accountUpdatesMulti.delete(reqId);
  },
  REQ_SOFT_DOLLAR_TIERS: ({ session }, { reqId }) => session.send(softDollarTiers(reqId)),
  REQ_FAMILY_CODES: ({ context, session }) => session.send(familyCodes(context.account().account)),

  // There are no bulletins to tell of.
  REQ_NEWS_BULLETINS: nothing,
  CANCEL_NEWS_BULLETINS: nothing,
  REQ_NEWS_PROVIDERS: ({ session }) => sendNewsProviders(session),
  REQ_NEWS_ARTICLE: ({ context, session }, request) => requestNewsArticle(context, session, request),
  REQ_HISTORICAL_NEWS: ({ context, session }, request) => requestHistoricalNews(context, session, request),
  REQ_SCANNER_PARAMETERS: ({ session }) => sendScannerParameters(session),
  REQ_SCANNER_SUBSCRIPTION: ({ context, session }, request) => requestScan(context, session, request),
  CANCEL_SCANNER_SUBSCRIPTION: ({ session }, { reqId }) => cancelScan(session, reqId),

  ...refusedAnswers(),
};

/**
 * Answers one frame of a ready connection. Never throws for what a client sent: what cannot be read is answered with
 * code 320 and logged.
 */
export function dispatch(caller: Caller, fields: readonly string[]): void {
  const { context, session } = caller;
  const manner = context.faults().strictParse ? "strict" : "lenient";
  const parsed = parseRequest(fields, session.serverVersion, manner);
  switch (parsed.kind) {
    case "request":
      answer(caller, parsed.request);
      return;
    case "unknown":
      context.log("warn", "unknown message id", { session: session.number, id: parsed.id });
      session.send(errorMessage(-1, 320, `Error reading request. Unknown message id '${parsed.id}'`));
      return;
    case "malformed":
      context.log("warn", "unreadable message", { session: session.number, name: parsed.name, reason: parsed.reason });
      session.send(errorMessage(parsed.reqId, 320, `Error reading request. ${parsed.reason}`));
      return;
  }
}

function answer<Name extends RequestName>(caller: Caller, request: RequestOf<Name>): void {
  // The compiler cannot see that the table's entry is the one for this request's name; the table's type makes it so.
  const give = answers[request.name as Name] as Answer<Name>;
  give(caller, request);
}

/** Requests that are always refused, each with the error that says why. */
function refusedAnswers(): { readonly [Name in RefusedRequest]: Answer<Name> } {
  const refusing =
    (refusalFor: (reqId: number) => Refusal) =>
    ({ session }: Caller, request: object) => {
      const reqId = "reqId" in request ? Number(request.reqId) : -1;
      refuse(session, reqId, refusalFor(reqId));
    };
  const entries = Object.entries(refusedRequests).map(([name, refusalFor]) => [name, refusing(refusalFor)]);
  return Object.fromEntries(entries) as { readonly [Name in RefusedRequest]: Answer<Name> };
}
