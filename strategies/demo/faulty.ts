import { defineStrategy, epochMsOf, z } from "#libs/strategy-kit/mod.ts";

/** For the demo day: works until a given time and then fails, to show that the others go on. */
export default defineStrategy({
  name: "faulty",
  description: "Fails on purpose at a given New York time.",
  parameters: z.strictObject({
    failAt: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .default("11:00"),
  }),

  initial: () => ({ barsSeen: 0 }),

  onBar(state, bar, context) {
    const { tradingDay, parameters } = context.plan;
    if (context.marketTimeMs >= epochMsOf(tradingDay, parameters.failAt)) {
      throw new Error(`this strategy fails on purpose from ${parameters.failAt} on; the ${bar.symbol} bar is fine`);
    }
    return { barsSeen: state.barsSeen + 1 };
  },
});
