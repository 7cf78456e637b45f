import { formatNewYorkTime } from "#libs/time/mod.ts";
import { type Check, figures } from "./check.ts";

export const sessionClosed: Check = {
  code: "SESSION_CLOSED",
  settings: ["CALENDAR_OVERRIDES_PATH"],
  meaning: "The exchange's regular session is not open (09:30 to 16:00 New York, 13:00 on a half day): no entries.",
  exitsExempt: true,
  check: ({ now, today, view: { calendar } }) => {
    if (now.marketMs === null) return null;
    const phase = calendar.phaseAt(now.marketMs);
    return phase === "open" ? null : figures({ phase, newYork: formatNewYorkTime(now.marketMs), today });
  },
};
