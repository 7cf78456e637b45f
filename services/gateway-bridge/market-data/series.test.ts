import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bar } from "#libs/contracts/mod.ts";
import { createCalendar, epochMsOf, formatNewYorkTime } from "#libs/time/mod.ts";
import { barsOfDay, realTimeBarOf } from "../../../simulator/market/bars.ts";
import { generateTape } from "../../../simulator/market/generator.ts";
import { instrumentFor } from "../../../simulator/market/listed/stocks.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";
import { MADE_INTERVALS, type MadeInterval, type Traded } from "./aggregate.ts";
import { BarSeries, type Missing } from "./series.ts";

const calendar = createCalendar();
const DAY = "2026-03-10";
const at = (time: string, day = DAY) => epochMsOf(day, time);
const flat = (startsAt: number, change: Partial<FiveSecondBar> = {}): FiveSecondBar => ({
  startsAt,
  open: 100,
  high: 100,
  low: 100,
  close: 100,
  volume: 1,
  ...change,
});
const short = ({ interval, startsAt, volume, ...rest }: Bar) => {
  const marks = (["outsideRegularHours", "backfilled", "incomplete"] as const).filter((mark) => rest[mark]);
  return [interval, formatNewYorkTime(startsAt), volume, ...marks].join(" ");
};
/** Feeds every 5 seconds from one time up to another; gives what was made of it but the bars of 5 seconds. */
function play(series: BarSeries, from: string, to: string, day = DAY): Bar[] {
  const made: Bar[] = [];
  for (let ms = at(from, day); ms < at(to, day); ms += 5000) made.push(...series.live(flat(ms)));
  return made.filter(({ interval }) => interval !== "5s");
}
const minute = (time: string, volume: number, change: Partial<Traded> = {}) => ({
  startsAt: at(time),
  open: 100,
  high: 100,
  low: 100,
  close: 100,
  volume,
  ...change,
});
const missing = (from: string, to: string): Missing => ({ fromMs: at(from), toMs: at(to) });

describe("bars of a stream that is whole", () => {
  it("are complete with their last five seconds, on the edge of the clock", () => {
    const series = new BarSeries("SPY", calendar);
    const made: string[] = [];
    for (let second = 0; second < 60; second += 5) {
      const slot = flat(at("09:30") + second * 1000, { open: 50 + second, high: 60 + second, low: 40 + second });
      made.push(...series.live(slot).map(short));
    }
    expect(made.at(-1)).toBe("1m 09:30:00 12");
    expect(made.filter((line) => line.startsWith("1m"))).toHaveLength(1);
    expect(series.missing).toBeNull();
  });

  it("of 5 and 15 minutes begin where the session does, and follow the shorter ones", () => {
    const series = new BarSeries("SPY", calendar);
    const made = play(series, "09:30:00", "09:45:00").map(short);
    expect(made.slice(-3)).toEqual(["1m 09:44:00 12", "5m 09:40:00 60", "15m 09:30:00 180"]);
    expect(made).toHaveLength(15 + 3 + 1);
  });

  it("do not reach over the open, and those before it are marked", () => {
    const series = new BarSeries("SPY", calendar);
    const made = play(series, "09:15:00", "09:35:00").map(short);
    expect(made).toContain("15m 09:15:00 180 outsideRegularHours");
    expect(made).toContain("5m 09:25:00 60 outsideRegularHours");
    expect(made).toContain("5m 09:30:00 60");
    expect(made.every((line) => line.includes("outside") === / 09:[12]/.test(line))).toBe(true);
  });

  it("of the day are its regular session, and end with it: at 16:00, and at 13:00 on a half day", () => {
    for (const [day, close] of [
      ["2026-11-25", "16:00:00"],
      ["2026-11-27", "13:00:00"],
    ] as const) {
      const series = new BarSeries("SPY", calendar);
      const made = play(series, "09:00:00", close, day);
      const sessionSlots = (at(close, day) - at("09:30", day)) / 5000;
      expect(made.filter(({ interval }) => interval === "1d").map(short)).toEqual([`1d 09:30:00 ${sessionSlots}`]);
      expect(short(made.at(-1) as Bar)).toBe(`1d 09:30:00 ${sessionSlots}`);
      // After the close: no day's bar, and everything marked.
      const after = play(series, close, close === "16:00:00" ? "16:15:00" : "13:15:00", day).map(short);
      expect(after.every((line) => line.endsWith("outsideRegularHours"))).toBe(true);
      expect(after.some((line) => line.startsWith("1d"))).toBe(false);
    }
  });

  it("begin at 09:30 New York on both sides of the change of the clocks", () => {
    for (const day of ["2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"]) {
      const series = new BarSeries("SPY", calendar);
      const made = play(series, "09:15:00", "09:45:00", day);
      const quarter = made.find((bar) => bar.interval === "15m" && bar.outsideRegularHours === undefined);
      expect(formatNewYorkTime(quarter?.startsAt ?? 0)).toBe("09:30:00");
    }
  });

  it("are not made where nothing traded, and a price without a trade widens none", () => {
    const series = new BarSeries("SPY", calendar);
    const made: Bar[] = [];
    for (let second = 0; second < 120; second += 5) {
      const traded = second === 20 ? { volume: 7 } : { volume: 0, open: 90, high: 110, low: 80, close: 90 };
      made.push(...series.live(flat(at("09:30") + second * 1000, traded)));
    }
    expect(made.map(short)).toEqual(["5s 09:30:20 7", "1m 09:30:00 7"]);
    expect(made.at(-1)).toMatchObject({ open: 100, high: 100, low: 100, close: 100 });
  });

  it("are not changed by what comes twice, late, or without data", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "09:30:00", "09:30:10");
    expect(series.live(flat(at("09:30:05"), { volume: 99 }))).toEqual([]);
    expect(series.live(flat(at("09:30:10"), { open: -1, high: -1, low: -1, close: -1, volume: 99 }))).toEqual([]);
    expect(series.live(flat(at("09:30:10"), { open: 0 }))).toEqual([]);
    expect(play(series, "09:30:10", "09:31:00").map(short)).toEqual(["1m 09:30:00 12"]);
  });
});

describe("bars of a stream with a gap", () => {
  it("wait for the history, and come once, in order, marked as late", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "09:30:00", "09:32:20");
    series.interrupted();
    expect(play(series, "09:34:40", "09:36:00")).toEqual([]);
    expect(series.missing).toEqual(missing("09:32", "09:35"));
    expect(series.checkedFromMs).toBe(at("09:31"));
    const { bars, differs } = series.backfill(missing("09:32", "09:35"), [
      minute("09:31", 12),
      minute("09:32", 30),
      minute("09:34", 40),
    ]);
    expect(differs).toBeNull();
    // In 09:33 nothing traded. 09:35 was heard in full, and waited behind the gap.
    expect(bars.map(short)).toEqual([
      "1m 09:32:00 30 backfilled",
      "1m 09:34:00 40 backfilled",
      "5m 09:30:00 94 backfilled",
      "1m 09:35:00 12 backfilled",
    ]);
    expect(series.missing).toBeNull();
    expect(play(series, "09:36:00", "09:37:00").map(short)).toEqual(["1m 09:36:00 12"]);
  });

  it("are published as they are when the history never answers: marked incomplete, and not again", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "09:30:00", "09:31:20");
    series.interrupted();
    play(series, "09:33:00", "09:34:00");
    expect(series.giveUp().map(short)).toEqual(["1m 09:31:00 4 backfilled incomplete", "1m 09:33:00 12 backfilled"]);
    expect(series.backfill(missing("09:31", "09:33"), [minute("09:31", 12), minute("09:32", 12)]).bars).toEqual([]);
    expect(play(series, "09:34:00", "09:35:00").map(short)).toEqual(["1m 09:34:00 12", "5m 09:30:00 40 incomplete"]);
  });

  it("wait on where the history knows less of a minute than the stream told", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "09:30:00", "09:31:00");
    series.interrupted();
    play(series, "09:31:20", "09:32:05");
    expect(series.backfill(missing("09:31", "09:32"), [minute("09:31", 3)]).bars).toEqual([]);
    expect(series.missing).toEqual(missing("09:31", "09:32"));
    expect(series.backfill(missing("09:31", "09:32"), [minute("09:31", 12)]).bars.map(short)).toEqual([
      "1m 09:31:00 12 backfilled",
    ]);
  });

  it("tell when the history differs from a bar that was published, and do not publish it again", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "09:30:00", "09:31:00");
    series.interrupted();
    play(series, "09:31:20", "09:32:05");
    const { differs, bars } = series.backfill(missing("09:31", "09:32"), [
      minute("09:30", 12, { high: 101 }),
      minute("09:31", 12),
    ]);
    expect(differs).toMatchObject({ published: { startsAt: at("09:30"), high: 100 }, history: { high: 101 } });
    expect(bars.map(short)).toEqual(["1m 09:31:00 12 backfilled"]);
  });

  it("that begins in the middle of a session complete the bars that are not over, silently", () => {
    const series = new BarSeries("SPY", calendar);
    expect(play(series, "09:37:20", "09:38:05")).toEqual([]);
    expect(series.missing).toEqual(missing("09:30", "09:38"));
    const past = ["09:30", "09:31", "09:32", "09:33", "09:34", "09:35", "09:36", "09:37"];
    const { bars } = series.backfill(
      missing("09:30", "09:38"),
      past.map((time) => minute(time, 12)),
    );
    expect(bars.map(short)).toEqual(["1m 09:37:00 12 backfilled"]);
    expect(play(series, "09:38:05", "09:45:00").map(short).slice(-3)).toEqual([
      "1m 09:44:00 12",
      "5m 09:40:00 60",
      "15m 09:30:00 180",
    ]);
  });

  it("go on where an earlier life of the process ended", () => {
    const until = { "1m": at("09:33"), "5m": at("09:25") };
    const series = new BarSeries("SPY", calendar, until);
    play(series, "09:36:20", "09:37:05");
    expect(series.missing).toEqual(missing("09:30", "09:37"));
    const past = ["09:30", "09:31", "09:32", "09:33", "09:34", "09:35", "09:36"];
    const { bars } = series.backfill(
      missing("09:30", "09:37"),
      past.map((time) => minute(time, 12)),
    );
    expect(bars.map(short)).toEqual([
      "1m 09:34:00 12 backfilled",
      "5m 09:30:00 60 backfilled",
      "1m 09:35:00 12 backfilled",
      "1m 09:36:00 12 backfilled",
    ]);
  });

  it("of an earlier day, or of a time that is still to come, are none of today's", () => {
    for (const published of [at("15:59", "2026-03-09"), at("15:59")]) {
      const series = new BarSeries("SPY", calendar, { "1m": published });
      expect(play(series, "09:30:00", "09:31:00").map(short)).toEqual(["1m 09:30:00 12"]);
    }
  });

  it("begin anew with the next day, whatever the day before left open", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "15:58:00", "15:59:20");
    series.interrupted();
    expect(play(series, "09:30:00", "09:31:00", "2026-03-11").map(short)).toEqual(["1m 09:30:00 12"]);
    expect(series.missing).toBeNull();
  });

  it("ask nothing of the history where the gateway is silent outside regular hours", () => {
    const series = new BarSeries("SPY", calendar);
    play(series, "08:00:00", "08:01:00");
    series.live(flat(at("08:04:05")));
    expect(series.missing).toBeNull();
    series.interrupted();
    series.live(flat(at("08:06:05")));
    series.live(flat(at("08:07:05")));
    expect(series.missing).toEqual(missing("08:04", "08:07"));
  });
});

describe("bars against the simulated gateway's history", () => {
  const SECONDS: Readonly<Record<Exclude<MadeInterval, "1d">, number>> = { "1m": 60, "5m": 300, "15m": 900 };
  const tapeOf = (seed: number) => {
    const tape = generateTape(seed, "IBM", instrumentFor("IBM").generated, DAY);
    if (tape === undefined) throw new Error(`${DAY} is no trading day`);
    return tape;
  };
  type Tape = ReturnType<typeof tapeOf>;
  const historyOf = (tape: Tape, seconds: number, from: number, to: number) =>
    barsOfDay(tape, seconds, "TRADES", false, from / 1000, to / 1000).map(
      ({ startEpochS, open, high, low, close, volume }) => ({
        startsAt: startEpochS * 1000,
        ...{ open, high, low, close, volume },
      }),
    );
  const slotOf = (tape: Tape, ms: number): FiveSecondBar[] => {
    const bar = realTimeBarOf(tape, ms / 1000, "TRADES");
    return bar === undefined ? [] : [{ ...bar, startsAt: ms }];
  };
  const from = at("09:30");

  it("are exactly what it says, with gaps anywhere, cut anywhere, and each once in order", () => {
    // Gaps by the second of the session at which they begin, and how long they last.
    const gaps = fc.array(fc.tuple(fc.nat(5400), fc.integer({ min: 5, max: 900 })), { maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (seed, cuts) => {
        const tape = tapeOf(seed);
        const to = at("11:30");
        const isCut = (ms: number) =>
          cuts.some(([begins, lasts]) => ms >= from + begins * 1000 && ms < from + (begins + lasts) * 1000);
        const series = new BarSeries("IBM", calendar);
        const made: Bar[] = [];
        let wasCut = false;
        for (let ms = from; ms < to; ms += 5000) {
          if (isCut(ms)) {
            wasCut = true;
            continue;
          }
          if (wasCut) series.interrupted();
          wasCut = false;
          for (const slot of slotOf(tape, ms)) made.push(...series.live(slot));
          const gap = series.missing;
          if (gap !== null) made.push(...series.backfill(gap, historyOf(tape, 60, gap.fromMs, gap.toMs)).bars);
        }
        for (const interval of MADE_INTERVALS.filter((one) => one !== "1d")) {
          const own = made.filter((bar) => bar.interval === interval);
          const until = (own.at(-1)?.startsAt ?? 0) + SECONDS[interval] * 1000;
          const first = own[0]?.startsAt ?? from;
          const prices = own.map(({ startsAt, open, high, low, close, volume }) => ({
            startsAt,
            ...{ open, high, low, close, volume },
          }));
          expect(prices).toEqual(historyOf(tape, SECONDS[interval], first, until));
        }
        expect(made.some(({ incomplete }) => incomplete)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("add up to its day", () => {
    const tape = tapeOf(3);
    const series = new BarSeries("IBM", calendar);
    const made: Bar[] = [];
    for (let ms = from; ms < at("16:00"); ms += 5000) {
      for (const slot of slotOf(tape, ms)) made.push(...series.live(slot));
    }
    const minutes = historyOf(tape, 60, from, at("16:00"));
    expect(made.filter(({ interval }) => interval === "1d")).toEqual([
      {
        symbol: "IBM",
        interval: "1d",
        startsAt: from,
        open: minutes[0]?.open,
        high: Math.max(...minutes.map(({ high }) => high)),
        low: Math.min(...minutes.map(({ low }) => low)),
        close: minutes.at(-1)?.close,
        volume: minutes.reduce((sum, { volume }) => sum + volume, 0),
      },
    ]);
  });
});
