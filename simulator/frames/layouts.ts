/**
 * Fields of the gateway's messages after the id, in wire order (tws.md 5.3 and 5.5). In this language
 *
 *     name               is a field
 *     feature?name       is one that is there from the server version on that has the feature
 *     count(name ...)    is a count, and so many rows of fields
 *     conditions{}       is a count of an order's conditions, and what they consist of
 *     variable=value|    begins the rest of a message whose kind is told by a field that was named before
 */

const contract = "conId symbol secType expiry strike right multiplier exchange currency localSymbol tradingClass";

const order =
  "action totalQuantity orderType limitPrice auxPrice timeInForce ocaGroup account openClose origin orderRef";

const advisor =
  "faGroup faMethod faPercentage modelCode goodTillDate rule80A percentOffset settlingFirm " +
  "shortSaleSlot designatedLocation exemptCode";

const stockRange = "startingPrice stockRefPrice delta stockRangeLower stockRangeUpper";

const deltaNeutralOrder = "volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice deltaNeutralConId";

/** A combination is not traded here, a scale, a hedge and an algorithm are not echoed: their counts are always 0. */
const legsToAlgo = {
  legs: "comboLegsDescription comboLegs orderComboLegs smartComboRoutingParams",
  scale: "scaleInitialSize scaleSubsequentSize scalePriceIncrement hedgeType",
};

const margins = "initialMargin maintenanceMargin equityWithLoan".split(" ");
const marginOf = (moment: string) => margins.map((name) => `${name}${moment}`).join(" ");

const pegOffsets = "minTradeQuantity minCompeteSize competeOffset midOffsetAtWhole midOffsetAtHalf";

const minimumSizes = "minSize sizeIncrement suggestedSizeIncrement";

export const layouts: Readonly<Record<string, string>> = {
  SERVER_VERSION: "serverVersion connectionTime",
  MANAGED_ACCTS: "version accounts",
  NEXT_VALID_ID: "version orderId",
  ERR_MSG: "version id code text advancedOrderRejectJson",
  CURRENT_TIME: "version epochSeconds",
  USER_INFO: "reqId whiteBrandingId",
  FAMILY_CODES: "count(account familyCode)",
  SOFT_DOLLAR_TIERS: "reqId count(name value displayName)",
  DISPLAY_GROUP_LIST: "version reqId groups",
  DISPLAY_GROUP_UPDATED: "version reqId contractInfo",

  MARKET_DATA_TYPE: "version reqId type",
  TICK_REQ_PARAMS: "reqId minTick bboExchange snapshotPermissions",
  TICK_PRICE: "version reqId tickType price size attributes",
  TICK_SIZE: "version reqId tickType size",
  TICK_GENERIC: "version reqId tickType value",
  TICK_STRING: "version reqId tickType text",
  TICK_OPTION_COMPUTATION:
    "reqId tickType attributes impliedVolatility delta price presentValueOfDividends gamma vega theta underlyingPrice",
  TICK_NEWS: "reqId epochMs provider articleId headline extraData",
  TICK_SNAPSHOT_END: "version reqId",
  REAL_TIME_BARS: "version reqId epochSeconds open high low close volume average count",
  TICK_BY_TICK:
    "reqId type epochSeconds " +
    "type=1| price size attributes exchange specialConditions type=2| price size attributes exchange specialConditions " +
    "type=3| bid ask bidSize askSize attributes type=4| midpoint",
  MARKET_DEPTH: "version reqId row operation side price size",
  MARKET_DEPTH_L2: "version reqId row marketMaker operation side price size isSmartDepth",
  MKT_DEPTH_EXCHANGES: "count(exchange secType listingExchange serviceDataType aggregateGroup)",
  SMART_COMPONENTS: "reqId count(bit exchange letter)",

  HISTORICAL_DATA: "reqId start end bars(date open high low close volume average count)",
  HISTORICAL_DATA_UPDATE: "reqId count date open close high low average volume",
  HISTORICAL_SCHEDULE: "reqId start end timeZone sessions(start end date)",
  HISTORICAL_TICKS: "reqId ticks(epochSeconds attributes price size) isDone",
  HISTORICAL_TICKS_BID_ASK: "reqId ticks(epochSeconds attributes bid ask bidSize askSize) isDone",
  HISTORICAL_TICKS_LAST: "reqId ticks(epochSeconds attributes price size exchange specialConditions) isDone",
  HEAD_TIMESTAMP: "reqId timestamp",
  HISTOGRAM_DATA: "reqId count(price size)",

  CONTRACT_DATA:
    "reqId symbol secType lastTradeDateOrMonth lastTradeDate?lastTradeDate strike right exchange currency " +
    "localSymbol marketName tradingClass conId minTick multiplier orderTypes validExchanges priceMagnifier " +
    "underlyingConId longName primaryExchange contractMonth industry category subcategory timeZone tradingHours " +
    "liquidHours evRule evMultiplier secIds(tag value) aggregateGroup underlyingSymbol underlyingSecType " +
    `marketRuleIds realExpirationDate stockType ${minimumSizes} ineligibilityReasons?ineligibilityReasons(id description)`,
  BOND_CONTRACT_DATA:
    "reqId symbol secType cusip coupon maturity issueDate ratings bondType couponType convertible callable putable " +
    "description exchange currency marketName tradingClass conId minTick orderTypes validExchanges nextOptionDate " +
    "nextOptionType nextOptionPartial notes longName bondTradingHours?timeZone bondTradingHours?tradingHours " +
    `bondTradingHours?liquidHours evRule evMultiplier secIds(tag value) aggregateGroup marketRuleIds ${minimumSizes}`,
  CONTRACT_DATA_END: "version reqId",
  SYMBOL_SAMPLES:
    "reqId count(conId symbol secType primaryExchange currency derivatives(secType) description issuerId)",
  MARKET_RULE: "id count(lowEdge increment)",
  SECURITY_DEFINITION_OPTION_PARAMETER:
    "reqId exchange underlyingConId tradingClass multiplier expirations(date) strikes(price)",
  SECURITY_DEFINITION_OPTION_PARAMETER_END: "reqId",

  ORDER_STATUS:
    "orderId status filled remaining averagePrice permId parentId lastFillPrice clientId whyHeld marketCapPrice",
  OPEN_ORDER:
    `orderId ${contract} ${order} clientId permId outsideRth hidden discretionaryAmount goodAfterTime ` +
    `sharesAllocation ${advisor} auctionStrategy ${stockRange} displaySize blockOrder sweepToFill allOrNone ` +
    "minQuantity ocaType eTradeOnly firmQuoteOnly nbboPriceCap parentId triggerMethod " +
    `${deltaNeutralOrder} deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent ` +
    "deltaNeutralOpenClose deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation " +
    "continuousUpdate referencePriceType trailStopPrice trailingPercent basisPoints basisPointsType " +
    `${legsToAlgo.legs} ${legsToAlgo.scale} optOutSmartRouting clearingAccount clearingIntent notHeld ` +
    "deltaNeutralContract algoStrategy solicited whatIf status " +
    `${marginOf("Before")} ${marginOf("Change")} ${marginOf("After")} commission minCommission maxCommission ` +
    "commissionCurrency warning randomizeSize randomizePrice conditions{} adjustedOrderType triggerPrice " +
    "adjustedTrailStopPrice limitPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount " +
    "adjustableTrailingUnit softDollarName softDollarValue softDollarDisplayName cashQuantity autoPriceForHedge " +
    "isOmsContainer discretionaryUpToLimit usePriceManagement duration postToAts autoCancelParent " +
    `${pegOffsets} customerAccount?customerAccount professionalCustomer?professionalCustomer ` +
    "bondAccruedInterest?bondAccruedInterest includeOvernight?includeOvernight cmeTaggingInOpenOrder?extOperator " +
    "cmeTaggingInOpenOrder?manualOrderIndicator",
  OPEN_ORDER_END: "version",
  ORDER_BOUND: "permId clientId orderId",
  COMPLETED_ORDER:
    `${contract} ${order} permId outsideRth hidden discretionaryAmount goodAfterTime ${advisor} ${stockRange} ` +
    `displaySize sweepToFill allOrNone minQuantity ocaType triggerMethod ${deltaNeutralOrder} ` +
    "deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation continuousUpdate " +
    `referencePriceType trailStopPrice trailingPercent ${legsToAlgo.legs} ${legsToAlgo.scale} clearingAccount ` +
    "clearingIntent notHeld deltaNeutralContract algoStrategy solicited status randomizeSize randomizePrice " +
    "conditions{} adjustedTrailStopPrice limitPriceOffset cashQuantity autoPriceForHedge isOmsContainer " +
    "autoCancelDate filledQuantity refFuturesConId autoCancelParent shareholder imbalanceOnly " +
    `routeMarketableToBbo parentPermId completedTime completedStatus ${pegOffsets} ` +
    "customerAccount?customerAccount professionalCustomer?professionalCustomer",
  COMPLETED_ORDERS_END: "",
  EXECUTION_DATA:
    `reqId orderId ${contract} execId time account exchange side shares price permId clientId liquidation ` +
    "cumulativeQuantity averagePrice orderRef evRule evMultiplier modelCode lastLiquidity " +
    "pendingPriceRevision?pendingPriceRevision",
  EXECUTION_DATA_END: "version reqId",
  COMMISSION_REPORT: "version execId commission currency realizedProfit yield yieldRedemptionDate",

  POSITION: `version account ${contract} quantity averageCost`,
  POSITION_END: "version",
  POSITION_MULTI: `version reqId account ${contract} quantity averageCost modelCode`,
  POSITION_MULTI_END: "version reqId",
  ACCOUNT_SUMMARY: "version reqId account tag value currency",
  ACCOUNT_SUMMARY_END: "version reqId",
  ACCT_VALUE: "version key value currency account",
  ACCT_UPDATE_TIME: "version time",
  ACCT_DOWNLOAD_END: "version account",
  PORTFOLIO_VALUE: `version ${contract} quantity marketPrice marketValue averageCost unrealized realized account`,
  ACCOUNT_UPDATE_MULTI: "version reqId account modelCode key value currency",
  ACCOUNT_UPDATE_MULTI_END: "version reqId",
  PNL: "reqId daily unrealized realized",
  PNL_SINGLE: "reqId quantity daily unrealized realized value",

  NEWS_BULLETINS: "version id type text exchange",
  NEWS_PROVIDERS: "count(code name)",
  NEWS_ARTICLE: "reqId type text",
  HISTORICAL_NEWS: "reqId time provider articleId headline",
  HISTORICAL_NEWS_END: "reqId hasMore",
  SCANNER_PARAMETERS: "version xml",
  SCANNER_DATA:
    "version reqId count(rank conId symbol secType expiry strike right exchange currency localSymbol marketName " +
    "tradingClass distance benchmark projection legs)",
};
