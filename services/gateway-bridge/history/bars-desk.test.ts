import { describe, expect, it } from "vitest";
import type { BarsQuery } from "#libs/contracts/mod.ts";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import type { HistoricalRequest } from "../gateway/historical-pacing.ts";
import type { Asked } from "./asker.ts";
import { BarsDesk } from "./bars-desk.ts";

const MINUTE_MS = 60_000;

/** A desk in front of a broker with a bar of every minute of the day; `at` moves the market's clock. */
function open() {
  let nowMs = epochMsOf("2026-03-11", "10:30");
  const asked: HistoricalRequest[] = [];
  let answered = Promise.resolve();
  const desk = new BarsDesk({
    calendar: createCalendar(),
    marketNowMs: () => nowMs,
    nowMs: () => 0,
    ask: async (request): Promise<Asked> => {
      asked.push(request);
      await answered;
      const [date = "", time = ""] = request.endDateTime.split("-");
      const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time}Z`;
      const endMs = Temporal.Instant.from(iso).epochMilliseconds;
      const bars = Array.from({ length: 390 }, (_, back) => (endMs - (390 - back) * MINUTE_MS) / 1000);
      return {
        outcome: "answered",
        bars: bars.map((second) => ({ time: String(second), open: 1, high: 2, low: 1, close: 2, volume: 3 })),
      };
    },
  });
  const query = { symbol: "SPY", interval: "1m" as const, until: null, count: 30, outsideRegularHours: false };
  const bars = async (change: Partial<BarsQuery> = {}) => {
    const reply = await desk.answer({ ...query, ...change });
    if (reply.outcome === "unavailable") throw new Error(reply.reason);
    return reply.bars;
  };
  const at = (day: string, time: string) => {
    nowMs = epochMsOf(day, time);
  };
  /** Questions from now on wait until the returned function is called. */
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = promise;
    return resolve;
  };
  return { asked, bars, at, hold };
}

describe("questions for bars of the past", () => {
  it("are put to the broker once a page, whoever asks and however many bars of it", async () => {
    const { asked, bars } = open();
    const first = await bars();
    expect(await bars()).toEqual(first);
    expect(await bars({ count: 5 })).toEqual(first.slice(-5));
    await bars({ until: epochMsOf("2026-03-11", "10:10"), count: 5 });
    expect(asked).toHaveLength(1);
  });

  it("for the page of now are put again when one bar more is over", async () => {
    const { asked, bars, at } = open();
    await bars();
    at("2026-03-11", "10:31");
    expect((await bars()).at(-1)?.startsAt).toBe(epochMsOf("2026-03-11", "10:30"));
    expect(await bars()).toHaveLength(30);
    expect(asked).toHaveLength(2);
  });

  it("are put again on the next day: a split changes the past", async () => {
    const { asked, bars, at } = open();
    const until = epochMsOf("2026-03-10", "16:00");
    await bars({ until });
    at("2026-03-12", "10:30");
    await bars({ until });
    expect(asked).toHaveLength(2);
  });

  it("are put again on the next day, also when the answer to yesterday's came over midnight", async () => {
    const { asked, bars, at, hold } = open();
    const until = epochMsOf("2026-03-10", "16:00");
    at("2026-03-11", "23:59:59");
    const answer = hold();
    const late = bars({ until });
    at("2026-03-12", "00:00:01");
    const other = bars({ until, symbol: "QQQ" });
    answer();
    await Promise.all([late, other]);
    await bars({ until });
    expect(asked.map(({ symbol }) => symbol)).toEqual(["SPY", "QQQ", "SPY"]);
  });

  it("get bars that are the asker's own: what one does to them is not seen by the next", async () => {
    const { bars } = open();
    const first = await bars();
    const copy = structuredClone(first);
    for (const bar of first) Object.assign(bar, { close: -1 });
    expect(await bars()).toEqual(copy);
  });
});

it("says of bars before the calendar begins that there are none to be had, and not that it failed", async () => {
  const desk = new BarsDesk({
    calendar: createCalendar(),
    marketNowMs: () => epochMsOf("2026-03-11", "10:30"),
    nowMs: () => 0,
    ask: async (): Promise<Asked> => ({ outcome: "answered", bars: [] }),
  });
  for (const interval of ["5s", "1m", "5m", "15m", "1d"] as const) {
    const query = { symbol: "SPY", interval, until: 1000, count: 30, outsideRegularHours: false };
    expect(await desk.answer(query)).toMatchObject({ outcome: "unavailable", retryAfterMs: null });
  }
});
