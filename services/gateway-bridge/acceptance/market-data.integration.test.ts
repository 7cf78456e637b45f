import { describe, expect, it, type TestContext } from "vitest";
import type { Bus } from "#libs/bus/mod.ts";
import { type Bar, barMessage, barsMessage, type Quote, quoteMessage } from "#libs/contracts/mod.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../../../simulator/mod.ts";
import { eventually, startBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { BridgeBench } from "../testing/bench.ts";

const DAY = "2026-03-10";
const MINUTE_MS = 60_000;

/** A bridge at a simulated gateway, and a strategy that hears its market data: all of the test's own. */
class Feed {
  readonly gateway: SimulatedGateway;
  readonly bench: BridgeBench;
  readonly strategy: Bus;
  readonly bars: Bar[] = [];
  readonly quotes: Quote[] = [];

  constructor(gateway: SimulatedGateway, bench: BridgeBench, strategy: Bus) {
    this.gateway = gateway;
    this.bench = bench;
    this.strategy = strategy;
    strategy.subscribe(barMessage, ({ data }) => this.bars.push(data));
    strategy.subscribe(quoteMessage, ({ data }) => this.quotes.push(data));
  }

  ready = () => eventually("ready", () => this.bench.service.health().status === "ok");
  minutes = (symbol = "SPY") => this.bars.filter((bar) => bar.interval === "1m" && bar.symbol === symbol);
  minutesCome = (count: number) => eventually(`${count} minutes`, () => this.minutes().length >= count, 30_000);
  quoteRequests = (symbol: string) =>
    this.gateway.frames.received("REQ_MKT_DATA").filter(({ fields }) => fields.includes(symbol));
  hasAlert = (code: string) => eventually(code, async () => (await this.bench.alertCodes()).includes(code), 30_000);

  /** Every bar that was published, against what the broker's history says of the same stretch. */
  agreesWithHistory = async (interval: "1m" | "5m"): Promise<void> => {
    const own = this.bars.filter((bar) => bar.interval === interval && bar.symbol === "SPY");
    const newest = own.at(-1)?.startsAt ?? 0;
    const until = newest + (interval === "1m" ? 1 : 5) * MINUTE_MS;
    const query = { symbol: "SPY", interval, until, count: own.length, outsideRegularHours: false };
    const reply = await this.strategy.request(barsMessage, [], query, { timeoutMs: 30_000 });
    if (reply.outcome === "unavailable") throw new Error(reply.reason);
    expect(own.map(({ backfilled, ...bar }) => bar)).toEqual(reply.bars);
  };
}

/** A feed that begins at 10:00, its market clock `speed` times as fast as life; it goes with the test. */
async function open(
  test: TestContext,
  symbols: readonly string[],
  options: SimulatedGatewayOptions = {},
  env: Record<string, string> = {},
): Promise<Feed> {
  const { speed = 1 } = options;
  const bus = await startBus("paper");
  test.onTestFinished(() => bus.stop());
  const gateway = await startSimulatedGateway({
    port: await claimPort(),
    date: DAY,
    startTime: "10:00:00",
    ...options,
  });
  test.onTestFinished(() => gateway.close());
  const clock = speed === 1 ? {} : { MARKET_CLOCK_SPEED: String(speed), CLOCK_DRIFT_ALERT_MS: "0" };
  const bench = await BridgeBench.open({
    mode: "paper",
    connect: bus.connect,
    gatewayPort: gateway.port,
    env: { ...clock, ...env },
  });
  test.onTestFinished(() => bench.stop());
  const feed = new Feed(gateway, bench, await bus.connect("strategy"));
  await feed.strategy.connection.flush();
  await bench.want(symbols);
  await bench.start();
  await feed.ready();
  return feed;
}
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

// They wait most of their time, each for a deadline or a market minute of its own.
describe.concurrent("bars after a gap", () => {
  it("of a lost connection: the missing minutes come from the history, each bar once and in order", async (test) => {
    const { gateway, bench, bars, ready, minutes, minutesCome, agreesWithHistory } = await open(test, ["SPY"], {
      speed: 60,
    });
    await minutesCome(3);
    await gateway.setFaults({ connection: "refuse" });
    gateway.dropConnections();
    await pause(4000);
    const before = minutes().length;
    await gateway.setFaults({ connection: "none" });
    await ready();
    await minutesCome(before + 9);
    expect(minutes().filter(({ backfilled }) => backfilled).length).toBeGreaterThanOrEqual(3);
    expect(bars.some(({ incomplete }) => incomplete)).toBe(false);
    await agreesWithHistory("1m");
    await agreesWithHistory("5m");
    expect(await bench.alertCodes()).not.toContain("BARS_DIFFER");
  });

  it("of prices set by hand: the history says what the hand did, and nothing differs", async (test) => {
    const { gateway, bench, ready, minutes, minutesCome, agreesWithHistory } = await open(test, ["SPY"], {
      speed: 60,
      prices: "manual",
    });
    let told = 0;
    const hand = setInterval(() => {
      told += 1;
      const last = Math.round(10_000 + 500 * Math.sin(told / 20)) / 100;
      gateway.setQuote("SPY", { bid: last - 0.01, ask: last + 0.01, last, lastSize: 100 });
    }, 15);
    test.onTestFinished(() => clearInterval(hand));
    await minutesCome(3);
    for (let cuts = 1; cuts <= 2; cuts += 1) {
      const before = minutes().length;
      gateway.dropConnections();
      await pause(1500);
      await ready();
      await minutesCome(before + 4);
    }
    expect(minutes().some(({ backfilled }) => backfilled)).toBe(true);
    await agreesWithHistory("1m");
    expect(await bench.alertCodes()).not.toContain("BARS_DIFFER");
  });

  it("of a bridge that was killed: it goes on where it ended", async (test) => {
    const { bench, ready, minutesCome, agreesWithHistory } = await open(test, ["SPY"], { speed: 60 });
    await minutesCome(3);
    await bench.stop();
    await pause(3000);
    await bench.start();
    await ready();
    await minutesCome(10);
    await agreesWithHistory("1m");
  });

  it("of code 1101: every stream is asked for anew under new ids, and nothing else happens to the session", async (test) => {
    const { gateway, bench, minutesCome, quoteRequests, agreesWithHistory } = await open(test, ["SPY", "QQQ"], {
      speed: 60,
    });
    const order = { order: { type: "limit", limitPrice: 1 } } as const;
    const id = await bench.approve(bench.intent(order));
    await eventually("accepted", async () => (await bench.statuses(id)).includes("accepted"));
    await minutesCome(2);
    const firstIds = quoteRequests("SPY").map(({ fields }) => fields[2]);
    gateway.injectError(1100, "Connectivity between IBKR and Trader Workstation has been lost.");
    gateway.injectError(1101, "Connectivity between IBKR and TWS has been restored - data lost.");
    await eventually("asked anew", () => quoteRequests("SPY").length === 2 && quoteRequests("QQQ").length === 2);
    expect(quoteRequests("SPY")[1]?.fields[2]).not.toBe(firstIds[0]);
    expect(gateway.frames.receivedCount("START_API")).toBe(1);
    expect(gateway.frames.receivedCount("PLACE_ORDER")).toBe(1);
    expect(gateway.liveOrders).toHaveLength(1);
    await minutesCome(6);
    await agreesWithHistory("1m");
  });
});

describe.concurrent("market data dies quietly", () => {
  it("2103, then 2104 with no ticks: the data alone is asked for again, the order channel is untouched", async (test) => {
    const { gateway, bench, quotes, quoteRequests } = await open(test, ["SPY"]);
    const id = await bench.approve(bench.intent({ order: { type: "limit", limitPrice: 1 } }));
    await eventually("accepted", async () => (await bench.statuses(id)).includes("accepted"));
    await eventually("quotes", () => quotes.length > 0);
    gateway.injectError(2103, "Market data farm connection is broken:usfarm");
    await gateway.setFaults({ streams: "stopped" });
    await pause(1000);
    const mark = gateway.frames.received().length;
    gateway.injectError(2104, "Market data farm connection is OK:usfarm");
    await eventually("asked again", () => quoteRequests("SPY").length === 2, 20_000);
    const names = new Set(
      gateway.frames
        .received()
        .slice(mark)
        .map(({ name }) => name),
    );
    for (const asked of ["REQ_MKT_DATA", "REQ_REAL_TIME_BARS"]) expect(names).toContain(asked);
    const ofData = /^(REQ|CANCEL)_(MKT_DATA|REAL_TIME_BARS|HISTORICAL_DATA|CURRENT_TIME)$/;
    expect([...names].filter((name) => !ofData.test(name))).toEqual([]);
    expect(gateway.liveOrders).toHaveLength(1);
    await gateway.setFaults({ streams: "flowing" });
    const before = quotes.length;
    await eventually("quotes again", () => quotes.length > before);
  }, 40_000);

  it("one symbol, without a word: it is asked for alone, and the operator is told when that does not help", async (test) => {
    const { gateway, bench, quotes, quoteRequests, hasAlert } = await open(
      test,
      ["SPY", "QQQ"],
      {},
      { MARKET_DATA_QUIET_SECONDS: "7" },
    );
    await eventually("quotes", () => new Set(quotes.map(({ symbol }) => symbol)).size === 2);
    await gateway.setFaults({ quietSymbols: ["QQQ"] });
    await eventually("asked again", () => quoteRequests("QQQ").length === 2, 20_000);
    await hasAlert("MARKET_DATA_QUIET");
    expect(quoteRequests("SPY")).toHaveLength(1);
    expect(await bench.alertCodes()).not.toContain("MARKET_DATA_DEAD");
  }, 60_000);

  it("all of it, without 2103 or 2104: an alert of its own, and word when it is back", async (test) => {
    const { gateway, bench, quotes, hasAlert } = await open(test, ["SPY"], {}, { MARKET_DATA_QUIET_SECONDS: "7" });
    await eventually("quotes", () => quotes.length > 0);
    await gateway.setFaults({ streams: "stopped" });
    await hasAlert("MARKET_DATA_DEAD");
    await gateway.setFaults({ streams: "flowing" });
    await hasAlert("MARKET_DATA_BACK");
    expect((await bench.sessions()).at(-1)?.state).toBe("ready");
  }, 60_000);
});

describe("the broker's lines", () => {
  const symbols = Array.from({ length: 60 }, (_, at) => `S${String(at).padStart(2, "0")}`);

  it("are never passed; who gets none is told, and an order's symbol comes before all strategies", async (test) => {
    const { gateway, bench, quotes, quoteRequests, hasAlert } = await open(test, symbols, {
      prices: "manual",
      symbols: symbols.map((symbol) => ({ symbol })),
    });
    gateway.setQuote("S59", { bid: 50, ask: 50.02, last: 50 });
    await eventually("lines in use", () => bench.service.health().figures["data lines"] === "100 of 100");
    await hasAlert("MARKET_DATA_LIMIT");
    const limit = (await bench.alerts()).find(({ code }) => code === "MARKET_DATA_LIMIT");
    expect(limit?.text).toContain("S50, S51");
    expect(quoteRequests("S59")).toHaveLength(0);
    await bench.approve(bench.intent({ symbol: "S59", order: { type: "limit", limitPrice: 1 } }));
    await eventually("served first", () => quotes.some(({ symbol }) => symbol === "S59"));
    expect(await bench.alertCodes()).not.toContain("NO_MARKET_DATA");
    expect(gateway.frames.sent("ERR_MSG").some(({ fields }) => fields.includes("101"))).toBe(false);
  });
});

describe.concurrent("market data that the account may not see live", () => {
  it("is delayed where that was asked for: quotes are marked, and the operator is told", async (test) => {
    const { gateway, quotes, hasAlert } = await open(test, ["SPY"], {}, { DELAYED_MARKET_DATA: "true" });
    await gateway.setFaults({ marketDataAccess: "delayed" });
    gateway.injectError(1100, "Connectivity between IBKR and Trader Workstation has been lost.");
    gateway.injectError(1101, "Connectivity between IBKR and TWS has been restored - data lost.");
    await eventually("delayed quotes", () => quotes.some(({ delayed, bid }) => delayed && bid !== null), 20_000);
    await hasAlert("MARKET_DATA_DELAYED");
    expect(quotes.at(-1)?.delayed).toBe(true);
  });

  it("is refused where live data was asked for, and the operator is told", async (test) => {
    const { gateway, bench, quotes, hasAlert } = await open(test, []);
    await gateway.setFaults({ marketDataAccess: "delayed" });
    await bench.want(["SPY"]);
    await hasAlert("NO_MARKET_DATA");
    expect(quotes).toEqual([]);
  });

  it("because another session has it (10197) is one alert for all symbols", async (test) => {
    const { gateway, bench, quotes, hasAlert } = await open(test, ["SPY", "QQQ"]);
    await eventually("quotes", () => new Set(quotes.map(({ symbol }) => symbol)).size === 2);
    await gateway.setFaults({ marketDataAccess: "competing" });
    await hasAlert("COMPETING_SESSION");
    await pause(500);
    expect((await bench.alertCodes()).filter((code) => code === "COMPETING_SESSION")).toHaveLength(1);
    expect(await bench.alertCodes()).not.toContain("NO_MARKET_DATA");
  });
});

describe.concurrent("a halt (tick 49)", () => {
  it("is told with the quote, and so is its end", async (test) => {
    const { gateway, quotes } = await open(test, ["SPY"]);
    await eventually("quotes", () => quotes.length > 0);
    await gateway.perform({ action: "halt", symbol: "SPY", kind: "volatility" });
    await eventually("halted", () => quotes.at(-1)?.halted === true);
    await gateway.perform({ action: "resume", symbol: "SPY" });
    await eventually("trading", () => quotes.at(-1)?.halted === false);
  });
});

describe("slow strategy", () => {
  it("a burst of ticks costs few quotes, and the newest is never lost, also for one who reads them late", async (test) => {
    const { gateway, strategy, quotes } = await open(test, ["SPY"], { prices: "manual" });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, last: 100 });
    await eventually("quotes", () => quotes.length > 0);
    const before = quotes.reduce((sum, { ticks }) => sum + ticks, 0);
    const published = quotes.length;
    const sent = gateway.pushTicks("SPY", 50_000);
    gateway.setQuote("SPY", { bid: 77.77, ask: 77.78 });
    await eventually("the newest quote", () => quotes.at(-1)?.bid === 77.77, 20_000);
    const counted = quotes.reduce((sum, { ticks }) => sum + ticks, 0) - before;
    expect(counted).toBeGreaterThanOrEqual(sent);
    expect(quotes.length - published).toBeLessThan(sent / 20);
    const late = await strategy.lastValue(quoteMessage, ["SPY"]);
    expect(late?.data.bid).toBe(77.77);
  });
});
