import { defineStrategy, epochMsOf, z } from "#libs/strategy-kit/mod.ts";

const price = z.number().positive();
const probeSchema = z.strictObject({
  /** New York time of day. */
  at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  symbol: z.string().min(1),
  side: z.enum(["buy", "sell"]),
  quantity: z.number().int().positive(),
  order: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("market") }),
    z.strictObject({ type: z.literal("limit"), limitPrice: price }),
    z.strictObject({ type: z.literal("stop"), stopPrice: price }),
  ]),
  outsideRegularHours: z.boolean().default(false),
  /** Asked for only when the strategy holds as many shares as it would close. */
  onlyIfHeld: z.boolean().default(false),
  /** What is expected of it, in words for the operator. */
  why: z.string().max(200),
});

/** For the demo day: asks for orders at given times, most of which risk must refuse, each for another reason. */
export default defineStrategy({
  name: "limit-prober",
  description: "Asks for the orders of a schedule, to show which of them risk refuses, and why.",
  parameters: z.strictObject({ probes: z.array(probeSchema).max(50) }),

  initial: () => ({ asked: 0 }),

  /** The probes stand in the order of their times; each is asked for once. */
  onClock(state, marketTimeMs, context) {
    const { tradingDay, parameters } = context.plan;
    let { asked } = state;
    for (const probe of parameters.probes.slice(asked)) {
      if (epochMsOf(tradingDay, probe.at) > marketTimeMs) break;
      asked += 1;
      const { symbol, side, quantity, order, outsideRegularHours, why } = probe;
      if (probe.onlyIfHeld && context.position(symbol).quantity * (side === "sell" ? 1 : -1) < quantity) {
        context.signal({ symbol, signal: "probe-skipped", reason: `${why}: nothing to close` });
        continue;
      }
      const { clientOrderId } = context.submit({ symbol, side, quantity, order, outsideRegularHours, reason: why });
      context.signal({ symbol, signal: "probe", reason: why, clientOrderId });
    }
    return asked === state.asked ? state : { asked };
  },
});
