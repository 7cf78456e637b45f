import { describe, expect, it } from "vitest";
import type { Quote } from "#libs/contracts/mod.ts";
import { type DataChannel, Feed } from "./feed.ts";

function open(limit = 1000) {
  const log: string[] = [];
  const published: { quote: Quote; traded: boolean }[] = [];
  const turns: (() => void)[] = [];
  let requestId = limit;
  let nowMs = 0;
  const refused: string[] = [];
  const channel: DataChannel = {
    subscribeQuotes: (id, symbol) => void log.push(`quotes ${id} ${symbol}`),
    cancelQuotes: (id) => void log.push(`cancel quotes ${id}`),
    subscribeBars: (id, symbol) => void log.push(`bars ${id} ${symbol}`),
    cancelBars: (id) => void log.push(`cancel bars ${id}`),
  };
  const feed = new Feed({
    nowMs: () => nowMs,
    onQuote: (quote, traded) => void published.push({ quote, traded }),
    onBar: () => undefined,
    onRefused: (symbol, code) => void refused.push(`${symbol} ${code}`),
    afterThisTurn: (run) => void turns.push(run),
    nextRequestId: () => requestId++,
  });
  return {
    feed,
    channel,
    log,
    published,
    refused,
    turn: () => {
      for (const run of turns.splice(0)) run();
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe("the feed", () => {
  it("subscribes to what is wanted, and cancels what is not wanted any more", () => {
    const { feed, channel, log } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    expect(log.splice(0)).toEqual(["quotes 1000 SPY", "bars 1001 SPY"]);
    feed.want(new Set(["SPY"]));
    expect(log).toEqual([]);
    feed.want(new Set(["IBM"]));
    expect(log).toEqual(["cancel quotes 1000", "cancel bars 1001", "quotes 1002 IBM", "bars 1003 IBM"]);
  });

  it("asks under new ids after a reconnect, and hears nothing on the old ones", () => {
    const { feed, channel, log, published, turn } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    feed.detach();
    feed.attach(channel);
    expect(log.slice(2)).toEqual(["quotes 1002 SPY", "bars 1003 SPY"]);
    feed.tick(1000, 1, 99);
    turn();
    expect(published).toEqual([]);
  });

  it("publishes one quote a symbol and turn, the newest of each field, and counts its ticks", () => {
    const { feed, channel, published, turn } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    for (let tick = 0; tick < 1000; tick += 1) feed.tick(1000, 1, 100 + tick / 100);
    feed.tick(1000, 3, 200);
    turn();
    expect(published).toMatchObject([{ quote: { bid: 109.99, askSize: 200, ask: null, ticks: 1001 }, traded: false }]);
    turn();
    expect(published).toHaveLength(1);
  });

  it("takes a last price for a trade, but for the first of a stream, which may be old", () => {
    const { feed, channel, published, turn } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    for (const [tickType, value] of [
      [4, 110],
      [5, 100],
      [1, 109.99],
      [4, 110.01],
      [5, 100],
      [5, 50],
    ] as const) {
      feed.tick(1000, tickType, value);
      turn();
    }
    expect(published.map(({ traded }) => traded)).toEqual([false, false, false, true, false, true]);
  });

  it("counts a price and the size that came with it as the one message they were", () => {
    const { feed, channel, published, turn } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    feed.tick(1000, 1, 100);
    feed.tick(1000, 0, 300);
    feed.tick(1000, 0, 400);
    turn();
    expect(published).toMatchObject([{ quote: { bid: 100, bidSize: 400, ticks: 2 } }]);
  });

  it("marks delayed data, and takes a price of -1 for none", () => {
    const { feed, channel, published, turn } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    feed.tick(1000, 66, 100);
    feed.tick(1000, 67, -1);
    turn();
    expect(published).toMatchObject([{ quote: { bid: 100, ask: null, delayed: true } }]);
  });

  it("asks again for quiet streams only, when a data farm came back", () => {
    const { feed, channel, log, pass } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    pass(9000);
    feed.tick(1000, 1, 100);
    pass(5000);
    log.length = 0;
    feed.verify();
    expect(log).toEqual(["cancel bars 1001", "bars 1002 SPY"]);
  });

  it("says once that the broker gives no data, and asks again after five minutes without a word", () => {
    const { feed, channel, log, refused, pass } = open();
    feed.want(new Set(["XXX"]));
    feed.attach(channel);
    expect(feed.requestError(1000, 354, "not subscribed")).toBe(true);
    expect(feed.requestError(1001, 354, "not subscribed")).toBe(true);
    expect(feed.requestError(7, 354, "not ours")).toBe(false);
    feed.want(new Set(["XXX"]));
    expect(log).toHaveLength(2);
    pass(300_000);
    feed.want(new Set(["XXX"]));
    expect(log.slice(2)).toEqual(["quotes 1002 XXX", "bars 1003 XXX"]);
    feed.requestError(1002, 354, "not subscribed");
    expect(refused).toEqual(["XXX 354"]);
  });

  it("says again that a symbol has no data when it had some in between", () => {
    const { feed, channel, refused, pass } = open();
    feed.want(new Set(["SPY"]));
    feed.attach(channel);
    feed.requestError(1000, 10197, "competing session");
    pass(300_000);
    feed.want(new Set(["SPY"]));
    feed.tick(1002, 1, 100);
    feed.requestError(1002, 10197, "competing session");
    expect(refused).toEqual(["SPY 10197", "SPY 10197"]);
  });

  it("stays within the broker's lines", () => {
    const { feed, channel, log } = open();
    feed.want(new Set(Array.from({ length: 60 }, (_, at) => `S${at}`)));
    feed.attach(channel);
    expect(log).toHaveLength(100);
    expect(feed.beyondLimit).toBe(20);
  });
});
