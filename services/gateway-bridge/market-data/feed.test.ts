import { describe, expect, it } from "vitest";
import type { Quote } from "#libs/contracts/mod.ts";
import { HistoricalPacing } from "../gateway/historical-pacing.ts";
import { Feed } from "./feed.ts";
import type { Trade } from "./quotes.ts";

/** A feed with one quote stream, of request 1, and one of bars. */
function open() {
  const published: Quote[] = [];
  const trades: Trade[] = [];
  const delayed: string[] = [];
  const turns: (() => void)[] = [];
  let requestId = 1;
  let nowMs = 1;
  const feed = new Feed({
    nowMs: () => nowMs,
    quietMs: 45_000,
    pacing: new HistoricalPacing(),
    onQuote: (quote) => void published.push(quote),
    onTrade: (_quote, trade) => void trades.push(trade),
    onBar: () => undefined,
    onBarsCut: () => undefined,
    onDelayed: (symbol) => void delayed.push(symbol),
    onNews: () => undefined,
    afterThisTurn: (run) => void turns.push(run),
    nextRequestId: () => requestId++,
  });
  feed.streams.want([{ symbol: "SPY", bars: true }]);
  let quotes = 0;
  const channel = {
    subscribeQuotes: (id: number) => {
      quotes = id;
    },
    cancelQuotes: () => undefined,
    subscribeBars: () => undefined,
    cancelBars: () => undefined,
  };
  feed.streams.attach(channel);
  return {
    feed,
    published,
    trades,
    delayed,
    turn: () => {
      for (const run of turns.splice(0)) run();
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** A new session, as after a drop; tells the request id of the new quote stream. */
    reconnect: () => {
      feed.streams.detach();
      feed.streams.attach(channel);
      return quotes;
    },
  };
}

describe("the feed", () => {
  it("publishes one quote a symbol and turn, the newest of each field, and counts its ticks", () => {
    const { feed, published, turn } = open();
    for (let tick = 0; tick < 1000; tick += 1) feed.tick(1, 1, 100 + tick / 100);
    feed.tick(1, 3, 200);
    turn();
    expect(published).toMatchObject([{ bid: 109.99, askSize: 200, ask: null, ticks: 1001 }]);
    turn();
    expect(published).toHaveLength(1);
  });

  it("begins a quote anew with its stream: prices from before an outage are never told as the market of now", () => {
    const { feed, published, turn, pass, reconnect } = open();
    feed.tick(1, 1, 100);
    feed.tick(1, 2, 100.02);
    feed.tick(1, 4, 100.01);
    feed.tick(1, 49, 1);
    turn();
    pass(600_000);
    const again = reconnect();
    expect(feed.quote("SPY")).toBeUndefined();
    feed.tick(again, 1, 90);
    turn();
    expect(published.at(-1)).toMatchObject({ bid: 90, ask: null, last: null, askSize: null, halted: true });
    // A holding is still worth what it was until its price is known again.
    expect(feed.worth("SPY")).toBeCloseTo(100.01);
    feed.tick(again, 2, 90.02);
    expect(feed.worth("SPY")).toBeCloseTo(90.01);
  });

  it("takes a last price for a trade, but for the first of a stream, which may be old", () => {
    const { feed, trades, turn } = open();
    const told = ([tickType, value]: readonly [number, number]) => {
      const before = trades.length;
      feed.tick(1, tickType, value);
      turn();
      return trades.slice(before).map(({ price, size }) => `${size} at ${price}`);
    };
    const first = [told([4, 110]), told([5, 100]), told([1, 109.99])];
    expect(first).toEqual([[], [], []]);
    expect([told([4, 110.01]), told([5, 100])]).toEqual([["100 at 110.01"], []]);
    expect([told([5, 50]), told([5, 50])]).toEqual([["50 at 110.01"], []]);
    expect(told([4, -1])).toEqual([]);
  });

  it("tells every trade of a turn, in order, with its size and the quote when it came: a quote shows the newest only", () => {
    const { feed, published, trades, turn } = open();
    const traded = (price: number, size: number) => {
      for (const [tickType, value] of [
        [1, price - 0.01],
        [2, price + 0.01],
        [4, price],
        [5, size],
      ] as const) {
        feed.tick(1, tickType, value);
      }
    };
    traded(100, 10);
    turn();
    traded(94, 20);
    // The size once more, as the gateway does, and a second trade at the same price.
    feed.tick(1, 5, 20);
    feed.tick(1, 5, 30);
    traded(100, 10);
    expect(trades).toMatchObject([
      { price: 94, size: 20, bid: 93.99, ask: 94.01 },
      { price: 94, size: 30, bid: 93.99, ask: 94.01 },
    ]);
    turn();
    expect(trades).toHaveLength(3);
    expect(trades.at(-1)).toMatchObject({ price: 100, size: 10, bid: 99.99 });
    expect(published.map(({ last }) => last)).toEqual([100, 100]);
  });

  it("tells a trade before its stream begins anew, and to who asks for it before the turn ends", () => {
    const { feed, trades, turn, reconnect } = open();
    for (const price of [100, 94]) feed.tick(1, 4, price);
    expect(trades).toEqual([]);
    feed.tellTrades("SPY");
    expect(trades).toMatchObject([{ price: 94 }]);
    feed.tick(1, 4, 95);
    feed.tick(reconnect(), 4, 96);
    turn();
    expect(trades).toMatchObject([{ price: 94 }, { price: 95 }]);
  });

  it("counts a price and the size that came with it as the one message they were", () => {
    const { feed, published, turn } = open();
    feed.tick(1, 1, 100);
    feed.tick(1, 0, 300);
    feed.tick(1, 0, 400);
    turn();
    expect(published).toMatchObject([{ bid: 100, bidSize: 400, ticks: 2 }]);
  });

  it("marks delayed data by its ticks, and takes a price of -1 for none", () => {
    const { feed, published, delayed, turn } = open();
    feed.tick(1, 66, 100);
    feed.tick(1, 67, -1);
    turn();
    expect(published).toMatchObject([{ bid: 100, ask: null, delayed: true }]);
    expect(delayed).toEqual(["SPY"]);
  });

  it("marks delayed data by its type and by 10167, which come before the first tick, and says so once", () => {
    const { feed, published, delayed, turn } = open();
    feed.marketDataType(1, 3);
    expect(feed.requestError(1, 10_167, "Displaying delayed market data")).toBe(true);
    feed.tick(1, 66, 100);
    turn();
    expect(published[0]?.delayed).toBe(true);
    expect(delayed).toEqual(["SPY"]);
    feed.marketDataType(1, 1);
    feed.tick(1, 1, 100);
    turn();
    expect(published[1]?.delayed).toBe(false);
  });

  it("tells that trading is halted, which makes no quote younger, and that it goes on", () => {
    const { feed, published, turn, pass } = open();
    feed.tick(1, 1, 100);
    turn();
    expect(published.at(-1)).not.toHaveProperty("halted");
    pass(5000);
    feed.tick(1, 49, 2);
    turn();
    expect(published.at(-1)).toMatchObject({ bid: 100, halted: true, receivedAtMonotonicMs: 1 });
    feed.tick(1, 49, 2);
    turn();
    expect(published).toHaveLength(2);
    feed.tick(1, 49, 0);
    turn();
    expect(published.at(-1)).toMatchObject({ halted: false });
  });

  it("tells whether there are shares to borrow, once the broker has said it", () => {
    const { feed, published, turn } = open();
    const shortable = [3, 2, 0.5].map((value) => {
      feed.tick(1, 46, value);
      turn();
      return published.at(-1)?.shortable;
    });
    expect(shortable).toEqual(["available", "hard-to-borrow", "unavailable"]);
  });

  it("hears nothing on the ids of an older session", () => {
    const { feed, published, turn } = open();
    feed.streams.detach();
    feed.tick(1, 1, 99);
    turn();
    expect(published).toEqual([]);
  });
});
