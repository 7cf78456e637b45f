import { describe, expect, it } from "vitest";
import type { DayTradeReport } from "#libs/contracts/mod.ts";
import { dayTradeLines } from "./day-trades.ts";

const REPORT: DayTradeReport = {
  regime: "pattern-day-trader",
  reason: "the account's tags count: 1,1,2,3,3",
  limited: true,
  priorDayEquity: 20_000,
  uncountedFromEquity: 25_000,
  allowed: 3,
  used: 2,
  reserved: 0,
  unseen: 1,
  sessions: [{ tradingDay: "2026-11-23", remaining: 1, broker: 1 }],
  days: [],
};

describe("what crucible pdt prints", () => {
  it("says what is used and left where day trades are limited", () => {
    expect(dayTradeLines(REPORT)).toEqual([
      "Rule in force: pattern-day-trader (the account's tags count: 1,1,2,3,3)",
      "Day trades are limited: the prior day's equity is 20000.00 USD, below 25000.00 USD.",
      "Used in five business days: 2 of 3, of which 1 only the broker has counted.",
      "",
      "session     left  the broker says",
      "2026-11-23     1  1",
    ]);
  });

  it("says what entries have reserved, since the next one counts on top of it", () => {
    expect(dayTradeLines({ ...REPORT, used: 1, reserved: 2 })).toContain(
      "Reserved by entries of today: 2. A new one passes while used and reserved, its own counted in, are at most 3.",
    );
  });

  it("speaks of nothing used up and nothing left where nothing is limited", () => {
    const rich = { ...REPORT, limited: false, priorDayEquity: 25_000, used: 5, unseen: 0 };
    expect(dayTradeLines({ ...rich, sessions: [{ tradingDay: "2026-11-23", remaining: 0, broker: -1 }] })).toEqual([
      "Rule in force: pattern-day-trader (the account's tags count: 1,1,2,3,3)",
      "Day trades are not limited now (prior day's equity 25000.00 USD).",
      "Made in five business days: 5.",
      "",
      "session     left       the broker says",
      "2026-11-23  unlimited  unlimited",
    ]);
  });
});
