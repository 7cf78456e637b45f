import { z } from "zod";
import {
  type Alert,
  type Bar,
  type ClientOrderId,
  type Decision,
  type DenyReason,
  denyReasonSchema,
  type OrderIntent,
  orderIntentSchema,
  type Quote,
  type Signal,
  strategyStatusSchema,
} from "#libs/contracts/mod.ts";
import type { History, Plan, StrategyDefinition } from "#libs/strategy-kit/mod.ts";
import { type Book, bookSchema, type LedgerFact } from "./book.ts";

/** An order that was asked for and of which the ledger shows no event yet. */
const pendingOrderSchema = z.object({
  intent: orderIntentSchema,
  /**
   * `asked`: the question is on its way. `undecided`: the answer was lost, and until it is found nobody knows whether
   * the order lives. `approved`: risk said yes, the bridge has not spoken yet. `refused`: here, before it was asked.
   */
  stage: z.enum(["asked", "undecided", "approved", "refused"]),
  /** Machine's wall clock, epoch milliseconds: a question that was never answered is soon too old to be repeated. */
  askedAtMs: z.number(),
  /** Why it was refused here; empty in every other stage. */
  reasons: z.array(denyReasonSchema),
});
export type PendingOrder = z.infer<typeof pendingOrderSchema>;

/** All that a strategy is, besides its code and its plan: this is its snapshot. */
export const runMemorySchema = z.object({
  status: strategyStatusSchema,
  /** Why it failed; empty else. */
  reason: z.string(),
  tradingDay: z.string(),
  /** The gameplan's entry it runs by, as JSON: another entry begins anew. */
  planKey: z.string(),
  /** The newest ledger sequence it has seen. */
  lastSequence: z.number().int().nonnegative(),
  orderNumber: z.number().int().nonnegative(),
  signalNumber: z.number().int().nonnegative(),
  deniedInARow: z.number().int().nonnegative(),
  /** The ledger holds orders of today that this memory does not: it opens nothing more today, it only closes. */
  forgetful: z.boolean(),
  pending: z.record(z.string(), pendingOrderSchema),
  book: bookSchema,
  /** Symbols whose past it has to be told of before the day's market data. */
  awaits: z.array(z.string()).default([]),
  /** Start of the newest bar it was given, per `interval symbol`, epoch milliseconds. */
  bars: z.record(z.string(), z.number()),
  /** USD, the newest price seen of each symbol. */
  prices: z.record(z.string(), z.number()),
  /** The newest whole minute of market time it was told of; 0 before the first. */
  minuteMs: z.number(),
  state: z.json(),
});
type StoredMemory = z.infer<typeof runMemorySchema>;
export type RunMemory = Readonly<Omit<StoredMemory, "state"> & { state: unknown }>;

/** One strategy of the day's gameplan at work. Immutable: each event makes the next one. */
export interface Run {
  readonly definition: StrategyDefinition;
  readonly plan: Plan;
  /** The strategy's file, for the operator. */
  readonly file: string;
  readonly memory: RunMemory;
}

/** Each event carries when it happened on the market's clock and when it came in on the machine's wall clock. */
interface When {
  readonly marketTimeMs: number;
  readonly machineMs: number;
  /** Id of the message that brought it. */
  readonly causedBy: string | null;
}

export type RunEvent = When &
  (
    | { readonly type: "bar"; readonly bar: Bar }
    | { readonly type: "quote"; readonly quote: Quote }
    | { readonly type: "clock" }
    | { readonly type: "history"; readonly history: History }
    | {
        readonly type: "fact";
        readonly sequence: number;
        readonly fact: LedgerFact;
        /** The strategy's book with this fact in it; `news` is false when the fact changed nothing. */
        readonly book: Book;
        readonly news: boolean;
      }
    | { readonly type: "decision"; readonly decision: Decision }
    | { readonly type: "refused"; readonly clientOrderId: ClientOrderId; readonly reasons: readonly DenyReason[] }
    | { readonly type: "undecided"; readonly clientOrderId: ClientOrderId }
  );

/** What the world must do after an event. Carried out in this order. */
export type Effect =
  /** Publish the snapshot before anything that follows, so that a crash cannot forget an order that was asked for. */
  | { readonly type: "save-ahead" }
  | { readonly type: "save" }
  | { readonly type: "ask"; readonly intent: OrderIntent; readonly causedBy: string | null }
  /** The gameplan forbids the order; told to the strategy as its next event, not inside this one. */
  | { readonly type: "refused"; readonly clientOrderId: ClientOrderId; readonly reasons: readonly DenyReason[] }
  | {
      readonly type: "cancel";
      readonly clientOrderId: string;
      readonly reason: string;
      readonly causedBy: string | null;
    }
  | { readonly type: "signal"; readonly id: string; readonly signal: Signal; readonly causedBy: string | null }
  | { readonly type: "alert"; readonly alert: Alert; readonly causedBy: string | null };
