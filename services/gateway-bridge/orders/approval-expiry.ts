import type { Approval } from "#libs/contracts/mod.ts";

/** Both clocks of this machine at one moment. */
export interface MachineTime {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * Null while an approval may be acted on, else why not (law 3). The monotonic clock guards against a slow machine,
 * whatever is done to the wall clock; the wall clock against a reboot, which sets the monotonic clock back.
 */
export function whyExpired(approval: Approval, now: MachineTime): string | null {
  const { approvedAtMonotonicMs, expiresAtMonotonicMs, expiresAt } = approval;
  if (now.monotonicMs < approvedAtMonotonicMs) return "the approval is from before this machine's last boot";
  if (now.monotonicMs >= expiresAtMonotonicMs) {
    return `the approval was ${Math.round(now.monotonicMs - approvedAtMonotonicMs)} ms old and valid for ${Math.round(expiresAtMonotonicMs - approvedAtMonotonicMs)} ms`;
  }
  if (now.wallMs >= expiresAt) return "the approval's expiry has passed on the machine's clock";
  return null;
}
