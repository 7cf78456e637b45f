import { type Check, figures } from "./check.ts";

export const accountStale: Check = {
  code: "ACCOUNT_STALE",
  settings: [],
  meaning:
    "The account's figures are unknown or older than 90 s of machine time; the bridge publishes them every 30 s while the gateway is ready.",
  exitsExempt: true,
  check: ({ view: { book, limits }, now }) => {
    if (book.account === null) return figures({ ageMs: "unknown", maxAgeMs: limits.maxAccountAgeMs });
    const ageMs = now.wallMs - book.account.publishedAt;
    // A stamp from the future says that the machine's clock was set back: the true age is not known.
    return ageMs > limits.maxAccountAgeMs || ageMs < -limits.maxAccountAgeMs
      ? figures({ ageMs, maxAgeMs: limits.maxAccountAgeMs })
      : null;
  },
};
