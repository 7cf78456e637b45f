/** What happened in a run, in numbers. */
export interface Happened {
  readonly durationMs: number;
  readonly approved: number;
  /** Orders that reached the gateway's socket. */
  readonly placed: number;
  readonly executions: number;
  readonly sessions: number;
  readonly kills: Readonly<Record<string, number>>;
  /** Orders by the state in which the ledger has them at the end. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Below this a run of the usual script was not one: most of its orders were stopped before anything could go wrong. */
const APPROVED_PER_SECOND_LEAST = 3;
/** A run shorter than this need not have met every trouble. */
const WHOLE_DECK_MS = 40_000;

/**
 * A run in which nothing happened proves nothing: where orders did not flow, nothing was executed, or nobody died, the
 * verdict has nothing to find.
 */
export function emptinessOf(happened: Happened): string[] {
  const { durationMs, approved, placed, executions, sessions, kills, outcomes } = happened;
  const lines: string[] = [];
  const least = (durationMs / 1000) * APPROVED_PER_SECOND_LEAST;
  if (approved < least) lines.push(`only ${approved} orders were approved; a run of this length has ${least}`);
  if (placed < approved / 2) lines.push(`only ${placed} of ${approved} approved orders reached the gateway`);
  if (executions === 0) lines.push("nothing was executed");
  if (!outcomes.filled) lines.push("no order was filled");
  if (durationMs < WHOLE_DECK_MS) return lines;
  if (sessions < 2) lines.push("no session ever ended");
  for (const [victim, times] of Object.entries(kills)) if (times === 0) lines.push(`${victim} was never killed`);
  return lines;
}
