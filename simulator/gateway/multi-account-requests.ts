import { accountTags } from "../broker/account.ts";
import { invalidRequest } from "../broker/refusal.ts";
import {
  accountUpdateMulti,
  accountUpdateMultiEnd,
  positionMulti,
  positionMultiEnd,
} from "../protocol/other-messages.ts";
import type { RequestOf } from "../protocol/requests.ts";
import type { GatewayContext } from "./context.ts";
import { duplicateTickerId, refuse } from "./refuse.ts";
import type { Session } from "./session.ts";

/** Positions and values per account and model. There is one account here and it has no models. */

/** Tags of the ledger, and the net liquidation value: what ledgerAndNLV leaves. */
const ledgerTags = new Set(["NetLiquidation", "TotalCashValue", "AccruedCash", "GrossPositionValue"]);

/** Whether an account is the one that is logged in; the client is told when it is not. */
export function isOwnAccount(context: GatewayContext, session: Session, reqId: number, account: string): boolean {
  if (account === context.account().account) return true;
  const cause = account === "" ? "Account must not be empty" : "Invalid account code";
  refuse(session, reqId, invalidRequest(cause));
  return false;
}

export function requestPositionsMulti(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_POSITIONS_MULTI">,
): void {
  const { reqId, account, modelCode } = request;
  if (account !== "" && !isOwnAccount(context, session, reqId, account)) return;
  if (session.positionsMulti.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  session.positionsMulti.set(reqId, modelCode);
  // With a model code only the positions of that model are wanted: there is none.
  if (modelCode === "") {
    for (const held of context.broker.positions) {
      const instrument = context.market.instrument(held.symbol);
      if (instrument === undefined || held.quantity === 0) continue;
      session.send(positionMulti(reqId, context.account().account, modelCode, instrument, held));
    }
  }
  session.send(positionMultiEnd(reqId));
}

export function requestAccountUpdatesMulti(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_ACCOUNT_UPDATES_MULTI">,
): void {
  const { reqId, account, modelCode, ledgerAndNlv } = request;
  if (account !== "" && !isOwnAccount(context, session, reqId, account)) return;
  if (session.accountUpdatesMulti.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  session.accountUpdatesMulti.set(reqId, { modelCode, ledgerOnly: ledgerAndNlv });
  sendAccountUpdateMulti(context, session, reqId);
  session.send(accountUpdateMultiEnd(reqId));
}

/** The values of one subscription, without the end marker: also its update every three market minutes. */
export function sendAccountUpdateMulti(context: GatewayContext, session: Session, reqId: number): void {
  const subscription = session.accountUpdatesMulti.get(reqId);
  if (subscription === undefined || subscription.modelCode !== "") return;
  const settings = context.account();
  for (const value of accountTags(context.broker.figures(), settings)) {
    if (subscription.ledgerOnly && !ledgerTags.has(value.tag)) continue;
    session.send(accountUpdateMulti(reqId, settings.account, subscription.modelCode, value));
  }
}
