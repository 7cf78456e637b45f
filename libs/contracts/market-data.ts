import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { priceSchema, symbolSchema, timestampSchema } from "./values.ts";

const sizeSchema = z.number().nonnegative();

/** The newest quote of a symbol; ticks between two publications are coalesced, the newest of each field wins. */
export const quoteSchema = z.object({
  symbol: symbolSchema,
  bid: priceSchema.nullable(),
  ask: priceSchema.nullable(),
  bidSize: sizeSchema.nullable(),
  askSize: sizeSchema.nullable(),
  last: priceSchema.nullable(),
  lastSize: sizeSchema.nullable(),
  /** True when the broker serves delayed data for this symbol. */
  delayed: z.boolean(),
  /** True while the exchange halts trading in it (tick 49); absent when the broker never said. */
  halted: z.boolean().optional(),
  /** Whether the broker has shares of it to lend for a short sale; absent when the broker never said. */
  shortable: z.enum(["available", "hard-to-borrow", "unavailable"]).optional(),
  /** Machine monotonic clock when the newest tick was read from the socket: quote age is measured against it. */
  receivedAtMonotonicMs: z.number(),
  /** How many ticks this publication stands for. */
  ticks: z.number().int().positive(),
});
export type Quote = z.infer<typeof quoteSchema>;

export const barIntervalSchema = z.enum(["5s", "1m", "5m", "15m", "1d"]);
export type BarInterval = z.infer<typeof barIntervalSchema>;

export const barSchema = z.object({
  symbol: symbolSchema,
  interval: barIntervalSchema,
  /** Market time at which the bar begins. */
  startsAt: timestampSchema,
  open: priceSchema,
  high: priceSchema,
  low: priceSchema,
  close: priceSchema,
  /** Shares traded in the bar. */
  volume: z.number().nonnegative(),
  /** True for a bar before the open or after the close of its day's regular session; absent for all others. */
  outsideRegularHours: z.literal(true).optional(),
  /** True when it was completed from the broker's history after a gap, so it comes later than its end; else absent. */
  backfilled: z.literal(true).optional(),
  /** True when a part of it is missing, because the broker's history did not answer in time; else absent. */
  incomplete: z.literal(true).optional(),
});
export type Bar = z.infer<typeof barSchema>;

export const quoteMessage = defineMessage({
  name: "quote",
  prefix: "md.quote",
  params: ["symbol"],
  kind: "core",
  stream: "MARKET_DATA",
  publishers: ["gateway-bridge"],
  subscribers: ["strategy", "risk", "operator"],
  description: "Newest quote of a symbol",
  data: quoteSchema,
});

export const barMessage = defineMessage({
  name: "bar",
  prefix: "md.bar",
  params: ["interval", "symbol"],
  kind: "core",
  stream: "MARKET_DATA",
  publishers: ["gateway-bridge"],
  subscribers: ["strategy", "risk", "operator"],
  description: "A completed bar, each once and in order; one in which nothing traded is not published",
  data: barSchema,
});

export const clockMessage = defineMessage({
  name: "clock",
  prefix: "md.clock",
  params: [],
  kind: "core",
  // The session gates of risk go by it; it is rare enough to be signed, which quotes are not.
  signed: true,
  stream: "MARKET_DATA",
  publishers: ["gateway-bridge"],
  subscribers: ["strategy", "risk", "notifier", "operator"],
  description:
    "Where the market clock stands: at `atMonotonicMs` of the machine it was `marketTimeMs`, going at `speed`",
  data: z.object({
    marketTimeMs: z.number(),
    atMonotonicMs: z.number(),
    /** 0 while a simulated clock is held. */
    speed: z.number().nonnegative(),
    /** Gateway clock minus machine clock; null when the speed is not 1. */
    driftMs: z.number().nullable(),
  }),
});
