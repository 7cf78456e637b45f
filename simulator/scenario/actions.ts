import { z } from "zod";
import { faultsSchema } from "../gateway/faults.ts";
import { streamKinds } from "../gateway/session.ts";
import { quoteChangeSchema } from "../market/quote-change.ts";

/** Machine milliseconds, at most an hour. */
const machineMs = z.int().min(0).max(3_600_000);
const symbol = z.string().min(1);

/** Every thing the hand behind the gateway can do, one object each: in a scenario, in a test, at the control port. */
export const actionSchema = z.discriminatedUnion("action", [
  /** Switches faults; what is not named keeps its state. With `forMs` the old state comes back after that time. */
  z.strictObject({
    action: z.literal("faults"),
    set: faultsSchema.partial(),
    forMs: machineMs.optional(),
  }),
  /** Lets time pass before the next action of the same step. */
  z.strictObject({ action: z.literal("wait"), ms: machineMs }),
  /** Cuts every connection: closed in order, reset, or reset in the middle of a frame. The port stays open. */
  z.strictObject({ action: z.literal("drop"), how: z.enum(["close", "reset", "reset-mid-frame"]).default("close") }),
  /** Every connection is cut and the port closed for a while; order ids may go back (Lean#242). */
  z.strictObject({
    action: z.literal("restart"),
    downtimeMs: machineMs.default(0),
    rollbackIds: z.int().min(0).max(1_000_000).default(0),
  }),
  /** Code 1300: the gateway moves to another port, 0 for a free one, and drops every connection. */
  z.strictObject({ action: z.literal("move-port"), port: z.int().min(0).max(65_535).default(0) }),
  /** An ERR_MSG to every client. */
  z.strictObject({
    action: z.literal("error"),
    code: z.int(),
    text: z.string(),
    id: z.int().default(-1),
    advancedOrderRejectJson: z.string().default(""),
  }),
  /** Any frame at all to every client, id first: an unknown message, a malformed one. */
  z.strictObject({ action: z.literal("send"), fields: z.array(z.union([z.string(), z.number()])).min(1) }),
  /** 1100 (repeated), no ticks meanwhile, then 1101 (subscriptions gone) or 1102 (kept). The socket stays. */
  z.strictObject({
    action: z.literal("connectivity-loss"),
    times: z.int().min(1).max(10_000).default(1),
    everyMs: machineMs.default(100),
    restoredAfterMs: machineMs.default(1000),
    restoredWith: z.union([z.literal(1101), z.literal(1102)]).default(1102),
    /** "withheld": executions and order reports of that time come when it is over. */
    reports: z.enum(["at-once", "withheld"]).default("at-once"),
  }),
  /** 2103 and, later, 2104. With `quietAfterwards` the streams of that moment stay dead (nautilus#3968). */
  z.strictObject({
    action: z.literal("farm-flap"),
    farm: z.string().default("usfarm"),
    times: z.int().min(1).max(1000).default(1),
    brokenForMs: machineMs.default(500),
    quietAfterwards: z.boolean().default(false),
  }),
  /** The subscriptions of this moment get nothing more; a new request for the same symbol does. */
  z.strictObject({
    action: z.literal("quiet-streams"),
    symbols: z.union([z.array(symbol).min(1), z.literal("all")]).default("all"),
    kinds: z.array(z.enum(streamKinds)).default([...streamKinds]),
  }),
  /** A quote by hand; from then on the symbol follows only the hand. */
  quoteChangeSchema.extend({ action: z.literal("quote"), symbol }),
  /** Nothing of a symbol trades until "resume": tick 49, quotes stand still, orders wait. */
  z.strictObject({
    action: z.literal("halt"),
    symbol,
    kind: z.enum(["general", "volatility"]).default("general"),
  }),
  z.strictObject({ action: z.literal("resume"), symbol }),
  /** From the next market second on a symbol's prices are so many per cent higher (or, below 0, lower). */
  z.strictObject({ action: z.literal("gap"), symbol, percent: z.number().gt(-99).max(1000) }),
  /** Sends every execution again. */
  z.strictObject({ action: z.literal("resend-executions") }),
  /** A correction (`.02`) of an execution. */
  z.strictObject({
    action: z.literal("correct-execution"),
    execId: z.string(),
    price: z.number().positive().optional(),
    shares: z.number().positive().optional(),
  }),
  /** What the account says about day trades from now on. */
  z.strictObject({
    action: z.literal("day-trades-remaining"),
    remaining: z.union([z.array(z.int().min(-1)).min(1).max(5), z.literal("absent")]),
  }),
  /** An order placed by hand in TWS: of client 0, with the order id 0 until that client binds it. */
  z.strictObject({
    action: z.literal("manual-order"),
    symbol,
    side: z.enum(["BUY", "SELL"]),
    quantity: z.number().positive(),
    orderType: z.enum(["MKT", "LMT", "STP"]).default("MKT"),
    limitPrice: z.number().positive().optional(),
    stopPrice: z.number().positive().optional(),
    timeInForce: z.enum(["DAY", "GTC"]).default("DAY"),
  }),
  /** An order that works is refused after all: the error at once, its last status as `reports` allows. */
  z.strictObject({
    action: z.literal("refuse-order"),
    orderRef: z.string().min(1),
    code: z.union([z.literal(201), z.literal(203)]).default(201),
    text: z.string().default("Order rejected - reason:The exchange refused it."),
  }),
  /** Lets a held clock run. */
  z.strictObject({ action: z.literal("start-clock") }),
]);

export type Action = z.infer<typeof actionSchema>;
export type ActionOf<Kind extends Action["action"]> = Extract<Action, { readonly action: Kind }>;
/** An action as it is written down: what has a default may be left out. */
export type ActionInput = z.input<typeof actionSchema>;
