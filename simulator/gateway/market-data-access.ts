import type { Refusal } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import type { GatewayContext } from "./context.ts";
import type { Faults } from "./faults.ts";
import type { Delivery } from "./session.ts";

/** What an account with some access answers to a request made in one of the types 1 live, 2 frozen, 3, 4 delayed. */
export type Grant =
  | { readonly kind: "delivered"; readonly delivery: Delivery; readonly notice?: Refusal }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const notSubscribed = "Requested market data is not subscribed.";

/** The rule of tws.md 6.2 and 8.11: 354, 10167, 10168 and 10197. A pure function of access and requested type. */
export function grantOf(access: Faults["marketDataAccess"], requestedType: number): Grant {
  const wantsDelayed = requestedType === 3 || requestedType === 4;
  switch (access) {
    case "live":
      // Live data is given also to who asked for delayed data, as by the real gateway.
      return { kind: "delivered", delivery: "live" };
    case "delayed":
      return wantsDelayed
        ? {
            kind: "delivered",
            delivery: "delayed",
            notice: { code: 10167, text: `${notSubscribed} Displaying delayed market data.` },
          }
        : { kind: "refused", refusal: { code: 354, text: `${notSubscribed} Delayed market data is available.` } };
    case "none":
      return {
        kind: "refused",
        refusal: wantsDelayed
          ? { code: 10168, text: `${notSubscribed} Delayed market data is not enabled.` }
          : { code: 354, text: notSubscribed },
      };
    case "competing":
      return {
        kind: "delivered",
        delivery: "waiting",
        notice: { code: 10197, text: "No market data during competing live session" },
      };
  }
}

/** The account's access to one instrument: what it does not pay for comes delayed at best. */
export function accessOf(context: GatewayContext, { isSubscribed }: Instrument): Faults["marketDataAccess"] {
  const { marketDataAccess } = context.faults();
  return marketDataAccess === "live" && !isSubscribed ? "delayed" : marketDataAccess;
}

/** Whether the account sees an instrument live: bars, single ticks and the book there are only then. */
export function hasLiveData(context: GatewayContext, instrument: Instrument): boolean {
  return accessOf(context, instrument) === "live";
}
