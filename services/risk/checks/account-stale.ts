import { type Check, deny, verdict } from "./check.ts";

export const accountStale: Check = {
  code: "ACCOUNT_STALE",
  settings: ["MAX_ACCOUNT_AGE_MS"],
  meaning:
    "The account's figures are unknown or older than this, machine time; the bridge publishes them every 30 s while the gateway is ready.",
  exitsExempt: true,
  judge: ({ view: { book, limits }, now }) => {
    if (book.account === null) return deny({ ageMs: null, maxAgeMs: limits.maxAccountAgeMs });
    const ageMs = now.wallMs - book.account.publishedAt;
    // A stamp from the future says that the machine's clock was set back: the true age is not known.
    const { maxAccountAgeMs: maxAgeMs } = limits;
    return verdict(Math.abs(ageMs) > maxAgeMs, { ageMs, maxAgeMs }, { left: maxAgeMs - ageMs, unit: "ms" });
  },
};
