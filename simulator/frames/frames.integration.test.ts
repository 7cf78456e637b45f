import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventName, OptionType, SecType, WhatToShow } from "@stoqey/ib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startSimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, stock, TestClient } from "../testing/client.ts";
import { FrameLogError } from "./frame-log-error.ts";
import { listing } from "./listing.ts";
import { type LoggedFrame, readFrameLog } from "./read-log.ts";
import { replay } from "./replay.ts";

const folder = mkdtempSync(join(tmpdir(), "frames-"));
let frames: LoggedFrame[] = [];

/**
 * A few orders of two clients, one of which comes twice, recorded with seed 7. The clock is held: a log tells whole
 * seconds, and an order that a busy machine executes in the next one is replayed in its own.
 */
beforeAll(async () => {
  const path = join(folder, "frames.jsonl");
  const gateway = await startSimulatedGateway({ seed: 7, startTime: "10:00:00", hold: true, frameLogPath: path });
  const first = new TestClient(gateway, 3);
  const orderId = await first.ready();
  first.api.reqMktData(1, stock("SPY"), "", false, false);
  await first.next(EventName.tickPrice);
  first.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10, { orderRef: "a b" }));
  await first.next(EventName.commissionReport);
  first.api.placeOrder(orderId + 1, stock("SPY"), limitOrder("BUY", 5, 1));
  first.api.cancelOrder(orderId + 1);
  await first.error(202, orderId + 1);
  first.close();
  await vi.waitUntil(() => gateway.clientIds.length === 0, 15_000);
  const again = new TestClient(gateway, 3);
  await again.ready();
  again.api.reqExecutions(5, {});
  again.api.reqHistoricalData(
    6,
    stock("SPY"),
    "20251007 10:00:00 US/Eastern",
    "60 S",
    "30 secs" as never,
    WhatToShow.TRADES,
    0,
    1,
    false,
  );
  await again.next(EventName.historicalData, (args) => String(args[1]).startsWith("finished"));
  again.close();
  await vi.waitUntil(() => gateway.clientIds.length === 0, 15_000);
  await gateway.close();
  frames = readFrameLog(path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the log of frames", () => {
  it("ends every connection with CLOSED, also those that are cut because the gateway ends", async () => {
    const path = join(folder, "cut.jsonl");
    const gateway = await startSimulatedGateway({ frameLogPath: path });
    const clients = [new TestClient(gateway, 1), new TestClient(gateway, 2)];
    for (const client of clients) await client.ready();
    await gateway.close();
    for (const client of clients) client.close();
    const ends = readFrameLog(path).filter(({ name }) => name === "CLOSED");
    expect(ends.map(({ session }) => session).sort()).toEqual([1, 2]);
  });

  it("is refused at the start where it cannot be written: a run must not go unrecorded", async () => {
    const path = join(folder, "no-such-folder", "frames.jsonl");
    await expect(startSimulatedGateway({ frameLogPath: path })).rejects.toThrow(FrameLogError);
  });
});

describe("the listing of a log", () => {
  it("has one line a frame, from the hello to the end, with the fields named", () => {
    const lines = listing(frames, { sessions: [1] }).map((line) => line.slice(18));
    expect(lines[0]).toBe("1/- > HELLO versions=v100..193");
    expect(lines[1]).toMatch(/^1\/- < SERVER_VERSION serverVersion=193 connectionTime="20251007 10:00:0\d EDT"$/);
    expect(lines).toContain("1/3 < MANAGED_ACCTS version=1 accounts=DU1234567");
    expect(lines.at(-1)).toBe("1/3 > CLOSED");
    const order = lines.find((line) => line.includes("> PLACE_ORDER"));
    expect(order).toContain("orderId=1 contract.symbol=SPY contract.secType=STK");
    expect(order).toContain("terms.action=BUY terms.totalQuantity=10 terms.orderType=MKT");
    expect(order).toContain('terms.orderRef="a b"');
    const status = lines.filter((line) => line.includes("< ORDER_STATUS"));
    expect(status[0]).toMatch(
      /orderId=1 status=PreSubmitted filled=0 remaining=10 averagePrice=0 permId=\d+ parentId=0/,
    );
    expect(lines.find((line) => line.includes("< OPEN_ORDER "))).toMatch(
      /orderType=MKT .*orderRef="a b" clientId=3 permId=/,
    );
    expect(lines.find((line) => line.includes("code=202"))).toBe(
      '1/3 < ERR_MSG version=2 id=2 code=202 text="Order Canceled - reason:"',
    );
  });

  it("names the rows of what repeats", () => {
    const [line] = listing(frames, { messages: ["HISTORICAL_DATA"] });
    expect(line).toMatch(/bars=2 date1="20251007 09:59:00 US\/Eastern" open1=\S+ high1=.* date2=.* count2=\d+$/);
  });

  it("is of some sessions, messages and one direction when that is wanted", () => {
    const names = (lines: readonly string[]) => new Set(lines.map((line) => line.split(" ").slice(2, 5).join(" ")));
    expect(names(listing(frames, { messages: ["START_API"] }))).toEqual(
      new Set(["1/- > START_API", "2/- > START_API"]),
    );
    expect(listing(frames, { sessions: [2], direction: "received" }).every((line) => line.includes(" 2/"))).toBe(true);
    expect(listing(frames, { direction: "sent" }).some((line) => line.includes(" > "))).toBe(false);
  });
});

describe("a replay", () => {
  it("of a log against the same gateway has no differences", async () => {
    const { played, differences } = await replay(frames, { seed: 7 });
    expect(differences).toEqual([]);
    expect(played).toBe(frames.filter(({ direction, id }) => direction === "received" && id > 0).length);
  });

  it("waits for prices that are still being made before the market goes on", async () => {
    const path = join(folder, "option.jsonl");
    let machineMs = 0;
    const machineNowMs = () => machineMs;
    const gateway = await startSimulatedGateway({ startTime: "10:00:00", machineNowMs, frameLogPath: path });
    const client = new TestClient(gateway, 3);
    await client.ready();
    const call = { ...stock("SPY"), secType: SecType.OPT, lastTradeDateOrContractMonth: "20251017", strike: 560 };
    client.api.reqMktData(1, { ...call, right: OptionType.Call }, "", false, false);
    const figures = () => client.all(EventName.tickOptionComputation).length;
    await vi.waitUntil(() => figures() === 1, 15_000);
    machineMs = 3000;
    gateway.advance();
    await vi.waitUntil(() => figures() === 4, 15_000);
    client.close();
    await vi.waitUntil(() => gateway.clientIds.length === 0, 15_000);
    await gateway.close();
    expect((await replay(readFrameLog(path), {})).differences).toEqual([]);
  });

  it("of a log whose frames came at the ends of seconds has no differences", async () => {
    const path = join(folder, "edges.jsonl");
    let machineMs = 0;
    // Whoever looks at the clock twice sees it move.
    const machineNowMs = () => {
      machineMs += 130;
      return machineMs;
    };
    const gateway = await startSimulatedGateway({ startTime: "10:00:00", machineNowMs, frameLogPath: path });
    const client = new TestClient(gateway, 3);
    const orderId = await client.ready();
    for (let index = 0; index < 12; index += 1) {
      client.api.placeOrder(orderId + index, stock("SPY"), marketOrder("BUY", 1));
      await vi.waitUntil(() => client.all(EventName.commissionReport).length > index, 15_000);
    }
    client.close();
    await vi.waitUntil(() => gateway.clientIds.length === 0, 15_000);
    await gateway.close();
    expect((await replay(readFrameLog(path), {})).differences).toEqual([]);
  });

  it("against another one shows each field that differs, and what is missing", async () => {
    const scenario = { faults: { rejectOrders: { code: 201, text: "No", times: 1 } } };
    const { differences } = await replay(frames, { seed: 7, scenario });
    expect(differences).toContain("session 1 EXECUTION_DATA #1: recorded, not replayed");
    expect(differences).toContain('session 1 ERR_MSG #4: code: recorded "202", replayed "201"');
    const other = await replay(frames, { seed: 8 });
    expect(
      other.differences.some((line) => /EXECUTION_DATA #1: price: recorded "[\d.]+", replayed "[\d.]+"/.test(line)),
    ).toBe(true);
  });

  it("needs a log from its beginning on", async () => {
    await expect(replay([], {})).rejects.toThrow("it is empty");
    await expect(replay(frames.slice(3), { seed: 7 })).rejects.toThrow("session 1 has no HELLO");
  });
});

describe("a log that is none", () => {
  it.each([
    ["no JSON", "line 1: this is no JSON"],
    ['{"direction":"up"}', "line 1: direction"],
  ])("%s is refused, naming file and line", (content, problem) => {
    const path = join(folder, "bad.jsonl");
    writeFileSync(path, `${content}\n`);
    expect(() => readFrameLog(path)).toThrow(FrameLogError);
    expect(() => readFrameLog(path)).toThrow(`${path} ${problem}`);
  });
});
