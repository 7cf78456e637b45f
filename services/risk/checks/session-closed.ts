import { formatNewYorkTime } from "#libs/time/mod.ts";
import { type Check, deny, pass } from "./check.ts";

export const sessionClosed: Check = {
  code: "SESSION_CLOSED",
  settings: ["CALENDAR_OVERRIDES_PATH"],
  meaning:
    "The exchange's regular session is not open (09:30 to 16:00 New York, 13:00 on a half day): no entries, but limit orders that ask for trading outside regular hours, from 04:00 to 20:00 (17:00 on a half day).",
  exitsExempt: true,
  judge: ({ intent, now, today, view: { calendar } }) => {
    if (now.marketMs === null) return pass({ phase: null });
    const phase = calendar.phaseAt(now.marketMs);
    const mayTradeNow = phase !== "closed" && intent.outsideRegularHours && "limitPrice" in intent.order;
    if (phase === "open" || mayTradeNow) return pass({ phase, today });
    return deny({ phase, newYork: formatNewYorkTime(now.marketMs), today });
  },
};
