import { type Check, verdict } from "./check.ts";

export const intentStale: Check = {
  code: "INTENT_STALE",
  settings: ["MAX_INTENT_AGE_MS"],
  meaning:
    "The question waited longer than this, machine time, before it was read, because risk or the bus stood still: who asked has given it up (law 3).",
  exitsExempt: true,
  judge: ({ askedAtMs, now, view: { limits } }) => {
    const ageMs = now.wallMs - askedAtMs;
    // A stamp from the future says that the machine's clock was set back: the true age is not known.
    const { maxIntentAgeMs: maxAgeMs } = limits;
    return verdict(Math.abs(ageMs) > maxAgeMs, { ageMs, maxAgeMs }, { left: maxAgeMs - ageMs, unit: "ms" });
  },
};
