import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type GatewayTimeEstimate,
  type GatewayTimeState,
  marketTimeAt,
  monotonicNowMs,
  observeGatewayTime,
  wallNowMs,
} from "./mod.ts";

/** Feeds the estimator and remembers its state. A `trueMs` is cut to seconds, as the gateway does. */
class Estimator {
  state: GatewayTimeState | undefined;
  readonly speed: number;
  constructor(speed: number) {
    this.speed = speed;
  }

  push(trueMs: number, atMonotonicMs: number): GatewayTimeEstimate {
    return this.answer(trueMs, atMonotonicMs, atMonotonicMs);
  }

  answer(trueMs: number, requestedAtMonotonicMs: number, receivedAtMonotonicMs: number, wallMs = 0) {
    const { speed } = this;
    const epochSeconds = Math.floor(trueMs / 1000);
    const estimate = observeGatewayTime(this.state, {
      epochSeconds,
      requestedAtMonotonicMs,
      receivedAtMonotonicMs,
      wallMs,
      speed,
    });
    this.state = estimate.state;
    return estimate;
  }
}

const START_MS = Date.parse("2026-11-23T14:30:00Z");

/** Heartbeats at least 2 s apart: when the request went out, how long until the gateway read it, and the way back. */
const heartbeats = fc.array(
  fc.record({
    pauseMs: fc.integer({ min: 2000, max: 30_000 }),
    outMs: fc.double({ min: 0, max: 200, noNaN: true }),
    backMs: fc.double({ min: 0.1, max: 200, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe("the estimate of a real gateway's clock", () => {
  it("is never ahead of the gateway, within its stated error, and never steps backwards", () => {
    fc.assert(
      fc.property(heartbeats, fc.integer({ min: 0, max: 999 }), (beats, phaseMs) => {
        const estimator = new Estimator(1);
        const trueAt = (monotonicMs: number) => START_MS + phaseMs + monotonicMs;
        let nowMs = 0;
        let shownMs = Number.NEGATIVE_INFINITY;
        let last: GatewayTimeEstimate | undefined;
        for (const { pauseMs, outMs, backMs } of beats) {
          const requestedAt = nowMs + pauseMs;
          if (last) shownMs = marketTimeAt(last.anchor, requestedAt + outMs + backMs);
          nowMs = requestedAt + outMs + backMs;
          last = estimator.answer(trueAt(requestedAt + outMs), requestedAt, nowMs);
          const behindMs = trueAt(nowMs) - last.anchor.marketTimeMs;
          expect(last.anchor.speed).toBe(1);
          expect(last.anchor.atMonotonicMs).toBe(nowMs);
          expect(behindMs).toBeGreaterThan(-1e-3);
          expect(behindMs).toBeLessThanOrEqual(last.behindMsMax + 1e-3);
          expect(last.behindMsMax).toBeLessThanOrEqual(1000 + outMs + backMs + 1e-3);
          expect(last.anchor.marketTimeMs).toBeGreaterThanOrEqual(shownMs - 1e-3);
        }
      }),
    );
  });

  it("narrows to about the round trip after answers at many phases of the second", () => {
    const estimator = new Estimator(1);
    let last: GatewayTimeEstimate | undefined;
    for (let beat = 0; beat < 30; beat++) {
      const at = beat * 2370;
      last = estimator.answer(START_MS + at + 5, at, at + 10);
    }
    expect(last?.behindMsMax).toBeLessThan(60);
  });

  it("follows a machine clock that runs 100 ppm too fast without losing the gateway", () => {
    const estimator = new Estimator(1);
    for (let beat = 1; beat < 2000; beat++) {
      const at = beat * 5310;
      const trueMs = START_MS + (at + 5) / 1.0001;
      const { anchor } = estimator.answer(trueMs, at, at + 10);
      expect(Math.abs(anchor.marketTimeMs - trueMs)).toBeLessThan(1100);
    }
  });

  it("follows a gateway whose clock was set, forwards and backwards, at the next answer", () => {
    for (const jumpMs of [3_600_000, -3_600_000, 1500, -2500]) {
      const estimator = new Estimator(1);
      estimator.answer(START_MS, 0, 10);
      const trueMs = START_MS + 5000 + jumpMs;
      const { anchor } = estimator.answer(trueMs, 5000, 5010);
      expect(anchor).toEqual({ marketTimeMs: Math.floor(trueMs / 1000) * 1000, atMonotonicMs: 5010, speed: 1 });
    }
  });

  it("measures the drift of the machine's wall clock to half a second and half the round trip", () => {
    fc.assert(
      fc.property(heartbeats, fc.integer({ min: -10_000, max: 10_000 }), (beats, driftMs) => {
        const estimator = new Estimator(1);
        let nowMs = 0;
        for (const { pauseMs, outMs, backMs } of beats) {
          const requestedAt = nowMs + pauseMs;
          nowMs = requestedAt + outMs + backMs;
          const trueNowMs = START_MS + nowMs;
          const estimate = estimator.answer(START_MS + requestedAt + outMs, requestedAt, nowMs, trueNowMs - driftMs);
          expect(Math.abs(estimate.driftMs - driftMs)).toBeLessThanOrEqual(500 + (outMs + backMs) / 2 + 1e-3);
        }
      }),
    );
  });

  it("agrees with this machine when the gateway is this machine", () => {
    const at = monotonicNowMs();
    const wallMs = wallNowMs();
    const { driftMs } = observeGatewayTime(undefined, {
      epochSeconds: Math.floor(wallMs / 1000),
      requestedAtMonotonicMs: at,
      receivedAtMonotonicMs: at,
      wallMs,
      speed: 1,
    });
    expect(Math.abs(driftMs)).toBeLessThanOrEqual(626);
  });
});

describe("the estimate of a clock that is faster than life", () => {
  const SPEED = 60;

  it("is never ahead of a steadily pushed clock, nor behind it by more than a second and the delivery", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 95 }), { minLength: 3, maxLength: 100 }), (delays) => {
        const estimator = new Estimator(SPEED);
        let shownMs = Number.NEGATIVE_INFINITY;
        for (const [index, delayMs] of delays.entries()) {
          const sentAt = (index + 1) * 100;
          const at = sentAt + delayMs;
          if (estimator.state) shownMs = marketTimeAt(estimator.state.anchor, at);
          const { anchor } = estimator.push(START_MS + sentAt * SPEED, at);
          const trueMs = START_MS + at * SPEED;
          expect(anchor.marketTimeMs).toBeLessThanOrEqual(trueMs + 1e-3);
          expect(anchor.marketTimeMs).toBeGreaterThanOrEqual(trueMs - delayMs * SPEED - 1000);
          expect(anchor.marketTimeMs).toBeGreaterThanOrEqual(shownMs - 1e-3 - 100 * SPEED * 1e-3);
          expect(anchor.speed).toBe(index === 0 ? 0 : SPEED);
        }
      }),
    );
  });

  it("stands at the start of a held clock until it is released, then runs from the first push that moved", () => {
    const estimator = new Estimator(SPEED);
    for (let push = 0; push < 20; push++) {
      const { anchor } = estimator.push(START_MS, push * 100);
      expect(anchor).toEqual({ marketTimeMs: START_MS, atMonotonicMs: push * 100, speed: 0 });
    }
    const { anchor } = estimator.push(START_MS + 6000, 2000);
    expect(anchor).toEqual({ marketTimeMs: START_MS + 6000, atMonotonicMs: 2000, speed: SPEED });
  });

  it("goes back to a clock that was held while the anchor ran ahead, and on when it is released", () => {
    const estimator = new Estimator(SPEED);
    estimator.push(START_MS, 0);
    const running = estimator.push(START_MS + 6000, 100);
    expect(marketTimeAt(running.anchor, 200)).toBe(START_MS + 12_000);
    const held = estimator.push(START_MS + 6000, 200);
    expect(held.anchor).toEqual({ marketTimeMs: START_MS + 6000, atMonotonicMs: 200, speed: 0 });
    expect(estimator.push(START_MS + 6000, 300).anchor.marketTimeMs).toBe(START_MS + 6000);
    const released = estimator.push(START_MS + 12_000, 400);
    expect(released.anchor).toEqual({ marketTimeMs: START_MS + 12_000, atMonotonicMs: 400, speed: SPEED });
  });

  it("notices a hold at speed 2 once the second has lasted longer than it should", () => {
    const estimator = new Estimator(2);
    for (let at = 0; at <= 1000; at += 100) estimator.push(START_MS + at * 2, at);
    const speeds = [1100, 1200, 1300, 1400, 1500, 1600, 1700].map(
      (at) => estimator.push(START_MS + 2000, at).anchor.speed,
    );
    expect(speeds).toEqual([2, 2, 2, 2, 2, 0, 0]);
    expect(estimator.state?.anchor.marketTimeMs).toBe(START_MS + 2000);
  });

  it("starts again with another day, earlier or later, and with another speed", () => {
    const estimator = new Estimator(SPEED);
    estimator.push(START_MS, 0);
    estimator.push(START_MS + 6000, 100);
    expect(estimator.push(START_MS - 86_400_000, 200).anchor).toEqual({
      marketTimeMs: START_MS - 86_400_000,
      atMonotonicMs: 200,
      speed: 0,
    });
    const faster = new Estimator(120);
    faster.state = estimator.state;
    expect(faster.push(START_MS + 86_400_000, 300).anchor.marketTimeMs).toBe(START_MS + 86_400_000);
  });
});
