import { z } from "zod";
import { defineStrategy } from "#libs/strategy-kit/mod.ts";

/** USD beyond the quote, so that an order fills though the market has moved on. */
const ROOM = 0.5;

const cents = (price: number): number => Math.round(price * 100) / 100;

/**
 * For the benchmark only: every quote is answered with an order, in and out in turn, at a limit that tells which quote
 * it answers. Quantities vary, so that the duplicate guard has nothing to object to.
 */
export default defineStrategy({
  name: "tick-echo",
  description: "Answers every quote with an order, to measure the way from tick to order.",
  parameters: z.object({}),
  initial: () => ({ answered: 0 }),
  onQuote(state, quote, context) {
    if (quote.bid === null || quote.ask === null || context.orders(quote.symbol).length > 0) return state;
    const held = context.position(quote.symbol).quantity;
    context.submit({
      symbol: quote.symbol,
      side: held > 0 ? "sell" : "buy",
      quantity: held > 0 ? held : 1 + (state.answered % 197),
      order: { type: "limit", limitPrice: cents(held > 0 ? quote.bid - ROOM : quote.ask + ROOM) },
      holdOvernight: true,
      reason: "measuring",
    });
    return { answered: state.answered + 1 };
  },
});
