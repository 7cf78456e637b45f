import { isCombo, readContract } from "./contract.ts";
import { FieldError, FieldReader } from "./fields.ts";
import { type RequestName, requestIds, requestName } from "./messages.ts";
import { readPlaceOrder } from "./place-order.ts";
import { hasFeature } from "./versions.ts";

/** How each message is read, by name. The request types below follow from what these functions return. */
const readers = {
  START_API: (r: FieldReader) => {
    r.skip(1, "version");
    return { clientId: r.integer("clientId") };
  },
  REQ_IDS: () => ({}),
  REQ_MANAGED_ACCTS: () => ({}),
  REQ_CURRENT_TIME: () => ({}),
  SET_SERVER_LOGLEVEL: () => ({}),
  REQ_NEWS_BULLETINS: () => ({}),
  CANCEL_NEWS_BULLETINS: () => ({}),
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
    return { reqId, contract, genericTicks, snapshot: r.flag("snapshot") };
  },
  CANCEL_MKT_DATA: readVersionAndReqId,
  REQ_HISTORICAL_DATA: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    r.skip(1, "includeExpired");
    const endDateTime = r.text("endDateTime");
    const barSize = r.text("barSizeSetting");
    const duration = r.text("durationStr");
    const useRth = r.flag("useRTH");
    const whatToShow = r.text("whatToShow").toUpperCase();
    const formatDate = r.count("formatDate");
    if (isCombo(contract)) r.skip(4 * r.count("comboLegsCount"), "comboLegs");
    const keepUpToDate = r.flag("keepUpToDate");
    return { reqId, contract, endDateTime, barSize, duration, useRth, whatToShow, formatDate, keepUpToDate };
  },
  CANCEL_HISTORICAL_DATA: readVersionAndReqId,
  REQ_REAL_TIME_BARS: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    const contract = readContract(r);
    r.skip(1, "barSize");
    const whatToShow = r.text("whatToShow").toUpperCase();
    return { reqId, contract, whatToShow, useRth: r.flag("useRTH") };
  },
  CANCEL_REAL_TIME_BARS: readVersionAndReqId,
  REQ_CONTRACT_DATA: (r: FieldReader) => {
    r.skip(1, "version");
    const reqId = r.integer("reqId");
    return { reqId, contract: readContract(r) };
  },
  PLACE_ORDER: readPlaceOrder,
  CANCEL_ORDER: (r: FieldReader, serverVersion: number) => {
    if (!hasFeature(serverVersion, "cmeTagging")) r.skip(1, "version");
    return { orderId: r.integer("orderId") };
  },
  REQ_GLOBAL_CANCEL: () => ({}),
  REQ_OPEN_ORDERS: () => ({}),
  REQ_ALL_OPEN_ORDERS: () => ({}),
  REQ_AUTO_OPEN_ORDERS: (r: FieldReader) => {
    r.skip(1, "version");
    return { bind: r.flag("autoBind") };
  },
  REQ_EXECUTIONS: (r: FieldReader) => {
    r.skip(1, "version");
    return {
      reqId: r.integer("reqId"),
      clientId: r.count("clientId"),
      account: r.text("acctCode"),
      time: r.text("time"),
      symbol: r.text("symbol"),
      secType: r.text("secType"),
      exchange: r.text("exchange"),
      side: r.text("side").toUpperCase(),
    };
  },
  REQ_COMPLETED_ORDERS: (r: FieldReader) => ({ apiOnly: r.flag("apiOnly") }),
  REQ_POSITIONS: () => ({}),
  CANCEL_POSITIONS: () => ({}),
  REQ_ACCOUNT_SUMMARY: (r: FieldReader) => {
    r.skip(1, "version");
    return { reqId: r.integer("reqId"), group: r.text("groupName"), tags: r.text("tags") };
  },
  CANCEL_ACCOUNT_SUMMARY: readVersionAndReqId,
  REQ_ACCOUNT_DATA: (r: FieldReader) => {
    r.skip(1, "version");
    return { subscribe: r.flag("subscribe"), account: r.text("acctCode") };
  },
  REQ_PNL: (r: FieldReader) => ({ reqId: r.integer("reqId"), account: r.text("account") }),
  CANCEL_PNL: (r: FieldReader) => ({ reqId: r.integer("reqId") }),
  REQ_PNL_SINGLE: (r: FieldReader) => {
    const reqId = r.integer("reqId");
    const account = r.text("account");
    r.skip(1, "modelCode");
    return { reqId, account, conId: r.integer("conId") };
  },
  CANCEL_PNL_SINGLE: (r: FieldReader) => ({ reqId: r.integer("reqId") }),
} as const satisfies Partial<Record<RequestName, (reader: FieldReader, serverVersion: number) => object>>;

function readVersionAndReqId(r: FieldReader): { reqId: number } {
  r.skip(1, "version");
  return { reqId: r.integer("reqId") };
}

type Readers = typeof readers;

/** A request the simulated gateway answers. */
export type Request = { [Name in keyof Readers]: { readonly name: Name } & ReturnType<Readers[Name]> }[keyof Readers];

/** What one frame of a client is. */
export type Parsed =
  | { readonly kind: "request"; readonly request: Request }
  /** In the protocol, but nothing this gateway offers: refused with an error, never ignored. */
  | { readonly kind: "unsupported"; readonly name: RequestName; readonly reqId: number }
  | { readonly kind: "malformed"; readonly name: RequestName; readonly reqId: number; readonly reason: string }
  | { readonly kind: "unknown"; readonly id: string };

export function parseRequest(fields: readonly string[], serverVersion: number): Parsed {
  const idText = fields[0] ?? "";
  const name = /^\d+$/.test(idText) ? requestName(Number(idText)) : undefined;
  if (name === undefined) return { kind: "unknown", id: idText };
  if (!isSupported(name)) return { kind: "unsupported", name, reqId: guessReqId(name, fields) };
  const read: (reader: FieldReader, serverVersion: number) => object = readers[name];
  try {
    const body = read(new FieldReader(fields, 1), serverVersion);
    return { kind: "request", request: { name, ...body } as Request };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return { kind: "malformed", name, reqId: guessReqId(name, fields), reason: error.message };
  }
}

function isSupported(name: RequestName): name is keyof Readers {
  return Object.hasOwn(readers, name);
}

/** Messages without a version field start with their request id (tws.md 5.2); in the others it comes second. */
const withoutVersion: ReadonlySet<number> = new Set<number>([
  requestIds.PLACE_ORDER,
  requestIds.REQ_HISTORICAL_DATA,
  requestIds.REQ_SEC_DEF_OPT_PARAMS,
  ...range(requestIds.REQ_MATCHING_SYMBOLS, requestIds.REQ_USER_INFO),
]);

/** Messages that carry no request id at all: their errors have id -1. */
const withoutReqId: ReadonlySet<RequestName> = new Set<RequestName>([
  "REQ_FA",
  "REPLACE_FA",
  "REQ_SCANNER_PARAMETERS",
  "REQ_FAMILY_CODES",
  "REQ_MKT_DEPTH_EXCHANGES",
  "REQ_NEWS_PROVIDERS",
  "REQ_MARKET_RULE",
  "REQ_COMPLETED_ORDERS",
]);

function guessReqId(name: RequestName, fields: readonly string[]): number {
  if (withoutReqId.has(name)) return -1;
  const given = fields[withoutVersion.has(requestIds[name]) ? 1 : 2] ?? "";
  return /^\d+$/.test(given) ? Number(given) : -1;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
