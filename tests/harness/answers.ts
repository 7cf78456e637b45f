import { startLivedTime } from "./lived-time.ts";

/** How long an answer may take: who asks in the product waits no longer, or its README says so. */
export const ANSWERED_MS = {
  /** Strategies wait this long for a decision, and for the answer to a cancel. */
  decision: 1000,
  cancel: 1000,
  /** Risk says within a second whether a command is in force, and then it is on the disk. */
  control: 2000,
  /** The operator's command line waits this long for processes of their own, which may be kept from running. */
  operator: 5000,
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
