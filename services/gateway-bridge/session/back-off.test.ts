import { expect, it } from "vitest";
import { backOffMs } from "./back-off.ts";

it.each([
  [0, 0, 1000],
  [1, 0, 1000],
  [2, 0, 2000],
  [6, 0, 32_000],
  [7, 0, 60_000],
  [1000, 0, 60_000],
  [1, 0.5, 1100],
  [7, 0.5, 66_000],
  [7, 0.99, 71_880],
])("after %i failures, with %f of the jitter: %i ms", (failures, random, ms) => {
  expect(backOffMs(failures, random)).toBe(ms);
});
