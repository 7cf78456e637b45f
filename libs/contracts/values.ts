import { z } from "zod";

/**
 * A broker symbol such as `SPY` or `BRK B`. Control characters are refused: a NUL shifts every later field of the
 * TWS message it is written into.
 */
export const symbolSchema = z.string().regex(/^[A-Z0-9][A-Z0-9 ./]{0,15}$/, "a symbol is 1 to 16 of A-Z 0-9 space . /");

/**
 * The platform's own order id: chosen by the strategy, carried as `orderRef` at the broker, the last token of the
 * order's subjects. It survives everything; broker ids do not.
 */
export const clientOrderIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/, "a clientOrderId is 1 to 60 of A-Z a-z 0-9 _ -")
  .brand("ClientOrderId");
export type ClientOrderId = z.infer<typeof clientOrderIdSchema>;

/** USD, above zero. */
export const priceSchema = z.number().finite().positive();
/** Shares, whole, above zero. */
export const quantitySchema = z.number().int().positive().max(10_000_000);
export const sideSchema = z.enum(["buy", "sell"]);
export type Side = z.infer<typeof sideSchema>;

/** Strategy names are subject tokens and file names. */
export const strategyNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "lower-case letters, digits and -");

/** Epoch milliseconds. */
export const timestampSchema = z.number().int().nonnegative();
