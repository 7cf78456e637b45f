import { z } from "zod";

/** A quote set by hand. Fields left out keep their value. Prices in USD, sizes in shares. */
export const quoteChangeSchema = z
  .object({
    bid: z.number().positive(),
    ask: z.number().positive(),
    bidSize: z.number().nonnegative(),
    askSize: z.number().nonnegative(),
    last: z.number().positive(),
    lastSize: z.number().nonnegative(),
  })
  .partial()
  .strict();
export type QuoteChange = z.infer<typeof quoteChangeSchema>;
