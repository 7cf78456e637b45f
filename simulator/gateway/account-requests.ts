import { type AccountTag, accountTags, ledgerTags } from "../broker/account.ts";
import { flatPosition } from "../broker/positions.ts";
import { hourMinuteText } from "../market/new-york.ts";
import type { RequestOf } from "../protocol/requests.ts";
import {
  accountDownloadEnd,
  accountSummary,
  accountSummaryEnd,
  accountUpdateTime,
  accountValue,
  errorMessage,
  portfolioValue,
  position,
  positionEnd,
  profitAndLoss,
  profitAndLossSingle,
} from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { isOwnAccount } from "./multi-account-requests.ts";
import { duplicateTickerId, noSuchTicker, refuse } from "./refuse.ts";
import type { Session } from "./session.ts";

/** Active account summaries a connection may have (tws.md 6.3; the code for a third is inferred there). */
const accountSummariesMax = 2;

export function requestPositions(context: GatewayContext, session: Session): void {
  session.wantsPositions = true;
  const { account } = context.account();
  for (const held of context.broker.positions) {
    const instrument = context.market.instrument(held.symbol);
    if (instrument === undefined || held.quantity === 0) continue;
    session.send(position(account, instrument, held.quantity, held.averageCost));
  }
  session.send(positionEnd());
}

export function requestAccountSummary(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_ACCOUNT_SUMMARY">,
): void {
  const { reqId } = request;
  if (session.accountSummaries.size >= accountSummariesMax && !session.accountSummaries.has(reqId)) {
    const cause = "Maximum number of account summary requests exceeded";
    session.send(errorMessage(reqId, 322, `Error processing request.-'bO' : cause - ${cause}`));
    return;
  }
  const tags = request.tags.split(",").map((tag) => tag.trim());
  session.accountSummaries.set(reqId, tags);
  sendAccountSummary(context, session, reqId, tags);
  session.send(accountSummaryEnd(reqId));
}

/** The values of a summary, without the end marker: also its update every three market minutes. */
export function sendAccountSummary(
  context: GatewayContext,
  session: Session,
  reqId: number,
  tags: readonly string[],
): void {
  const { account } = context.account();
  for (const { tag, value, currency } of currentTags(context)) {
    if (tags.includes(tag) || tags.includes("All")) session.send(accountSummary(reqId, account, tag, value, currency));
  }
  const ledger = tags.find((tag) => tag.startsWith("$LEDGER"));
  if (ledger === undefined) return;
  for (const { tag, value, currency } of asItSays(context, ledgerTags(context.broker.figures(), ledger.slice(8)))) {
    session.send(accountSummary(reqId, account, tag, value, currency));
  }
}

export function requestAccountData(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_ACCOUNT_DATA">,
): void {
  if (request.account !== "" && !isOwnAccount(context, session, -1, request.account)) return;
  session.wantsAccountUpdates = request.subscribe;
  if (!request.subscribe) return;
  sendAccountUpdate(context, session);
  session.send(accountDownloadEnd(context.account().account));
}

export function sendAccountUpdate(context: GatewayContext, session: Session): void {
  const { account } = context.account();
  session.send(accountValue("accountReady", String(context.faults().accountReady), "", account));
  for (const { tag, value, currency } of currentTags(context)) {
    session.send(accountValue(tag, value, currency, account));
  }
  for (const held of context.broker.positions) {
    const instrument = context.market.instrument(held.symbol);
    if (instrument === undefined) continue;
    const marketPrice = context.broker.markOf(held.symbol);
    const figures = {
      quantity: held.quantity,
      marketPrice,
      marketValue: held.quantity * marketPrice,
      averageCost: held.averageCost,
      unrealizedProfit: held.quantity * (marketPrice - held.averageCost),
      realizedProfit: held.realizedProfit,
    };
    session.send(portfolioValue(account, instrument, figures));
  }
  session.send(accountUpdateTime(hourMinuteText(context.clock.nowS())));
}

/** Starts a stream of P&L: of the account, or of one contract. */
export function requestProfit(
  context: GatewayContext,
  session: Session,
  { reqId, account }: { readonly reqId: number; readonly account: string },
  conId: number | undefined,
): void {
  if (!isOwnAccount(context, session, reqId, account)) return;
  if (session.profits.has(reqId)) {
    refuse(session, reqId, duplicateTickerId);
    return;
  }
  session.profits.set(reqId, { conId });
  sendProfitAndLoss(context, session, reqId, conId);
}

export function cancelProfit(session: Session, reqId: number): void {
  if (!session.profits.delete(reqId)) refuse(session, reqId, noSuchTicker(reqId));
}

/** P&L of the account, or of one contract when `conId` is given. Sent at once and then about every second. */
export function sendProfitAndLoss(
  context: GatewayContext,
  session: Session,
  reqId: number,
  conId: number | undefined,
): void {
  if (conId === undefined) {
    const figures = context.broker.figures();
    const daily = figures.netLiquidation - context.account().equityUsd;
    session.send(profitAndLoss(reqId, daily, figures.unrealizedProfit, figures.realizedProfit));
    return;
  }
  const held = context.broker.positions.find(({ symbol }) => context.market.instrument(symbol)?.conId === conId);
  const { quantity, averageCost, realizedProfit, symbol } = held ?? flatPosition("");
  const mark = context.broker.markOf(symbol);
  const unrealized = quantity * (mark - averageCost);
  const daily = unrealized + realizedProfit;
  session.send(
    profitAndLossSingle(reqId, { quantity, daily, unrealized, realized: realizedProfit, value: quantity * mark }),
  );
}

function currentTags(context: GatewayContext): AccountTag[] {
  return asItSays(context, accountTags(context.broker.figures(), context.account()));
}

/** While the account is not ready its amounts are wrong: they are all 0 (the fault `accountReady`). */
function asItSays(context: GatewayContext, tags: AccountTag[]): AccountTag[] {
  if (context.faults().accountReady) return tags;
  return tags.map((tag) => (/^-?\d/.test(tag.value) && tag.currency !== "" ? { ...tag, value: "0.00" } : tag));
}
