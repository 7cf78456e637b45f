import { readContract } from "../contract.ts";
import type { FieldReader } from "../fields.ts";
import { hasFeature } from "../versions.ts";
import { readReqId, readVersionAndReqId } from "./session.ts";

/** Requests about what is listed, options included. */
export const contractReaders = {
  REQ_CONTRACT_DATA: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = { ...readContract(r), includeExpired: r.flag("includeExpired") };
    const secIdType = r.text("secIdType");
    const secId = r.text("secId");
    return { reqId, contract, secIdType, secId, issuerId: r.text("issuerId") };
  },
  REQ_MATCHING_SYMBOLS: (r: FieldReader) => ({ reqId: r.integer("reqId"), pattern: r.text("pattern") }),
  REQ_MARKET_RULE: (r: FieldReader) => ({ marketRuleId: r.integer("marketRuleId") }),
  REQ_SEC_DEF_OPT_PARAMS: (r: FieldReader) => ({
    reqId: r.integer("reqId"),
    underlyingSymbol: r.text("underlyingSymbol"),
    futFopExchange: r.text("futFopExchange"),
    underlyingSecType: r.text("underlyingSecType"),
    underlyingConId: r.integer("underlyingConId"),
  }),
  REQ_CALC_IMPLIED_VOLAT: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    const optionPrice = r.numberOrUnset("optionPrice");
    const underPrice = r.numberOrUnset("underPrice");
    r.skipIfThere(1, "implVolOptions");
    return { reqId, contract, optionPrice, underPrice };
  },
  CANCEL_CALC_IMPLIED_VOLAT: readVersionAndReqId,
  REQ_CALC_OPTION_PRICE: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    const volatility = r.numberOrUnset("volatility");
    const underPrice = r.numberOrUnset("underPrice");
    r.skipIfThere(1, "optPrcOptions");
    return { reqId, contract, volatility, underPrice };
  },
  CANCEL_CALC_OPTION_PRICE: readVersionAndReqId,
  EXERCISE_OPTIONS: (r: FieldReader, serverVersion: number) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r, "without");
    const exerciseAction = r.integer("exerciseAction");
    const exerciseQuantity = r.integer("exerciseQuantity");
    const account = r.text("account");
    const override = r.flag("override");
    if (hasFeature(serverVersion, "manualExerciseTime")) r.skip(1, "manualOrderTime");
    if (hasFeature(serverVersion, "customerAccount")) r.skip(1, "customerAccount");
    if (hasFeature(serverVersion, "professionalCustomer")) r.skip(1, "professionalCustomer");
    return { reqId, contract, exerciseAction, exerciseQuantity, account, override };
  },
  REQ_FUNDAMENTAL_DATA: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const conId = r.count("conId");
    const symbol = r.text("symbol");
    const secType = r.text("secType");
    r.skip(4, "exchange, primaryExch, currency, localSymbol");
    const reportType = r.text("reportType");
    r.skipIfThere(1, "fundamentalDataOptions");
    return { reqId, conId, symbol, secType, reportType };
  },
  CANCEL_FUNDAMENTAL_DATA: readVersionAndReqId,
  REQ_WSH_META_DATA: readReqId,
  CANCEL_WSH_META_DATA: readReqId,
  REQ_WSH_EVENT_DATA: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const conId = r.count("conId");
    r.skipIfThere(7, "filter, fillWatchlist, fillPortfolio, fillCompetitors, startDate, endDate, totalLimit");
    return { reqId, conId };
  },
  CANCEL_WSH_EVENT_DATA: readReqId,
} as const;
