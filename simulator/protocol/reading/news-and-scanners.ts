import type { FieldReader } from "../fields.ts";
import { readVersionAlone, readVersionAndReqId } from "./session.ts";

/** Requests for news and market scans. */
export const newsAndScannerReaders = {
  REQ_NEWS_BULLETINS: (r: FieldReader) => {
    r.skip(1, "version");
    return { allMessages: r.flag("allMsgs") };
  },
  CANCEL_NEWS_BULLETINS: readVersionAlone,
  REQ_NEWS_PROVIDERS: () => ({}),
  REQ_NEWS_ARTICLE: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const providerCode = r.text("providerCode");
    const articleId = r.text("articleId");
    r.skipIfThere(1, "newsArticleOptions");
    return { reqId, providerCode, articleId };
  },
  REQ_HISTORICAL_NEWS: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const conId = r.integer("conId");
    const providerCodes = r.text("providerCodes");
    const startDateTime = r.text("startDateTime");
    const endDateTime = r.text("endDateTime");
    const totalResults = r.integer("totalResults");
    r.skipIfThere(1, "historicalNewsOptions");
    return { reqId, conId, providerCodes, startDateTime, endDateTime, totalResults };
  },
  REQ_SCANNER_PARAMETERS: readVersionAlone,
  REQ_SCANNER_SUBSCRIPTION: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const numberOfRows = r.integerOrUnset("numberOfRows");
    const instrument = r.text("instrument");
    const locationCode = r.text("locationCode");
    const scanCode = r.text("scanCode");
    const abovePrice = r.numberOrUnset("abovePrice");
    const belowPrice = r.numberOrUnset("belowPrice");
    const aboveVolume = r.numberOrUnset("aboveVolume");
    // Market capitalisation, ratings, maturities and coupons: nothing the simulated catalogue knows.
    r.skip(11, "marketCapAbove to couponRateBelow, excludeConvertible");
    r.skip(2, "averageOptionVolumeAbove, scannerSettingPairs");
    const stockTypeFilter = r.text("stockTypeFilter");
    const filterOptions = r.text("scannerSubscriptionFilterOptions");
    r.skipIfThere(1, "scannerSubscriptionOptions");
    return {
      reqId,
      numberOfRows,
      instrument,
      locationCode,
      scanCode,
      abovePrice,
      belowPrice,
      aboveVolume,
      stockTypeFilter,
      filterOptions,
    };
  },
  CANCEL_SCANNER_SUBSCRIPTION: readVersionAndReqId,
} as const;
