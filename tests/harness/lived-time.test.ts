import { expect, it } from "vitest";
import { startLivedTime } from "./lived-time.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it("counts what is waited for, and hardly what the process stood still for", async () => {
  const livedMs = startLivedTime();
  await pause(300);
  const untilMs = performance.now() + 1000;
  while (performance.now() < untilMs);
  await pause(0);
  const ms = livedMs();
  expect(ms).toBeGreaterThan(100);
  expect(ms).toBeLessThan(1000);
});
