import { describe, expect, it } from "vitest";
import { HistoricalPacing } from "../gateway/historical-pacing.ts";
import type { Need } from "./needs.ts";
import { type DataChannel, type StreamNews, Streams } from "./streams.ts";

const QUIET_MS = 45_000;

function open({ halted = [] as string[] } = {}) {
  const log: string[] = [];
  const news: StreamNews[] = [];
  const cut: string[] = [];
  let requestId = 1000;
  let nowMs = 1;
  const channel: DataChannel = {
    subscribeQuotes: (id, symbol) => void log.push(`quotes ${id} ${symbol}`),
    cancelQuotes: (id) => void log.push(`cancel quotes ${id}`),
    subscribeBars: (id, symbol) => void log.push(`bars ${id} ${symbol}`),
    cancelBars: (id) => void log.push(`cancel bars ${id}`),
  };
  const streams = new Streams({
    nowMs: () => nowMs,
    quietMs: QUIET_MS,
    pacing: new HistoricalPacing(),
    isHalted: (symbol) => halted.includes(symbol),
    onQuotesBegin: () => undefined,
    onBarsCut: (symbol) => void cut.push(symbol),
    onNews: (one) => void news.push(one),
    nextRequestId: () => requestId++,
  });
  const heard = (...ids: number[]) => {
    for (const id of ids) {
      const stream = streams.get(id);
      if (stream === undefined) throw new Error(`no stream ${id}`);
      streams.heard(stream, nowMs);
    }
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const types = () => news.map(({ type }) => type);
  return { streams, channel, log, news, types, cut, heard, pass };
}
const both = (...symbols: string[]): Need[] => symbols.map((symbol) => ({ symbol, bars: true }));

describe("streams", () => {
  it("are subscribed to where they are needed, and ended where they are not any more", () => {
    const { streams, channel, log } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    expect(log.splice(0)).toEqual(["quotes 1000 SPY", "bars 1001 SPY"]);
    streams.want(both("SPY"));
    expect(log).toEqual([]);
    streams.want([{ symbol: "IBM", bars: false }]);
    expect(log).toEqual(["cancel quotes 1000", "cancel bars 1001", "quotes 1002 IBM"]);
  });

  it("have new ids after a reconnect, and their bars a gap before them", () => {
    const { streams, channel, log, cut } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    streams.detach();
    cut.length = 0;
    streams.attach(channel);
    expect(log.slice(2)).toEqual(["quotes 1002 SPY", "bars 1003 SPY"]);
    expect(streams.get(1000)).toBeUndefined();
    expect(cut).toEqual(["SPY"]);
  });

  it("stay within the broker's lines, and tell for whom they do not suffice", () => {
    const { streams, channel, log } = open();
    streams.want(both(...Array.from({ length: 60 }, (_, at) => `S${at}`)));
    streams.attach(channel);
    expect(log).toHaveLength(100);
    expect(streams.lines).toBe(100);
    expect(streams.beyond).toEqual(Array.from({ length: 10 }, (_, at) => `S${at + 50}`));
  });

  it("make room for what is more important", () => {
    const { streams, channel, log } = open();
    const fifty = both(...Array.from({ length: 50 }, (_, at) => `S${at}`));
    streams.want(fifty);
    streams.attach(channel);
    log.length = 0;
    streams.want([{ symbol: "HELD", bars: false }, ...fifty]);
    expect(log).toEqual(["cancel bars 1099", "quotes 1100 HELD"]);
    expect(streams.beyond).toEqual(["S49"]);
  });

  it("of bars keep the broker's pace of 60 new ones in ten minutes, and the rest follow", () => {
    const { streams, channel, log, pass, types } = open();
    const forty = both(...Array.from({ length: 40 }, (_, at) => `S${at}`));
    streams.want(forty);
    streams.attach(channel);
    streams.attach(channel);
    const bars = () => log.filter((line) => line.startsWith("bars")).length;
    expect(bars()).toBe(60);
    expect(streams.lines).toBe(60);
    streams.want(forty);
    expect(types()).toEqual(["bars-paced"]);
    pass(600_300);
    streams.want(forty);
    expect([bars(), streams.lines]).toEqual([80, 80]);
  });
});

describe("a stream that is refused", () => {
  it("is told once, and asked for again after five minutes without a word", () => {
    const { streams, channel, log, types, pass } = open();
    streams.want(both("XXX"));
    streams.attach(channel);
    expect(streams.requestError(1000, 354, "not subscribed")).toBe(true);
    expect(streams.requestError(1001, 354, "not subscribed")).toBe(true);
    expect(streams.requestError(7, 354, "not ours")).toBe(false);
    streams.want(both("XXX"));
    expect(log).toHaveLength(2);
    pass(300_000);
    streams.want(both("XXX"));
    expect(log.slice(2)).toEqual(["quotes 1002 XXX", "bars 1003 XXX"]);
    streams.requestError(1002, 354, "not subscribed");
    expect(types()).toEqual(["refused", "refused"]);
  });

  it("is told again when it had data in between", () => {
    const { streams, channel, types, pass, heard } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    streams.requestError(1000, 354, "not subscribed");
    pass(300_000);
    streams.want(both("SPY"));
    heard(1002);
    streams.requestError(1002, 354, "not subscribed");
    expect(types()).toEqual(["refused", "refused"]);
  });

  it("because its bars are too many costs no quotes", () => {
    const { streams, channel, log } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    streams.requestError(1001, 420, "pacing violation");
    streams.want(both("SPY"));
    expect(log).toEqual(["quotes 1000 SPY", "bars 1001 SPY"]);
    expect(streams.get(1000)).toBeDefined();
  });

  it("by a competing session: one word for all, quotes alone are tried each minute, bars follow the first quote", () => {
    const { streams, channel, log, types, pass, heard } = open();
    streams.want(both("SPY", "QQQ"));
    streams.attach(channel);
    for (const id of [1000, 1001, 1002, 1003]) streams.requestError(id, 10_197, "competing live session");
    expect(types()).toEqual(["competing"]);
    log.length = 0;
    pass(60_000);
    streams.want(both("SPY", "QQQ"));
    expect(log.splice(0)).toEqual(["quotes 1004 SPY", "quotes 1005 QQQ"]);
    streams.requestError(1005, 10_197, "competing live session");
    heard(1004);
    expect(types()).toEqual(["competing", "competing-over"]);
    streams.want(both("SPY", "QQQ"));
    expect(log).toEqual(["quotes 1006 QQQ", "bars 1007 SPY", "bars 1008 QQQ"]);
  });
});

describe("a stream that goes quiet", () => {
  it("while others move is asked for alone, once in three minutes, and told when that does not help", () => {
    const { streams, channel, log, news, pass, heard } = open();
    streams.want([
      { symbol: "SPY", bars: false },
      { symbol: "QQQ", bars: false },
    ]);
    streams.attach(channel);
    heard(1000, 1001);
    log.length = 0;
    const minute = (moving: number) => {
      for (let passed = 0; passed < 60; passed += 5) {
        pass(5000);
        heard(moving);
        streams.watch("open");
      }
    };
    minute(1000);
    expect(log.splice(0)).toEqual(["cancel quotes 1001", "quotes 1002 QQQ"]);
    expect(news).toEqual([]);
    minute(1000);
    expect(news).toEqual([{ type: "quiet", symbol: "QQQ" }]);
    minute(1000);
    expect(log).toEqual([]);
    minute(1000);
    expect(log).toEqual(["cancel quotes 1002", "quotes 1003 QQQ"]);
    heard(1003);
    minute(1000);
    expect(news).toHaveLength(1);
  });

  it("is left alone while the market is closed, or its trading is halted", () => {
    const { streams, channel, log, news, pass, heard } = open({ halted: ["QQQ"] });
    streams.want([
      { symbol: "SPY", bars: false },
      { symbol: "QQQ", bars: false },
    ]);
    streams.attach(channel);
    log.length = 0;
    pass(QUIET_MS * 2);
    streams.watch("after-hours");
    heard(1000);
    streams.watch("open");
    expect([log, news]).toEqual([[], []]);
  });

  it("with all others means that the data has died: one alert, all are asked for, and its end is told", () => {
    const { streams, channel, log, types, pass, heard } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    heard(1000, 1001);
    log.length = 0;
    pass(QUIET_MS);
    streams.watch("open");
    expect(types()).toEqual(["all-quiet"]);
    expect(log).toHaveLength(4);
    pass(QUIET_MS);
    streams.watch("open");
    expect(types()).toEqual(["all-quiet"]);
    heard(1002);
    expect(types()).toEqual(["all-quiet", "heard-again"]);
  });

  it("is asked for at once when a data farm came back, and once more when it stays silent", () => {
    const { streams, channel, log, pass, heard } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    pass(9000);
    heard(1000);
    pass(5000);
    streams.watch("open");
    log.length = 0;
    streams.verify();
    expect(log.splice(0)).toEqual(["cancel bars 1001", "bars 1002 SPY"]);
    heard(1002);
    pass(10_000);
    streams.watch("open");
    expect(log).toEqual(["cancel quotes 1000", "quotes 1003 SPY"]);
  });

  it("by night, when the farms come and go: quotes alone are asked for, so that bars keep their pace for the day", () => {
    const { streams, channel, log, pass } = open();
    streams.want(both("SPY"));
    streams.attach(channel);
    pass(20_000);
    streams.watch("closed");
    log.length = 0;
    streams.verify();
    expect(log).toEqual(["cancel quotes 1000", "quotes 1002 SPY"]);
  });
});
