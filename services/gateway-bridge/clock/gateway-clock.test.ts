import { describe, expect, it } from "vitest";
import { GatewayClock } from "./gateway-clock.ts";

const NOON = Date.UTC(2026, 2, 10, 16);
const LIMIT_MS = 2000;

/** What is made of a gateway whose clock is `aheadMs` ahead of the machine's, asked once a second. */
function listen(clock: GatewayClock, aheadMs: number, times: number) {
  return Array.from({ length: times }, (_, second) => {
    const at = second * 1000;
    clock.asked(at);
    return clock.heard((NOON + aheadMs + at) / 1000, at + 5, NOON + at + 5);
  });
}

describe("the drift of the machine's clock", () => {
  it("is told to risk, and alerted once, when it is beyond the limit", () => {
    const news = listen(new GatewayClock(1, LIMIT_MS, false), 60_000, 5);
    expect(news.at(-1)?.driftMs).toBeGreaterThan(59_000);
    expect(news.flatMap(({ alert }) => (alert ? [alert.code] : []))).toEqual(["CLOCK_DRIFT"]);
  });

  it.each([
    ["a simulated gateway, whose day may be any", 1, true],
    ["a market clock faster than life", 60, true],
  ] as const)(
    "is nothing to speak of with %s: no alert, and nothing that would deny an entry",
    (_, speed, simulated) => {
      const news = listen(new GatewayClock(speed, LIMIT_MS, simulated), -400 * 86_400_000, 5);
      expect(news.map(({ driftMs, alert }) => [driftMs, alert])).toEqual(Array(5).fill([null, null]));
    },
  );
});
