/** Our own heartbeat over reqCurrentTime: one in flight, never two within 2 s (the gateway leaves the second unanswered). */
export interface Heartbeat {
  readonly sentAtMs: number | null;
  readonly nextAtMs: number;
  readonly count: number;
}

const DEADLINE_MS = 10_000;
/**
 * The gateway tells whole seconds, so the clock grows exact only when it is asked at different phases of the second:
 * neither interval is a whole number of them. The first beats come faster, to have an exact clock soon.
 */
const INTERVAL_MS = 5130;
const FIRST_INTERVAL_MS = 2130;
const FIRST_BEATS = 8;

export const newHeartbeat = (): Heartbeat => ({ sentAtMs: null, nextAtMs: Number.NEGATIVE_INFINITY, count: 0 });

/** The heartbeat of the connection after this one: what is in flight is lost, and the distance to it is still kept. */
export const heartbeatAfter = ({ nextAtMs }: Heartbeat): Heartbeat => ({ sentAtMs: null, nextAtMs, count: 0 });

export const heartbeatDue = (heartbeat: Heartbeat, nowMs: number): boolean =>
  heartbeat.sentAtMs === null && nowMs >= heartbeat.nextAtMs;

export const heartbeatSent = (heartbeat: Heartbeat, nowMs: number): Heartbeat => ({
  sentAtMs: nowMs,
  nextAtMs: nowMs + (heartbeat.count < FIRST_BEATS ? FIRST_INTERVAL_MS : INTERVAL_MS),
  count: heartbeat.count + 1,
});

export const heartbeatHeard = (heartbeat: Heartbeat): Heartbeat =>
  heartbeat.sentAtMs === null ? heartbeat : { ...heartbeat, sentAtMs: null };

export const heartbeatOverdue = (heartbeat: Heartbeat, nowMs: number): boolean =>
  heartbeat.sentAtMs !== null && nowMs - heartbeat.sentAtMs >= DEADLINE_MS;
