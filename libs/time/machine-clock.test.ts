import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { monotonicNowMs, sleep, wallNowIso, wallNowMs } from "./mod.ts";

describe("the machine's clocks", () => {
  it("never runs backwards", () => {
    let last = monotonicNowMs();
    for (let reading = 0; reading < 10_000; reading++) {
      const now = monotonicNowMs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it("reads the same monotonic clock in another process of this boot", () => {
    const before = monotonicNowMs();
    const other = Number(
      execFileSync(process.execPath, ["-p", "Number(process.hrtime.bigint()) / 1e6"], { encoding: "utf8" }),
    );
    expect(other).toBeGreaterThan(before);
    expect(other).toBeLessThan(monotonicNowMs());
  });

  it("gives the wall clock as milliseconds and as ISO 8601 in UTC", () => {
    expect(Number.isInteger(wallNowMs())).toBe(true);
    expect(wallNowIso()).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(Math.abs(Temporal.Instant.from(wallNowIso()).epochMilliseconds - wallNowMs())).toBeLessThan(1000);
  });
});

describe("sleep", () => {
  it("lasts at least as long as asked, to the timer's millisecond", async () => {
    const start = monotonicNowMs();
    await sleep(20);
    expect(monotonicNowMs() - start).toBeGreaterThanOrEqual(19);
  });

  it("returns for zero and for less", async () => {
    await sleep(0);
    await sleep(-5);
  });

  it("ends with an AbortError when its signal aborts, before or during", async () => {
    await expect(sleep(60_000, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toMatchObject({ name: "AbortError" });
  });

  it("does not fire at once for more milliseconds than a timer can hold", async () => {
    const controller = new AbortController();
    const fortyDays = sleep(40 * 86_400_000, controller.signal).then(
      () => "fired",
      () => "aborted",
    );
    await sleep(20);
    controller.abort();
    expect(await fortyDays).toBe("aborted");
  });
});
