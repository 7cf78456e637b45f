import { type Compared, type Verdict, verdict } from "./check.ts";

/** To the cent: what is derived from prices is not exact in binary. */
const TOLERANCE_USD = 0.005;

/** Whether a total stays within a limit, both USD. */
export const usdWithin = (total: number, limit: number, compared: Compared): Verdict =>
  verdict(total > limit + TOLERANCE_USD, compared, { left: limit - total, unit: "USD" });
