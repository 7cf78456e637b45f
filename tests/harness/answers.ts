import { startLivedTime } from "./lived-time.ts";

/** How long an answer may take: who asks in the product waits no longer, or its README says so. */
export const ANSWERED_MS = {
  /** Risk: the ledger's end and a late fact, 300 ms each, the broker's word on margin, 300, and the record, 800. */
  decision: 2000,
  /** Strategies wait this long for the answer to a cancel. */
  cancel: 1000,
  /** The operator waits this long for a command. */
  control: 5000,
  /** The bridge gives a question to the broker up after 2.5 s. */
  whatIf: 3000,
} as const;

/**
 * Holds an answer to a promise, in the time in which this process lived: the request itself is left as long as a machine
 * may stand still.
 *
 * @throws when it took longer
 */
export async function within<T>(boundMs: number, act: () => Promise<T>): Promise<T> {
  const livedMs = startLivedTime();
  const [outcome] = await Promise.allSettled([act()]);
  const tookMs = livedMs();
  const cause = outcome.status === "rejected" ? outcome.reason : undefined;
  // A refusal that comes late is late as well.
  if (tookMs > boundMs) throw new Error(`took ${Math.round(tookMs)} ms, and may take ${boundMs} ms`, { cause });
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}
