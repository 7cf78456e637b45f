import type { RecentEntry } from "../state/book.ts";
import { type Check, figures } from "./check.ts";

export const duplicateOrder: Check = {
  code: "DUPLICATE_ORDER",
  settings: [],
  meaning:
    "An entry with the same symbol, side and quantity was approved under another id within two seconds of machine time: one order sent twice.",
  exitsExempt: true,
  check: ({ intent, now, view: { book, limits, reservedEntries } }) => {
    const twin = [...book.recentEntries, ...reservedEntries].findLast(
      (entry) => isLike(entry, intent) && ageMs(entry, now) >= 0 && ageMs(entry, now) < limits.duplicateWindowMs,
    );
    return twin === undefined
      ? null
      : figures({
          clientOrderId: twin.clientOrderId,
          ageMs: Math.round(ageMs(twin, now)),
          windowMs: limits.duplicateWindowMs,
        });
  },
};

const ageMs = (entry: RecentEntry, now: { readonly monotonicMs: number }): number =>
  now.monotonicMs - entry.approvedAtMonotonicMs;

const isLike = (entry: RecentEntry, intent: Pick<RecentEntry, "symbol" | "side" | "quantity">): boolean =>
  entry.symbol === intent.symbol && entry.side === intent.side && entry.quantity === intent.quantity;
