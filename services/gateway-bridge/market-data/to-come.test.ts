import { expect, it } from "vitest";
import { isToCome } from "./to-come.ts";

const bar = (startsAt: number) => ({ startsAt, open: 1, high: 1, low: 1, close: 1, volume: 1 });

it.each([
  ["of now", 1_000_000, 1_000_000, 1, false],
  ["of a clock that is a little ahead", 1_010_000, 1_000_000, 1, false],
  ["of the next minute", 1_060_000, 1_000_000, 1, true],
  ["of the next minute, at a clock a hundred times as fast", 1_060_000, 1_000_000, 100, false],
  ["of the next hour, at such a clock", 4_600_000, 1_000_000, 100, true],
  ["while nobody knows the time", 4_600_000, null, 1, false],
])("a bar %s", (_, startsAt, marketMs, speed, expected) => {
  expect(isToCome(bar(startsAt), marketMs, speed)).toBe(expected);
});
