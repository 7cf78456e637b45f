import { type Check, verdict } from "./check.ts";

export const gatewayNotReady: Check = {
  code: "GATEWAY_NOT_READY",
  settings: ["GATEWAY_RESTART_AT", "GATEWAY_FREEZE_SECONDS"],
  meaning:
    "The gateway takes no orders now: it is not connected, is restarting, or is about to. An exit passes, and the bridge reports it as expired if it cannot be sent.",
  exitsExempt: true,
  judge: ({ view: { book } }) =>
    verdict(!book.gateway?.acceptsOrders, { state: book.gateway?.state, frozen: book.gateway?.frozen }),
};
