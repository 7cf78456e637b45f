import { type ContractQuery, isCombo, readContract } from "./contract.ts";
import { FieldError, type FieldReader } from "./fields.ts";
import { hasFeature } from "./versions.ts";

/** The order terms a client sent that the simulated broker acts on or echoes. Prices in USD, quantity in shares. */
export interface OrderTerms {
  readonly action: string;
  readonly totalQuantity: number;
  readonly orderType: string;
  readonly limitPrice: number | undefined;
  readonly auxPrice: number | undefined;
  readonly timeInForce: string;
  readonly ocaGroup: string;
  readonly ocaType: number;
  readonly account: string;
  readonly openClose: string;
  readonly origin: number;
  readonly orderRef: string;
  readonly transmit: boolean;
  readonly parentId: number;
  readonly blockOrder: boolean;
  readonly sweepToFill: boolean;
  readonly displaySize: number | undefined;
  readonly triggerMethod: number;
  readonly outsideRth: boolean;
  readonly hidden: boolean;
  readonly discretionaryAmount: number;
  readonly goodAfterTime: string;
  readonly goodTillDate: string;
  readonly modelCode: string;
  readonly allOrNone: boolean;
  readonly minQuantity: number | undefined;
  readonly trailStopPrice: number | undefined;
  readonly trailingPercent: number | undefined;
  /** Of a TRAIL LIMIT: how far its limit lies beyond its stop. */
  readonly limitPriceOffset: number | undefined;
  readonly whatIf: boolean;
  readonly solicited: boolean;
  /** Condition fields as they came, echoed as they are; broker/conditions.ts reads them. */
  readonly conditionCount: number;
  readonly conditionFields: readonly string[];
  readonly cashQuantity: number | undefined;
  readonly manualOrderTime: string;
  readonly includeOvernight: boolean;
  /** What else is set that would change how the order trades, by its name in the API. */
  readonly unsupported: readonly string[];
}

export interface PlaceOrder {
  readonly orderId: number;
  readonly contract: ContractQuery;
  /** Contract ids of a combination's legs; none for any other order. */
  readonly legConIds: readonly number[];
  readonly terms: OrderTerms;
}

/**
 * How many type-specific fields follow a condition's type and conjunction (stoqey's encoder, Java 10.32): price 1,
 * time 3, margin 4, execution 5, volume 6, change in per cent 7.
 */
export const conditionFieldCounts: Readonly<Record<number, number>> = { 1: 5, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4 };

/** Reads PLACE_ORDER by the field index of tws.md 5.4, with every variable-length part. */
export function readPlaceOrder(reader: FieldReader, serverVersion: number): PlaceOrder {
  const orderId = reader.integer("orderId");
  const contract = readContract(reader);
  reader.skip(2, "secIdType, secId");
  const main = readMainFields(reader);
  const legConIds = isCombo(contract) ? readComboLegs(reader) : [];
  reader.skip(1, "sharesAllocation");
  const discretionaryAmount = reader.numberOrUnset("discretionaryAmt") ?? 0;
  const goodAfterTime = reader.text("goodAfterTime");
  const goodTillDate = reader.text("goodTillDate");
  reader.skip(3, "faGroup, faMethod, faPercentage");
  const modelCode = reader.text("modelCode");
  reader.skip(3, "shortSaleSlot, designatedLocation, exemptCode");
  const ocaType = reader.count("ocaType");
  reader.skip(2, "rule80A, settlingFirm");
  const allOrNone = reader.flag("allOrNone");
  const minQuantity = reader.integerOrUnset("minQty");
  reader.skip(11, "percentOffset to overridePercentageConstraints");
  skipVolatility(reader);
  const trailStopPrice = reader.numberOrUnset("trailStopPrice") || undefined;
  const trailingPercent = reader.numberOrUnset("trailingPercent") || undefined;
  const unsupported: string[] = [];
  if (skipScale(reader)) unsupported.push("scalePriceIncrement");
  if (reader.text("hedgeType") !== "") {
    unsupported.push("hedgeType");
    reader.skip(1, "hedgeParam");
  }
  reader.skip(4, "optOutSmartRouting, clearingAccount, clearingIntent, notHeld");
  if (reader.flag("deltaNeutral")) reader.skip(3, "deltaNeutralContract");
  if (reader.text("algoStrategy") !== "") {
    unsupported.push("algoStrategy");
    reader.skip(2 * reader.count("algoParamsCount"), "algoParams");
  }
  reader.skip(1, "algoId");
  const whatIf = reader.flag("whatIf");
  reader.skip(1, "orderMiscOptions");
  const solicited = reader.flag("solicited");
  reader.skip(2, "randomizeSize, randomizePrice");
  if (/^PEG ?BENCH$/.test(main.orderType)) reader.skip(5, "pegged to benchmark");
  const { conditionCount, conditionFields } = readConditions(reader);
  if (!["", "None"].includes(reader.text("adjustedOrderType"))) unsupported.push("adjustedOrderType");
  reader.skip(1, "triggerPrice");
  const limitPriceOffset = reader.numberOrUnset("lmtPriceOffset");
  reader.skip(4, "adjusted order");
  reader.skip(3, "extOperator, softDollarTier");
  const cashQuantity = reader.numberOrUnset("cashQty");
  reader.skip(8, "mifid2 to usePriceMgmtAlgo");
  if (reader.count("duration") > 0) unsupported.push("duration");
  reader.skip(1, "postToAts");
  if (reader.flag("autoCancelParent")) unsupported.push("autoCancelParent");
  reader.skip(1, "advancedErrorOverride");
  const manualOrderTime = reader.text("manualOrderTime");
  skipPegOffsets(reader, contract, main.orderType);
  if (hasFeature(serverVersion, "customerAccount")) reader.skip(1, "customerAccount");
  if (hasFeature(serverVersion, "professionalCustomer")) reader.skip(1, "professionalCustomer");
  if (hasFeature(serverVersion, "rfqFields")) reader.skip(2, "externalUserId, manualOrderIndicator");
  const includeOvernight = hasFeature(serverVersion, "includeOvernight") && reader.flag("includeOvernight");
  if (hasFeature(serverVersion, "cmeTagging")) reader.skip(1, "manualOrderIndicator");
  return {
    orderId,
    contract,
    legConIds,
    terms: {
      ...main,
      ocaType,
      discretionaryAmount,
      goodAfterTime,
      goodTillDate,
      modelCode,
      allOrNone,
      minQuantity,
      trailStopPrice,
      trailingPercent,
      limitPriceOffset,
      whatIf,
      solicited,
      conditionCount,
      conditionFields,
      cashQuantity,
      manualOrderTime,
      includeOvernight,
      unsupported,
    },
  };
}

function readMainFields(reader: FieldReader) {
  return {
    action: reader.text("action").toUpperCase(),
    totalQuantity: reader.numberOrUnset("totalQuantity") ?? 0,
    orderType: reader.text("orderType").toUpperCase(),
    limitPrice: reader.numberOrUnset("lmtPrice"),
    auxPrice: reader.numberOrUnset("auxPrice"),
    timeInForce: reader.text("tif") || "DAY",
    ocaGroup: reader.text("ocaGroup"),
    account: reader.text("account"),
    openClose: reader.text("openClose"),
    origin: reader.count("origin"),
    orderRef: reader.text("orderRef"),
    // Clients that do not set it mean "yes"; only an explicit 0 holds an order back.
    transmit: reader.text("transmit") !== "0",
    parentId: reader.count("parentId"),
    blockOrder: reader.flag("blockOrder"),
    sweepToFill: reader.flag("sweepToFill"),
    displaySize: reader.integerOrUnset("displaySize"),
    triggerMethod: reader.count("triggerMethod"),
    outsideRth: reader.flag("outsideRth"),
    hidden: reader.flag("hidden"),
  };
}

function readComboLegs(reader: FieldReader): number[] {
  const legs = reader.count("comboLegsCount");
  const conIds: number[] = [];
  for (let index = 0; index < legs; index += 1) {
    conIds.push(reader.count("comboLegConId"));
    reader.skip(7, "ratio, action, exchange, openClose, shortSaleSlot, designatedLocation, exemptCode");
  }
  reader.skip(reader.count("orderComboLegsCount"), "orderComboLegs");
  reader.skip(2 * reader.count("smartComboRoutingParamsCount"), "smartComboRoutingParams");
  return conIds;
}

function skipVolatility(reader: FieldReader): void {
  reader.skip(2, "volatility, volatilityType");
  const deltaNeutralOrderType = reader.text("deltaNeutralOrderType");
  reader.skip(1, "deltaNeutralAuxPrice");
  if (deltaNeutralOrderType !== "") reader.skip(8, "deltaNeutral attributes");
  reader.skip(2, "continuousUpdate, referencePriceType");
}

/** @returns whether the order comes in parts. */
function skipScale(reader: FieldReader): boolean {
  reader.skip(2, "scaleInitLevelSize, scaleSubsLevelSize");
  const increment = reader.numberOrUnset("scalePriceIncrement");
  const isScaled = increment !== undefined && increment > 0;
  if (isScaled) reader.skip(7, "scale attributes");
  reader.skip(3, "scaleTable, activeStartTime, activeStopTime");
  return isScaled;
}

function readConditions(reader: FieldReader): { conditionCount: number; conditionFields: string[] } {
  const conditionCount = reader.count("conditionsCount");
  const conditionFields: string[] = [];
  for (let index = 0; index < conditionCount; index += 1) {
    const type = reader.integer("conditionType");
    const extra = conditionFieldCounts[type];
    // What follows an unknown one cannot be told apart from the rest of the order.
    if (extra === undefined) throw new FieldError("conditionType", String(type));
    conditionFields.push(String(type), reader.text("conjunctionConnection"));
    for (let field = 0; field < extra; field += 1) conditionFields.push(reader.text("condition"));
  }
  if (conditionCount > 0) {
    conditionFields.push(reader.text("conditionsIgnoreRth"), reader.text("conditionsCancelOrder"));
  }
  return { conditionCount, conditionFields };
}

/** Extra fields of IBKRATS and pegged orders (tws.md 5.4): "up to mid" is written as an infinite compete offset. */
function skipPegOffsets(reader: FieldReader, contract: ContractQuery, orderType: string): void {
  if (contract.exchange === "IBKRATS") reader.skip(1, "minTradeQty");
  if (/^PEG ?BEST$/.test(orderType)) {
    reader.skip(1, "minCompeteSize");
    if (/^Infini/i.test(reader.text("competeAgainstBestOffset"))) reader.skip(2, "midOffsetAtWhole, midOffsetAtHalf");
  } else if (/^PEG ?MID$/.test(orderType)) {
    reader.skip(2, "midOffsetAtWhole, midOffsetAtHalf");
  }
}
