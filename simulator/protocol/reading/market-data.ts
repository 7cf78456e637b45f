import { isCombo, readContract } from "../contract.ts";
import type { FieldReader } from "../fields.ts";
import { readReqId, readVersionAndReqId } from "./session.ts";

/** Requests for prices as they come. */
export const marketDataReaders = {
  REQ_MARKET_DATA_TYPE: (r: FieldReader) => {
    r.skip(1, "version");
    return { marketDataType: r.integer("marketDataType") };
  },
  REQ_MKT_DATA: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    if (isCombo(contract)) r.skip(4 * r.count("comboLegsCount"), "comboLegs");
    if (r.flag("deltaNeutral")) r.skip(3, "deltaNeutralContract");
    const genericTicks = r.text("genericTickList");
    const snapshot = r.flag("snapshot");
    r.skipIfThere(2, "regulatorySnapshot, mktDataOptions");
    return { reqId, contract, genericTicks, snapshot };
  },
  CANCEL_MKT_DATA: readVersionAndReqId,
  REQ_REAL_TIME_BARS: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    r.skip(1, "barSize");
    const whatToShow = r.text("whatToShow").toUpperCase();
    const useRth = r.flag("useRTH");
    r.skipIfThere(1, "realTimeBarsOptions");
    return { reqId, contract, whatToShow, useRth };
  },
  CANCEL_REAL_TIME_BARS: readVersionAndReqId,
  REQ_TICK_BY_TICK_DATA: (r: FieldReader) => ({
    reqId: r.integer("reqId"),
    contract: readContract(r),
    tickType: r.text("tickType"),
    numberOfTicks: r.count("numberOfTicks"),
    ignoreSize: r.flag("ignoreSize"),
  }),
  CANCEL_TICK_BY_TICK_DATA: readReqId,
  REQ_MKT_DEPTH: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    const numRows = r.integer("numRows");
    const isSmartDepth = r.flag("isSmartDepth");
    r.skipIfThere(1, "mktDepthOptions");
    return { reqId, contract, numRows, isSmartDepth };
  },
  CANCEL_MKT_DEPTH: (r: FieldReader) => {
    const cancel = readVersionAndReqId(r);
    // A client older than smart depth leaves the flag out.
    r.skipIfThere(1, "isSmartDepth");
    return cancel;
  },
  REQ_MKT_DEPTH_EXCHANGES: () => ({}),
  REQ_SMART_COMPONENTS: (r: FieldReader) => ({
    reqId: r.integer("reqId"),
    bboExchange: r.text("bboExchange"),
  }),
} as const;
