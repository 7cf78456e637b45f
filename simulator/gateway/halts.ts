import type { HaltKind } from "../market/disturbances.ts";
import type { GatewayContext } from "./context.ts";
import { receiverOf } from "./quote-streams.ts";
import { sendHaltState } from "./quotes.ts";

/** Stops the trading of a symbol after a market second: subscribers get tick 49, quotes stand, orders wait. */
export function haltTrading(context: GatewayContext, symbol: string, kind: HaltKind, afterS: number): void {
  if (!context.market.halt(symbol, kind, afterS + 1)) return;
  context.broker.halt(symbol);
  tellHaltState(context, symbol);
}

/** Lets it trade again: what waits meets the market of the next second. */
export function resumeTrading(context: GatewayContext, symbol: string, afterS: number): void {
  if (!context.market.resume(symbol, afterS + 1)) return;
  context.broker.resume(symbol);
  tellHaltState(context, symbol);
  // By hand there is no next quote: the one that stands is the market.
  const quote = context.market.isManual(symbol) ? context.market.quote(symbol, afterS) : undefined;
  if (quote !== undefined) context.publish(context.broker.quote(symbol, quote, afterS));
}

function tellHaltState(context: GatewayContext, symbol: string): void {
  for (const session of context.readySessions()) {
    for (const subscription of session.quotes.values()) {
      if (subscription.instrument.key !== symbol || subscription.delivery === "waiting") continue;
      sendHaltState(context, receiverOf(session, subscription), subscription);
    }
  }
}
