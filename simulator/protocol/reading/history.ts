import { isCombo, readContract } from "../contract.ts";
import type { FieldReader } from "../fields.ts";
import { readReqId, readVersionAndReqId } from "./session.ts";

/** Requests for prices of the past. */
export const historyReaders = {
  REQ_HISTORICAL_DATA: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    const includeExpired = r.flag("includeExpired");
    const endDateTime = r.text("endDateTime");
    const barSize = r.text("barSizeSetting");
    const duration = r.text("durationStr");
    const useRth = r.flag("useRTH");
    const whatToShow = r.text("whatToShow").toUpperCase();
    const formatDate = r.count("formatDate");
    if (isCombo(contract)) r.skip(4 * r.count("comboLegsCount"), "comboLegs");
    const keepUpToDate = r.flag("keepUpToDate");
    r.skipIfThere(1, "chartOptions");
    return {
      reqId,
      contract: { ...contract, includeExpired },
      endDateTime,
      barSize,
      duration,
      useRth,
      whatToShow,
      formatDate,
      keepUpToDate,
    };
  },
  CANCEL_HISTORICAL_DATA: readVersionAndReqId,
  REQ_HEAD_TIMESTAMP: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const contract = { ...readContract(r), includeExpired: r.flag("includeExpired") };
    const useRth = r.flag("useRTH");
    const whatToShow = r.text("whatToShow").toUpperCase();
    return { reqId, contract, useRth, whatToShow, formatDate: r.count("formatDate") };
  },
  CANCEL_HEAD_TIMESTAMP: readReqId,
  REQ_HISTOGRAM_DATA: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const contract = { ...readContract(r), includeExpired: r.flag("includeExpired") };
    return { reqId, contract, useRth: r.flag("useRTH"), timePeriod: r.text("timePeriod") };
  },
  CANCEL_HISTOGRAM_DATA: readReqId,
  REQ_HISTORICAL_TICKS: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const contract = { ...readContract(r), includeExpired: r.flag("includeExpired") };
    const startDateTime = r.text("startDateTime");
    const endDateTime = r.text("endDateTime");
    const numberOfTicks = r.integer("numberOfTicks");
    const whatToShow = r.text("whatToShow").toUpperCase();
    const useRth = r.flag("useRTH");
    const ignoreSize = r.flag("ignoreSize");
    r.skipIfThere(1, "miscOptions");
    return { reqId, contract, startDateTime, endDateTime, numberOfTicks, whatToShow, useRth, ignoreSize };
  },
} as const;
