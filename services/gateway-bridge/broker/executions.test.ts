import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { believableTime } from "./executions.ts";

const now = epochMsOf("2026-03-10", "10:30");

describe("the time of an execution", () => {
  it.each([
    ["of now", "2026-03-10", "10:30", true],
    ["of this morning", "2026-03-10", "04:00", true],
    ["of a few days ago, as another gateway may list it", "2026-03-05", "15:59", true],
    ["of last year", "2025-03-10", "10:30", false],
    ["of a minute to come, as clocks differ", "2026-03-10", "10:31", true],
    ["of this evening, as a gateway on another zone's clock may say", "2026-03-10", "15:30", false],
    ["of the day after tomorrow", "2026-03-12", "10:30", false],
    ["of another age", "9999-12-31", "10:30", false],
  ])("%s is believed, or not", (_, date, time, believed) => {
    const executedAt = epochMsOf(date, time);
    expect(believableTime(executedAt, now)).toBe(believed ? executedAt : null);
  });

  it("is believed as it is while the market's is not known, and stays unread when it could not be read", () => {
    expect(believableTime(1000, null)).toBe(1000);
    expect(believableTime(null, now)).toBeNull();
  });
});
