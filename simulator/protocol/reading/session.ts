import type { FieldReader } from "../fields.ts";

/** Requests about the session itself. */
export const sessionReaders = {
  START_API: (r: FieldReader) => {
    r.skip(1, "version");
    const clientId = r.integer("clientId");
    r.skipIfThere(1, "optionalCapabilities");
    return { clientId };
  },
  REQ_IDS: (r: FieldReader) => readNothing(r, 2, "version, numIds"),
  REQ_MANAGED_ACCTS: readVersionAlone,
  REQ_CURRENT_TIME: readVersionAlone,
  SET_SERVER_LOGLEVEL: (r: FieldReader) => {
    r.skip(1, "version");
    return { logLevel: r.integer("logLevel") };
  },
  REQ_USER_INFO: (r: FieldReader) => ({ reqId: r.integer("reqId") }),
  QUERY_DISPLAY_GROUPS: readVersionAndReqId,
  SUBSCRIBE_TO_GROUP_EVENTS: (r: FieldReader) => {
    r.skip(1, "version");
    return { reqId: r.integer("reqId"), groupId: r.integer("groupId") };
  },
  UPDATE_DISPLAY_GROUP: (r: FieldReader) => {
    r.skip(1, "version");
    return { reqId: r.integer("reqId"), contractInfo: r.text("contractInfo") };
  },
  UNSUBSCRIBE_FROM_GROUP_EVENTS: readVersionAndReqId,
  VERIFY_REQUEST: (r: FieldReader) => readNothing(r, 3, "version, apiName, apiVersion"),
  VERIFY_MESSAGE: (r: FieldReader) => readNothing(r, 2, "version, apiData"),
  VERIFY_AND_AUTH_REQUEST: (r: FieldReader) => readNothing(r, 4, "version, apiName, apiVersion, opaqueIsvKey"),
  VERIFY_AND_AUTH_MESSAGE: (r: FieldReader) => readNothing(r, 3, "version, apiData, xyzResponse"),
} as const;

/** A message whose name says everything. */
export function readVersionAlone(r: FieldReader): object {
  return readNothing(r, 1, "version");
}

/** Passes over fields that mean nothing here. */
export function readNothing(r: FieldReader, count: number, names: string): object {
  r.skipIfThere(count, names);
  return {};
}

/** The body of most cancels: a version nobody looks at, then the id of what is cancelled. */
export function readVersionAndReqId(r: FieldReader): { reqId: number } {
  r.skip(1, "version");
  return { reqId: r.integer("reqId") };
}

/** The body of the cancels that came without a version field. */
export function readReqId(r: FieldReader): { reqId: number } {
  return { reqId: r.integer("reqId") };
}
