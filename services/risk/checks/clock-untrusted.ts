import { type Check, deny, verdict } from "./check.ts";

export const clockUntrusted: Check = {
  code: "CLOCK_UNTRUSTED",
  settings: ["CLOCK_DRIFT_ALERT_MS"],
  meaning:
    "The market's time is unknown, or lies before the session day that the ledger already holds: what belongs to a day cannot be counted. Or the machine's clock and the gateway's differ by five times as much as the operator is told of.",
  exitsExempt: true,
  judge: ({ today, view: { book, limits, clockDriftMs: driftMs } }) => {
    if (today === null) return deny({ marketTime: null });
    const { maxClockDriftMs: maxDriftMs } = limits;
    if (driftMs !== null && Math.abs(driftMs) > maxDriftMs) return deny({ driftMs, maxDriftMs });
    const sessionDay = book.session?.tradingDay ?? today;
    return verdict(today < sessionDay, { today, sessionDay });
  },
};
