import { SecType } from "@stoqey/ib";

/** A US stock or ETF, routed by the broker. */
export const contractOf = (symbol: string) => ({
  symbol,
  secType: SecType.STK,
  exchange: "SMART",
  currency: "USD",
});
