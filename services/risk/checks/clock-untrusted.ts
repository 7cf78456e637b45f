import { type Check, figures } from "./check.ts";

export const clockUntrusted: Check = {
  code: "CLOCK_UNTRUSTED",
  settings: [],
  meaning:
    "The market's time is unknown, or lies before the session day that the ledger already holds: what belongs to a day cannot be counted.",
  exitsExempt: true,
  check: ({ today, view: { book } }) => {
    if (today === null) return figures({ marketTime: "unknown" });
    const sessionDay = book.session?.tradingDay ?? today;
    return today < sessionDay ? figures({ today, sessionDay }) : null;
  },
};
