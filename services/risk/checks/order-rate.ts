import { RATE_WINDOW_MS } from "../evaluate/flow.ts";
import { type Check, verdict } from "./check.ts";

export const orderRate: Check = {
  code: "ORDER_RATE",
  settings: ["MAX_ORDERS_PER_MINUTE"],
  meaning:
    "All strategies together have sent as many orders in the last minute of machine time as they may; exits count.",
  exitsExempt: true,
  judge: ({ flow: { ordersLastMinute: sent }, view: { limits } }) => {
    const { maxOrdersPerMinute: limit } = limits;
    const left = limit - sent - 1;
    return verdict(left < 0, { sent, limit, windowMs: RATE_WINDOW_MS }, { left, unit: "orders" });
  },
};
