import { parseRequest, type Request } from "../protocol/requests.ts";
import { errorMessage, managedAccounts, nextValidId } from "../protocol/responses.ts";
import { requestAccountData, requestAccountSummary, requestPositions, sendProfitAndLoss } from "./account-requests.ts";
import type { GatewayContext } from "./context.ts";
import { answerCurrentTime } from "./general-requests.ts";
import {
  cancelHistoricalData,
  cancelMarketData,
  cancelRealTimeBars,
  requestContractData,
  requestHistoricalData,
  requestMarketData,
  requestRealTimeBars,
} from "./market-data-requests.ts";
import {
  cancelAllOrders,
  cancelOrder,
  placeOrder,
  requestAutoOpenOrders,
  sendCompletedOrders,
  sendExecutions,
  sendOpenOrders,
} from "./order-requests.ts";
import type { Session } from "./session.ts";

/**
 * Answers one frame of a ready connection. Never throws for what a client sent: what cannot be read is answered with
 * code 320, what is not offered with 321, and both are logged.
 */
export function dispatch(
  context: GatewayContext,
  session: Session,
  clientId: number,
  fields: readonly string[],
  machineNowMs: number,
): void {
  const parsed = parseRequest(fields, session.serverVersion);
  switch (parsed.kind) {
    case "request":
      answer(context, session, clientId, parsed.request, machineNowMs);
      return;
    case "unknown":
      context.log("warn", "unknown message id", { session: session.number, id: parsed.id });
      session.send(errorMessage(-1, 320, `Error reading request. Unknown message id '${parsed.id}'`));
      return;
    case "malformed":
      context.log("warn", "unreadable message", { session: session.number, name: parsed.name, reason: parsed.reason });
      session.send(errorMessage(parsed.reqId, 320, `Error reading request. ${parsed.reason}`));
      return;
    case "unsupported":
      context.log("warn", "message not supported", { session: session.number, name: parsed.name });
      session.send(
        errorMessage(
          parsed.reqId,
          321,
          `Error validating request.-'bO' : cause - ${parsed.name} is not supported by the simulated gateway`,
        ),
      );
  }
}

function answer(
  context: GatewayContext,
  session: Session,
  clientId: number,
  request: Request,
  machineNowMs: number,
): void {
  switch (request.name) {
    case "START_API":
      context.log("warn", "START_API on a session that is started already", { session: session.number });
      return;
    case "REQ_IDS":
      session.send(nextValidId(context.broker.nextOrderId(clientId)));
      return;
    case "REQ_MANAGED_ACCTS":
      session.send(managedAccounts([context.account().account]));
      return;
    case "REQ_CURRENT_TIME":
      answerCurrentTime(context, session, machineNowMs);
      return;
    case "REQ_MARKET_DATA_TYPE":
    case "SET_SERVER_LOGLEVEL":
    case "REQ_NEWS_BULLETINS":
    case "CANCEL_NEWS_BULLETINS":
      // Accepted without an answer, as by the real gateway. Data is always live, and there are no bulletins.
      return;
    case "REQ_MKT_DATA":
      requestMarketData(context, session, request);
      return;
    case "CANCEL_MKT_DATA":
      cancelMarketData(session, request.reqId);
      return;
    case "REQ_HISTORICAL_DATA":
      requestHistoricalData(context, session, request);
      return;
    case "CANCEL_HISTORICAL_DATA":
      cancelHistoricalData(session, request.reqId);
      return;
    case "REQ_REAL_TIME_BARS":
      requestRealTimeBars(context, session, request);
      return;
    case "CANCEL_REAL_TIME_BARS":
      cancelRealTimeBars(session, request.reqId);
      return;
    case "REQ_CONTRACT_DATA":
      requestContractData(context, session, request);
      return;
    case "PLACE_ORDER":
      placeOrder(context, session, clientId, request);
      return;
    case "CANCEL_ORDER":
      cancelOrder(context, clientId, request.orderId);
      return;
    case "REQ_GLOBAL_CANCEL":
      cancelAllOrders(context);
      return;
    case "REQ_OPEN_ORDERS":
      sendOpenOrders(context, session, clientId);
      return;
    case "REQ_ALL_OPEN_ORDERS":
      sendOpenOrders(context, session, "all");
      return;
    case "REQ_AUTO_OPEN_ORDERS":
      requestAutoOpenOrders(session, clientId);
      return;
    case "REQ_EXECUTIONS":
      sendExecutions(context, session, request);
      return;
    case "REQ_COMPLETED_ORDERS":
      sendCompletedOrders(context, session);
      return;
    case "REQ_POSITIONS":
      requestPositions(context, session);
      return;
    case "CANCEL_POSITIONS":
      session.wantsPositions = false;
      return;
    case "REQ_ACCOUNT_SUMMARY":
      requestAccountSummary(context, session, request);
      return;
    case "CANCEL_ACCOUNT_SUMMARY":
      session.accountSummaries.delete(request.reqId);
      return;
    case "REQ_ACCOUNT_DATA":
      requestAccountData(context, session, request);
      return;
    case "REQ_PNL":
      session.profits.set(request.reqId, { conId: undefined });
      sendProfitAndLoss(context, session, request.reqId, undefined);
      return;
    case "REQ_PNL_SINGLE":
      session.profits.set(request.reqId, { conId: request.conId });
      sendProfitAndLoss(context, session, request.reqId, request.conId);
      return;
    case "CANCEL_PNL":
    case "CANCEL_PNL_SINGLE":
      session.profits.delete(request.reqId);
      return;
  }
}
