import type { BarSeries } from "../market/bars.ts";
import type { Instrument } from "../market/instrument.ts";
import type { GatewayContext } from "./context.ts";
import { accessOf } from "./market-data-access.ts";

/** Refusals of an account that does not pay for an instrument's prices, worded as each kind of request has it. */

/** The cause that is inside all of them; undefined when the account sees it live. */
export function missingPermission(context: GatewayContext, instrument: Instrument): string | undefined {
  const { primaryExchange, secType } = instrument;
  const access = accessOf(context, instrument);
  return access === "live" ? undefined : `No market data permissions for ${primaryExchange} ${secType}`;
}

/** The same for prices of the past: they ask for live data too, and go to the session that has it. */
export function missingHistory(context: GatewayContext, instrument: Instrument): string | undefined {
  if (accessOf(context, instrument) !== "competing") return missingPermission(context, instrument);
  return "Trading TWS session is connected from a different IP address";
}

/** Why an instrument has no prices of a kind: a currency has no trades, an index no quotes. */
export function missingSeries(instrument: Instrument, series: BarSeries): string | undefined {
  const { hasTrades, hasQuotes, localSymbol, primaryExchange } = instrument;
  if (series === "TRADES" ? hasTrades : hasQuotes) return undefined;
  return `HMDS query returned no data: ${localSymbol}@${primaryExchange} ${series}`;
}
