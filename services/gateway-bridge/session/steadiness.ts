import type { Session } from "./session.ts";

/** A session that lasted this long was a steady one, machine time. */
export const STEADY_MS = 60_000;
/**
 * From this many sessions in a row that ended sooner, the connection counts as unstable: the operator hears that once,
 * and when it is over, instead of two messages a drop; and it is tried ever more slowly.
 */
export const UNSTABLE_AFTER_DROPS = 3;

/** How many sessions in a row ended soon after they were ready, with the present one ending now. */
export function dropsWith({ phase, drops }: Session, nowMs: number, planned: boolean): number {
  if (phase.name !== "ready" || planned) return drops;
  return nowMs - phase.sinceMs < STEADY_MS ? drops + 1 : 0;
}

/** Whether a connection that was unstable has been there long enough to be called steady again. */
export function isSteadyAgain({ phase, drops }: Session, nowMs: number): boolean {
  return drops >= UNSTABLE_AFTER_DROPS && phase.name === "ready" && nowMs - phase.sinceMs >= STEADY_MS;
}
