import { z } from "zod";
import { defineStrategy } from "#libs/strategy-kit/mod.ts";

/** Quotes of a symbol between two of its orders. */
const PATIENCE = 5;
/** USD beyond the quote. */
const ROOM = 0.05;

const cents = (price: number): number => Math.round(price * 100) / 100;

/**
 * For chaos only: in and out without end. What it must show is that a strategy's process can be killed at any moment
 * and asks for no order twice.
 */
export default defineStrategy({
  name: "impatient",
  description: "Buys and sells without end, to be killed while it does.",
  /** Of its symbols those that it trades; of the others it only keeps the market data. */
  parameters: z.object({ trades: z.array(z.string()) }),
  initial: () => ({ seen: 0 }),
  onQuote(state, quote, context) {
    if (!context.plan.parameters.trades.includes(quote.symbol)) return state;
    const seen = state.seen + 1;
    const due = seen % PATIENCE === 0 && context.orders(quote.symbol).length === 0;
    if (!due || quote.bid === null || quote.ask === null) return { seen };
    const held = context.position(quote.symbol).quantity;
    const isExit = held > 0;
    context.submit({
      symbol: quote.symbol,
      side: isExit ? "sell" : "buy",
      quantity: isExit ? held : 1 + (seen % 97),
      order: { type: "limit", limitPrice: cents(isExit ? quote.bid - ROOM : quote.ask + ROOM) },
      timeInForce: "ioc",
      holdOvernight: true,
      reason: "chaos",
    });
    return { seen };
  },
});
