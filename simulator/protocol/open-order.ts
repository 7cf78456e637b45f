import { rounded } from "./fields.ts";
import type { Field } from "./frame.ts";
import { responseIds } from "./messages.ts";
import type { OrderTerms } from "./place-order.ts";
import { contractFields, type WireInstrument } from "./responses.ts";
import { hasFeature } from "./versions.ts";

/** An order as the broker reports it. */
export interface WireOrder {
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly parentPermId: number;
  readonly instrument: WireInstrument;
  readonly exchange: string;
  readonly account: string;
  readonly terms: OrderTerms;
  readonly status: string;
  readonly filled: number;
  /** USD charged so far; undefined while nothing was. */
  readonly commission: number | undefined;
}

/** The answer to a what-if order: USD amounts before, after and the difference. */
export interface WireMargins {
  readonly initialBefore: number;
  readonly maintenanceBefore: number;
  readonly equityBefore: number;
  readonly initialAfter: number;
  readonly maintenanceAfter: number;
  readonly equityAfter: number;
  readonly commission: number;
  /** What would stand against the order; empty for nothing. */
  readonly warning: string;
}

/**
 * OPEN_ORDER by the list of tws.md 5.5, validated there at 177, 178, 187, 189 and 193.
 *
 * "None" as delta-neutral order type, with its eight fields, is what the real gateway sends for a plain stock order.
 */
export function openOrder(order: WireOrder, serverVersion: number, margins?: WireMargins): Field[] {
  const { terms } = order;
  const fields: Field[] = [
    responseIds.OPEN_ORDER,
    order.orderId,
    ...contractFields(order.instrument, order.exchange, "?"),
    ...mainFields(order),
    order.clientId,
    order.permId,
    terms.outsideRth,
    terms.hidden,
    rounded(terms.discretionaryAmount),
    terms.goodAfterTime,
    "", // sharesAllocation, deprecated
    ...groupFields(terms),
    0, // auctionStrategy
    ...["", "", "", "", ""], // startingPrice, stockRefPrice, delta, stockRangeLower, stockRangeUpper
    terms.displaySize,
    terms.blockOrder,
    terms.sweepToFill,
    terms.allOrNone,
    terms.minQuantity,
    terms.ocaType,
    ...[0, 0, ""], // eTradeOnly, firmQuoteOnly, nbboPriceCap
    terms.parentId,
    terms.triggerMethod,
    ...["", 0, "None", "", 0, "", "", "", "?", 0, 0, "", 0, 0], // volatility and delta neutral
    terms.trailStopPrice,
    terms.trailingPercent,
    ...["", ""], // basisPoints, basisPointsType
    ...["", 0, 0, 0], // combo legs description, legs, leg prices, smart routing
    ...["", "", ""], // scale
    "", // hedgeType
    0, // optOutSmartRouting
    ...["", ""], // clearingAccount, clearingIntent
    0, // notHeld
    0, // deltaNeutral contract
    "", // algoStrategy
    terms.solicited,
    terms.whatIf,
    order.status,
    ...marginFields(order, margins),
    ...[0, 0], // randomizeSize, randomizePrice
    terms.conditionCount,
    ...terms.conditionFields,
    // Adjusted order type and trigger; then once more where the stop stands, and the offset of its limit.
    ...["None", "", terms.trailStopPrice, terms.limitPriceOffset],
    ...["", "", "", 0], // adjusted stop, limit and trail
    ...["", "", ""], // soft dollar tier
    terms.cashQuantity,
    ...[0, 0, 0, 0], // dontUseAutoPriceForHedge, isOmsContainer, discretionaryUpToLimit, usePriceMgmtAlgo
    ...["", "", 0], // duration, postToAts, autoCancelParent
    ...["", "", "", "", ""], // minTradeQty, minCompeteSize, competeOffset, midOffsetAtWhole, midOffsetAtHalf
  ];
  if (hasFeature(serverVersion, "customerAccount")) fields.push("");
  if (hasFeature(serverVersion, "professionalCustomer")) fields.push(0);
  if (hasFeature(serverVersion, "bondAccruedInterest")) fields.push("");
  if (hasFeature(serverVersion, "includeOvernight")) fields.push(terms.includeOvernight);
  if (hasFeature(serverVersion, "cmeTaggingInOpenOrder")) fields.push("", "2147483647");
  return fields;
}

/** COMPLETED_ORDER: no order id and no client id, which is why orderRef and permId are all a client can match by. */
export function completedOrder(
  order: WireOrder,
  completed: { readonly time: string; readonly status: string },
  serverVersion: number,
): Field[] {
  const { terms } = order;
  const fields: Field[] = [
    responseIds.COMPLETED_ORDER,
    ...contractFields(order.instrument, order.exchange, "?"),
    ...mainFields(order),
    order.permId,
    terms.outsideRth,
    terms.hidden,
    rounded(terms.discretionaryAmount),
    terms.goodAfterTime,
    ...groupFields(terms),
    ...["", "", "", "", ""], // startingPrice, stockRefPrice, delta, stockRangeLower, stockRangeUpper
    terms.displaySize,
    terms.sweepToFill,
    terms.allOrNone,
    terms.minQuantity,
    terms.ocaType,
    terms.triggerMethod,
    ...["", 0, "None", "", 0, 0, 0, "", 0, 0], // volatility; three delta-neutral fields fewer than OPEN_ORDER
    terms.trailStopPrice,
    terms.trailingPercent,
    ...["", 0, 0, 0], // combo legs description, legs, leg prices, smart routing
    ...["", "", ""], // scale
    "", // hedgeType
    ...["", ""], // clearingAccount, clearingIntent
    0, // notHeld
    0, // deltaNeutral contract
    "", // algoStrategy
    terms.solicited,
    order.status,
    ...[0, 0], // randomizeSize, randomizePrice
    terms.conditionCount,
    ...terms.conditionFields,
    ...[terms.trailStopPrice, terms.limitPriceOffset],
    terms.cashQuantity,
    ...[0, 0], // dontUseAutoPriceForHedge, isOmsContainer
    "", // autoCancelDate
    rounded(order.filled),
    ...[0, 0, "", 0, 0], // refFuturesConId, autoCancelParent, shareholder, imbalanceOnly, routeMarketableToBbo
    order.parentPermId,
    completed.time,
    completed.status,
    ...["", "", "", "", ""], // minTradeQty, minCompeteSize, competeOffset, midOffsetAtWhole, midOffsetAtHalf
  ];
  if (hasFeature(serverVersion, "customerAccount")) fields.push("");
  if (hasFeature(serverVersion, "professionalCustomer")) fields.push(0);
  return fields;
}

/** action to orderRef, alike in both messages. */
function mainFields({ terms, account }: WireOrder): Field[] {
  return [
    terms.action,
    rounded(terms.totalQuantity),
    terms.orderType,
    terms.limitPrice === undefined ? "0.0" : rounded(terms.limitPrice),
    terms.auxPrice === undefined ? "0.0" : rounded(terms.auxPrice),
    terms.timeInForce,
    terms.ocaGroup,
    account,
    terms.openClose,
    terms.origin,
    terms.orderRef,
  ];
}

/** Financial-advisor group to exempt code, alike in both messages. */
function groupFields(terms: OrderTerms): Field[] {
  return [
    ...["", "", ""], // faGroup, faMethod, faPercentage
    terms.modelCode,
    terms.goodTillDate,
    ...["", "", ""], // rule80A, percentOffset, settlingFirm
    ...[0, "", -1], // shortSaleSlot, designatedLocation, exemptCode
  ];
}

function marginFields(order: WireOrder, margins: WireMargins | undefined): Field[] {
  if (margins === undefined) {
    const none: Field[] = Array.from({ length: 9 }, () => "");
    return [...none, order.commission === undefined ? "" : rounded(order.commission), "", "", "USD", ""];
  }
  return [
    rounded(margins.initialBefore),
    rounded(margins.maintenanceBefore),
    rounded(margins.equityBefore),
    rounded(margins.initialAfter - margins.initialBefore),
    rounded(margins.maintenanceAfter - margins.maintenanceBefore),
    rounded(margins.equityAfter - margins.equityBefore),
    rounded(margins.initialAfter),
    rounded(margins.maintenanceAfter),
    rounded(margins.equityAfter),
    rounded(margins.commission),
    "",
    "",
    "USD",
    margins.warning,
  ];
}
