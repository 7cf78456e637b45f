import { RATE_WINDOW_MS } from "../evaluate/flow.ts";
import { type Check, verdict } from "./check.ts";

export const cancelRate: Check = {
  code: "CANCEL_RATE",
  settings: ["MAX_CANCELS_PER_MINUTE"],
  meaning:
    "As many orders of this strategy were cancelled in the last minute of machine time as may be. Cancels themselves are never refused: the way out is always open.",
  exitsExempt: true,
  judge: ({ intent, now, view: { book, limits } }) => {
    const { maxCancelsPerMinute: limit } = limits;
    let canceled = 0;
    for (const { strategy, at } of book.recentCancels) {
      if (strategy === intent.strategy && now.wallMs - at < RATE_WINDOW_MS) canceled += 1;
    }
    return verdict(
      canceled >= limit,
      { canceled, limit, windowMs: RATE_WINDOW_MS },
      { left: limit - canceled, unit: "cancels" },
    );
  },
};
