import { describe, expect, it } from "vitest";
import type { Alert, Bar } from "#libs/contracts/mod.ts";
import { createCalendar, epochMsOf, formatNewYorkTime } from "#libs/time/mod.ts";
import type { HistoricalRequest } from "../gateway/historical-pacing.ts";
import type { Asked } from "../history/asker.ts";
import { BarDesk } from "./bar-desk.ts";
import type { PublishedUntil } from "./series.ts";

const at = (time: string) => epochMsOf("2026-03-10", time);
const REFUSED: Asked = { outcome: "unavailable", reason: "no", retryAfterMs: 10_000 };

/** A desk whose history answers what the test says, in the turn in which the test says it. */
function open(publishedUntil: () => Promise<PublishedUntil> = async () => ({})) {
  let nowMs = 0;
  const made: Bar[] = [];
  const alerts: Alert[] = [];
  const asked: { request: HistoricalRequest; answer: (asked: Asked) => void }[] = [];
  const desk = new BarDesk({
    calendar: createCalendar(),
    nowMs: () => nowMs,
    ask: (request) => new Promise((answer) => asked.push({ request, answer })),
    publishedUntil,
    onBar: (bar) => void made.push(bar),
    alert: (alert) => void alerts.push(alert),
    onLog: () => undefined,
  });
  const play = async (from: string, to: string) => {
    for (let ms = at(from); ms < at(to); ms += 5000) {
      desk.bar("SPY", { startsAt: ms, open: 100, high: 100, low: 100, close: 100, volume: 1 });
    }
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const answer = async (reply: Asked) => {
    asked.shift()?.answer(reply);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 200) {
      nowMs += 200;
      desk.onTime();
    }
  };
  const minutes = () =>
    made
      .filter(({ interval }) => interval === "1m")
      .map(({ startsAt, incomplete }) => `${formatNewYorkTime(startsAt)}${incomplete ? " incomplete" : ""}`);
  return { desk, play, answer, pass, asked, alerts, minutes };
}

describe("bars that wait for the history", () => {
  it("are asked for once, with the minute before them to compare", async () => {
    const { desk, play, answer, asked, minutes } = open();
    await play("09:30:00", "09:31:00");
    desk.interrupted("SPY");
    await play("09:32:20", "09:33:30");
    const questions = () => asked.map(({ request }) => [request.duration, request.endDateTime]);
    const answered = (...times: readonly string[]): Asked => ({
      outcome: "answered",
      bars: times.map((time) => ({
        time: String(at(time) / 1000),
        open: 100,
        high: 100,
        low: 100,
        close: 100,
        volume: 12,
      })),
    });
    expect(questions()).toEqual([["120 S", "20260310-13:32:00"]]);
    await answer(answered("09:30", "09:31"));
    expect(minutes()).toEqual(["09:30:00", "09:31:00"]);
    // The minute in which the stream came back was over meanwhile.
    expect(questions()).toEqual([["60 S", "20260310-13:33:00"]]);
    await answer(answered("09:32"));
    expect(minutes()).toEqual(["09:30:00", "09:31:00", "09:32:00"]);
    expect(asked).toHaveLength(0);
    expect(desk.held).toEqual([]);
  });

  it("are compared each time, and a history that goes another way is told once a day and symbol", async () => {
    const { desk, play, answer, asked, alerts } = open();
    const answered = (...times: readonly string[]): Asked => ({
      outcome: "answered",
      bars: times.map((time) => ({
        time: String(at(time) / 1000),
        open: 105,
        high: 105,
        low: 105,
        close: 105,
        volume: 12,
      })),
    });
    await play("09:30:00", "09:31:00");
    desk.interrupted("SPY");
    await play("09:32:00", "09:33:00");
    await answer(answered("09:30", "09:31"));
    desk.interrupted("SPY");
    await play("09:34:00", "09:35:00");
    expect(asked).toHaveLength(1);
    await answer(answered("09:32", "09:33"));
    expect(alerts.map(({ code }) => code)).toEqual(["BARS_DIFFER"]);
  });

  it("are published as they are after 20 seconds of refusals, and the operator is told once for all", async () => {
    const { desk, play, answer, pass, asked, alerts, minutes } = open();
    await play("09:30:00", "09:31:00");
    desk.interrupted("SPY");
    await play("09:31:20", "09:32:30");
    await answer(REFUSED);
    expect(desk.held).toEqual(["SPY"]);
    pass(1800);
    expect(asked).toHaveLength(0);
    pass(400);
    expect(asked).toHaveLength(1);
    await answer(REFUSED);
    pass(18_000);
    expect(minutes()).toEqual(["09:30:00", "09:31:00 incomplete"]);
    expect(alerts.map(({ code }) => code)).toEqual(["BARS_INCOMPLETE"]);
    await play("09:32:30", "09:33:00");
    expect(minutes().at(-1)).toBe("09:32:00");
    expect(desk.held).toEqual([]);
  });

  it("do not run out of time while there is no session: the waiting begins anew with the stream", async () => {
    const { desk, play, answer, pass, minutes } = open();
    await play("09:30:00", "09:31:00");
    desk.interrupted("SPY");
    await play("09:31:20", "09:32:30");
    await answer(REFUSED);
    desk.interrupted("SPY");
    pass(60_000);
    expect(minutes()).toEqual(["09:30:00"]);
  });

  it("begin where an earlier life ended, also when that is known only after the first of them came", async () => {
    const { promise, resolve } = Promise.withResolvers<PublishedUntil>();
    const { play, asked } = open(() => promise);
    await play("09:40:00", "09:40:10");
    expect(asked).toHaveLength(0);
    resolve({ "1m": at("09:37") });
    await play("09:40:10", "09:40:15");
    expect(asked[0]?.request.duration).toBe("600 S");
  });
});
