import type { Outcome } from "#libs/contracts/mod.ts";
import type { OpenOrder } from "./book.ts";

/** Where approved orders go: the broker, or the dry-run engine. */
export interface Venue {
  /** Null when orders may be placed right now; else why not. */
  whyNot(): string | null;
  /**
   * Places the group (a bracket's entry first). Its orders are in the ledger as submitted. `mayStillSend` is asked
   * at the very moment of writing; when it forbids, `onDropped` is called and nothing is written.
   */
  place(group: readonly OpenOrder[], guard: { mayStillSend: () => boolean; onDropped: () => void }): void;
  cancel(order: OpenOrder): Outcome;
  /** The next order id, never given out before. */
  nextOrderId(): number;
}
