import { type Check, figures } from "./check.ts";

export const intentStale: Check = {
  code: "INTENT_STALE",
  settings: [],
  meaning:
    "The question waited longer than 10 s of machine time before it was read, because risk or the bus stood still: who asked has given it up (law 3).",
  exitsExempt: true,
  check: ({ askedAtMs, now, view: { limits } }) => {
    const ageMs = now.wallMs - askedAtMs;
    // A stamp from the future says that the machine's clock was set back: the true age is not known.
    return Math.abs(ageMs) > limits.maxIntentAgeMs ? figures({ ageMs, maxAgeMs: limits.maxIntentAgeMs }) : null;
  },
};
