import type { FieldReader } from "../fields.ts";
import { readPlaceOrder } from "../place-order.ts";
import { hasFeature } from "../versions.ts";
import { readNothing, readVersionAlone } from "./session.ts";

/** Requests about orders and executions. */
export const orderReaders = {
  PLACE_ORDER: readPlaceOrder,
  CANCEL_ORDER: (r: FieldReader, serverVersion: number) => {
    if (!hasFeature(serverVersion, "cmeTagging")) r.skip(1, "version");
    const orderId = r.integer("orderId");
    r.skipIfThere(1, "manualOrderCancelTime");
    if (hasFeature(serverVersion, "rfqFields")) r.skipIfThere(3, "extOperator, externalUserId, manualOrderIndicator");
    if (hasFeature(serverVersion, "cmeTagging")) r.skipIfThere(2, "extOperator, manualOrderIndicator");
    return { orderId };
  },
  REQ_GLOBAL_CANCEL: (r: FieldReader, serverVersion: number) =>
    hasFeature(serverVersion, "cmeTagging")
      ? readNothing(r, 2, "extOperator, manualOrderIndicator")
      : readVersionAlone(r),
  REQ_OPEN_ORDERS: readVersionAlone,
  REQ_ALL_OPEN_ORDERS: readVersionAlone,
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
} as const;
