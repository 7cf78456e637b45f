// The market clock is estimated from the gateway's answers to reqCurrentTime (and a fast simulated gateway's
// pushes), which are whole seconds, cut off: at one instant between the request and the answer the true time was in
// [s, s + 1). Each answer is therefore an interval, not a point, and intervals taken at different phases of the
// second overlap in less and less. The estimate starts at the interval's lower end and moves only when it must:
//
//   answer 1   [================================)          estimate at the lower end: never ahead of the gateway
//   answer 2          [================================)
//   both              [=========================)          the estimate moved forward to stay inside
//
// so at a constant speed the clock never steps backwards, and its error is at most the width of the interval.
import { type ClockAnchor, marketTimeAt } from "./market-clock.ts";

export type GatewayTimeObservation = {
  /** What the gateway said: whole seconds since 1970, cut off. */
  epochSeconds: number;
  /** Monotonic time of the request; for a push that nobody asked for, the same as `receivedAtMonotonicMs`. */
  requestedAtMonotonicMs: number;
  receivedAtMonotonicMs: number;
  /** The machine's wall clock at the moment of receipt. */
  wallMs: number;
  /** The configured speed of the market clock, greater than 0. */
  speed: number;
};

/** What the estimator remembers between two observations. Plain data; start with undefined. */
export type GatewayTimeState = {
  anchor: ClockAnchor;
  /** Bounds of the true time at `anchor.atMonotonicMs`, epoch milliseconds. */
  earliestMs: number;
  latestMs: number;
  configuredSpeed: number;
  /** The second heard last, and when it was heard first. */
  lastSecond: number;
  lastSecondSinceMonotonicMs: number;
};

export type GatewayTimeEstimate = {
  state: GatewayTimeState;
  /** What to publish. Its speed is 0 while the gateway's clock is seen to stand still. */
  anchor: ClockAnchor;
  /**
   * Gateway's time minus the machine's wall time, milliseconds; positive when the machine is behind. Taken in the
   * middle of the interval, so good to half its width. Has a meaning at speed 1 only.
   */
  driftMs: number;
  /** The anchor is at most this far behind the gateway, and never ahead of it by more than the clocks' drift. */
  behindMsMax: number;
};

/** How much two crystals, one of them being slewed by NTP (at most 500 ppm), can part: 30 ms in a minute. */
const DRIFT_FRACTION_MAX = 500e-6;

/** What a pushed time may have spent in sockets and event loops, machine time: a late push moves nothing back. */
const DELIVERY_MS_MAX = 250;

/** By how much a second may outlast itself before the clock is taken to be held, machine time: half a push period. */
const HOLD_TOLERANCE_MS = 50;

/**
 * Folds one answer of the gateway into the estimate.
 *
 * - Error: `behindMsMax`; with the first answer one second plus the round trip, and after n answers at different
 *   phases of the second about 1/n of a second plus the shortest round trip.
 * - An answer that cannot agree with the estimate (the gateway's clock was set, the machine slept, a new day was
 *   started) is followed at once, also backwards.
 * - A clock that says the same second for longer than a second lasts is held: the anchor goes back to that second
 *   and its speed is 0 until another second is heard. A clock faster than life is taken to be held until it is seen
 *   to move, so that a simulation that waits for its start is never run ahead of.
 */
export function observeGatewayTime(
  state: GatewayTimeState | undefined,
  observation: GatewayTimeObservation,
): GatewayTimeEstimate {
  const { epochSeconds, receivedAtMonotonicMs, speed } = observation;
  const known =
    state !== undefined && state.configuredSpeed === speed && epochSeconds >= state.lastSecond ? state : undefined;
  const running = isRunning(known, observation);
  const wasRunning = known !== undefined && known.anchor.speed > 0;

  const heard = heardInterval(observation, running);
  // What was known of a clock that was held says nothing about one that runs, nor the other way round.
  const expected = known !== undefined && wasRunning === running ? advance(known, receivedAtMonotonicMs) : undefined;
  const both = expected === undefined ? undefined : intersect(expected, heard);
  const { earliestMs, latestMs } = both ?? heard;

  const predictedMs = known === undefined ? earliestMs : marketTimeAt(known.anchor, receivedAtMonotonicMs);
  const marketTimeMs = settle(predictedMs, { earliestMs, latestMs }, both !== undefined);

  const anchor: ClockAnchor = { marketTimeMs, atMonotonicMs: receivedAtMonotonicMs, speed: running ? speed : 0 };
  return {
    state: {
      anchor,
      earliestMs,
      latestMs,
      configuredSpeed: speed,
      lastSecond: epochSeconds,
      lastSecondSinceMonotonicMs:
        known?.lastSecond === epochSeconds ? known.lastSecondSinceMonotonicMs : receivedAtMonotonicMs,
    },
    anchor,
    driftMs: (earliestMs + latestMs) / 2 - observation.wallMs,
    behindMsMax: latestMs - marketTimeMs,
  };
}

type Interval = { earliestMs: number; latestMs: number };

function isRunning(known: GatewayTimeState | undefined, observation: GatewayTimeObservation): boolean {
  if (known === undefined) return observation.speed === 1;
  if (observation.epochSeconds > known.lastSecond) return true;
  // From the last instant at which the earlier answer can have been given to the first at which this one can.
  const sameSecondForMs = observation.requestedAtMonotonicMs - known.lastSecondSinceMonotonicMs;
  if (sameSecondForMs > 1000 / observation.speed + HOLD_TOLERANCE_MS) return false;
  return known.anchor.speed > 0;
}

/** Where the true time can be at the moment of receipt, by this answer alone. */
function heardInterval(observation: GatewayTimeObservation, running: boolean): Interval {
  const { epochSeconds, requestedAtMonotonicMs, receivedAtMonotonicMs, speed } = observation;
  const earliestMs = epochSeconds * 1000;
  const pushed = requestedAtMonotonicMs >= receivedAtMonotonicMs;
  const sinceAnsweredMsMax = pushed ? DELIVERY_MS_MAX : receivedAtMonotonicMs - requestedAtMonotonicMs;
  return { earliestMs, latestMs: earliestMs + 1000 + (running ? sinceAnsweredMsMax * speed : 0) };
}

function advance(state: GatewayTimeState, toMonotonicMs: number): Interval {
  const passedMs = (toMonotonicMs - state.anchor.atMonotonicMs) * state.anchor.speed;
  const driftMs = Math.abs(passedMs) * DRIFT_FRACTION_MAX;
  return { earliestMs: state.earliestMs + passedMs - driftMs, latestMs: state.latestMs + passedMs + driftMs };
}

function intersect(a: Interval, b: Interval): Interval | undefined {
  const earliestMs = Math.max(a.earliestMs, b.earliestMs);
  const latestMs = Math.min(a.latestMs, b.latestMs);
  return earliestMs <= latestMs ? { earliestMs, latestMs } : undefined;
}

/** The point of the interval nearest to the prediction; after a break the lower end instead of the upper one. */
function settle(predictedMs: number, { earliestMs, latestMs }: Interval, unbroken: boolean): number {
  if (predictedMs < earliestMs) return earliestMs;
  if (predictedMs <= latestMs) return predictedMs;
  return unbroken ? latestMs : earliestMs;
}
