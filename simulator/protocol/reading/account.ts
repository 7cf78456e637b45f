import type { FieldReader } from "../fields.ts";
import { readReqId, readVersionAlone, readVersionAndReqId } from "./session.ts";

/** Requests about the account. */
export const accountReaders = {
  REQ_POSITIONS: readVersionAlone,
  CANCEL_POSITIONS: readVersionAlone,
  REQ_POSITIONS_MULTI: (r: FieldReader) => {
    r.skip(1, "version");
    return { reqId: r.integer("reqId"), account: r.text("account"), modelCode: r.text("modelCode") };
  },
  CANCEL_POSITIONS_MULTI: readVersionAndReqId,
  REQ_ACCOUNT_SUMMARY: (r: FieldReader) => {
    r.skip(1, "version");
    return { reqId: r.integer("reqId"), group: r.text("groupName"), tags: r.text("tags") };
  },
  CANCEL_ACCOUNT_SUMMARY: readVersionAndReqId,
  REQ_ACCOUNT_DATA: (r: FieldReader) => {
    r.skip(1, "version");
    return { subscribe: r.flag("subscribe"), account: r.text("acctCode") };
  },
  REQ_ACCOUNT_UPDATES_MULTI: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const account = r.text("acctCode");
    return { reqId, account, modelCode: r.text("modelCode"), ledgerAndNlv: r.flag("ledgerAndNLV") };
  },
  CANCEL_ACCOUNT_UPDATES_MULTI: readVersionAndReqId,
  REQ_PNL: (r: FieldReader) => ({
    reqId: r.integer("reqId"),
    account: r.text("account"),
    modelCode: r.text("modelCode"),
  }),
  CANCEL_PNL: readReqId,
  REQ_PNL_SINGLE: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const account = r.text("account");
    r.skip(1, "modelCode");
    return { reqId, account, conId: r.integer("conId") };
  },
  CANCEL_PNL_SINGLE: readReqId,
  REQ_FA: (r: FieldReader) => {
    r.skip(1, "version");
    return { faDataType: r.integer("faDataType") };
  },
  REPLACE_FA: (r: FieldReader) => {
    r.skip(1, "version");
    const faDataType = r.integer("faDataType");
    const xml = r.text("xml");
    return { faDataType, xml, reqId: r.integer("reqId") };
  },
  REQ_SOFT_DOLLAR_TIERS: readReqId,
  REQ_FAMILY_CODES: () => ({}),
} as const;
