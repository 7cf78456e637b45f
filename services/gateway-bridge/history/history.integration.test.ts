import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bus } from "#libs/bus/mod.ts";
import { type BarsQuery, type BarsReply, barsMessage, contractMessage } from "#libs/contracts/mod.ts";
import { epochMsOf, formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../../simulator/mod.ts";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { BridgeBench } from "../testing/bench.ts";

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;
let strategy: Bus;

beforeEach(async () => {
  bus = await startBus("paper");
  gateway = await startSimulatedGateway({ port: await claimPort(), date: "2026-03-10", startTime: "10:30:02" });
  bench = await BridgeBench.open({ mode: "paper", connect: bus.connect, gatewayPort: gateway.port });
  strategy = await bus.connect("strategy");
  await bench.start();
  await eventually("ready", () => bench.service.health().status === "ok");
});

afterEach(async () => {
  await bench.stop();
  await gateway.close();
  await bus.stop();
});

const ask = (change: Partial<BarsQuery>): Promise<BarsReply> => {
  const query = { symbol: "SPY", interval: "1m" as const, until: null, count: 30, outsideRegularHours: false };
  return strategy.request(barsMessage, [], { ...query, ...change }, { timeoutMs: 30_000 });
};
const barsOf = async (change: Partial<BarsQuery>) => {
  const reply = await ask(change);
  if (reply.outcome === "unavailable") throw new Error(reply.reason);
  return reply.bars;
};
const asked = () => gateway.frames.receivedCount("REQ_HISTORICAL_DATA");
const times = (bars: readonly { startsAt: number }[]) =>
  bars.map(({ startsAt }) => `${tradingDayOf(startsAt)} ${formatNewYorkTime(startsAt)}`);

describe("bars of the past, for a strategy with its own permissions", () => {
  it("end before now, and reach back over the edge of the day", async () => {
    const bars = await barsOf({ count: 90 });
    expect(bars).toHaveLength(90);
    expect(times(bars).at(-1)).toBe("2026-03-10 10:29:00");
    expect(times(bars).at(-60)).toBe("2026-03-10 09:30:00");
    expect(times(bars).at(-61)).toBe("2026-03-09 15:59:00");
    expect(asked()).toBe(2);
  });

  it("that are over are asked for once; those of today again only when one more is over", async () => {
    await barsOf({ count: 90 });
    await barsOf({ count: 90 });
    await barsOf({ until: epochMsOf("2026-03-09", "12:00"), count: 20 });
    expect(asked()).toBe(2);
  });

  it("are asked for once when many ask at the same time", async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => barsOf({ interval: "1d", count: 20 })));
    expect(new Set(replies.map((bars) => JSON.stringify(bars))).size).toBe(1);
    expect(asked()).toBe(1);
    expect(times(replies[0] ?? []).at(-1)).toBe("2026-03-09 09:30:00");
  });

  it("of all intervals add up to the same volume", async () => {
    const until = epochMsOf("2026-03-09", "16:00");
    const volumeOf = async (interval: BarsQuery["interval"], count: number) =>
      (await barsOf({ interval, until, count })).reduce((sum, { volume }) => sum + volume, 0);
    const day = await volumeOf("1d", 1);
    expect(await volumeOf("1m", 390)).toBe(day);
    expect(await volumeOf("5m", 78)).toBe(day);
    expect(await volumeOf("15m", 26)).toBe(day);
  });

  it("outside regular hours are marked", async () => {
    const bars = await barsOf({ until: epochMsOf("2026-03-10", "09:32"), count: 4, outsideRegularHours: true });
    expect(times(bars).slice(-2)).toEqual(["2026-03-10 09:30:00", "2026-03-10 09:31:00"]);
    expect(bars.map(({ outsideRegularHours }) => outsideRegularHours)).toEqual([true, true, undefined, undefined]);
  });

  it("of an unknown symbol are refused, with the broker's words", async () => {
    expect(await ask({ symbol: "NOSUCH" })).toMatchObject({
      outcome: "unavailable",
      reason: expect.stringContaining("200"),
      retryAfterMs: null,
    });
  });

  it("without a session: what is known is answered, and the rest says when to ask again", async () => {
    await barsOf({ until: epochMsOf("2026-03-09", "16:00"), count: 20 });
    await gateway.setFaults({ connection: "refuse" });
    gateway.dropConnections();
    await eventually("away", () => bench.service.health().status !== "ok");
    expect(await barsOf({ until: epochMsOf("2026-03-09", "16:00"), count: 20 })).toHaveLength(20);
    expect(await ask({ symbol: "QQQ" })).toMatchObject({ outcome: "unavailable", retryAfterMs: 5000 });
  });
});

describe("a contract lookup", () => {
  const lookup = (symbol: string) => strategy.request(contractMessage, [], { symbol }, { timeoutMs: 10_000 });

  it("is answered from the broker once a day, for all who ask", async () => {
    const replies = await Promise.all([lookup("SPY"), lookup("SPY")]);
    expect(replies[0]).toMatchObject({
      outcome: "answered",
      contract: { symbol: "SPY", currency: "USD", minimumTick: 0.01, minimumSize: expect.any(Number) },
    });
    await lookup("SPY");
    expect(gateway.frames.receivedCount("REQ_CONTRACT_DATA")).toBe(1);
  });

  it("of what the broker does not list says so", async () => {
    expect(await lookup("NOSUCH")).toMatchObject({ outcome: "unavailable", retryAfterMs: null });
    await lookup("NOSUCH");
    expect(gateway.frames.receivedCount("REQ_CONTRACT_DATA")).toBe(1);
  });
});
