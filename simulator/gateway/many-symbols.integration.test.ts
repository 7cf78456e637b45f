import { expect, it, vi } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { requestIds, responseIds } from "../protocol/messages.ts";
import { RawClient } from "../testing/raw-client.ts";
import { openStage } from "../testing/stage.ts";

const { open, startGateway } = openStage();

const symbols = Array.from({ length: 12 }, (_, index) => ({ symbol: `SYM${index}` }));

function subscribe(client: RawClient): void {
  for (const [index, { symbol }] of symbols.entries()) {
    client.send(
      ...[requestIds.REQ_MKT_DATA, 11, index, 0, symbol, "STK", "", 0, "", "", "SMART", "", "USD", "", ""],
      ...[0, "", 0, 0, ""],
    );
  }
}

/** Requests that got a bid. */
function priced(client: RawClient): Set<string> {
  const isBid = ([id, , , type]: readonly string[]) => id === String(responseIds.TICK_PRICE) && type === "1";
  return new Set(client.frames.filter(isBid).map(([, , reqId = ""]) => reqId));
}

it("answers what is asked after many symbols before the last of them has its prices, and each gets them", async () => {
  const gateway = await startGateway({ symbols, hold: true });
  const client = new RawClient(gateway.port, { clientId: 1 });
  open.push(client);
  await client.frame(4, 2158);
  subscribe(client);
  client.send(requestIds.REQ_FAMILY_CODES);
  await client.frame(responseIds.FAMILY_CODES);
  const parameters = client.frames.filter(([id]) => id === String(responseIds.TICK_REQ_PARAMS));
  expect(parameters).toHaveLength(symbols.length);
  expect(priced(client).size).toBeLessThan(symbols.length);
  await vi.waitUntil(() => priced(client).size === symbols.length, 20_000);
  // One that came for each, and no more: the clock stands still.
  const bids = client.frames.filter(([id, , , type]) => id === String(responseIds.TICK_PRICE) && type === "1");
  expect(bids).toHaveLength(symbols.length);
});

it("tells no prices to a subscription that was cancelled while they were made", async () => {
  const gateway = await startGateway({ symbols, hold: true });
  const client = new RawClient(gateway.port, { clientId: 1 });
  open.push(client);
  await client.frame(4, 2158);
  subscribe(client);
  const last = symbols.length - 1;
  client.send(requestIds.CANCEL_MKT_DATA, 2, last);
  await vi.waitUntil(() => priced(client).size === last, 20_000);
  client.send(requestIds.REQ_FAMILY_CODES);
  await client.frame(responseIds.FAMILY_CODES);
  expect(priced(client).has(String(last))).toBe(false);
});

function askBars(client: RawClient, reqId: number, duration: string): void {
  const spy = [0, "SYM0", "STK", "", 0, "", "", "SMART", "", "USD", "", ""];
  client.send(requestIds.REQ_HISTORICAL_DATA, reqId, ...spy, 0, "", "1 day", duration, 1, "TRADES", 1, 0, "");
}

it("makes the bars of many days between what else is asked, and answers in the order of the questions", async () => {
  const gateway = await startGateway({ symbols, hold: true });
  const client = new RawClient(gateway.port, { clientId: 1 });
  open.push(client);
  await client.frame(4, 2158);
  askBars(client, 1, "30 D");
  askBars(client, 2, "1 D");
  askBars(client, 3, "30 D");
  client.send(requestIds.CANCEL_HISTORICAL_DATA, 1, 3);
  askBars(client, 3, "2 D");
  askBars(client, 1, "1 D");
  client.send(requestIds.REQ_FAMILY_CODES);
  await client.frame(responseIds.FAMILY_CODES);
  const answers = () => client.frames.filter(([id]) => id === String(responseIds.HISTORICAL_DATA));
  expect(answers()).toEqual([]);
  await client.frame(4, 322);
  expect(client.frames.filter(([id, , , code]) => id === "4" && code === "322").map(([, , reqId]) => reqId)).toEqual([
    "1",
  ]);
  expect(answers()).toEqual([]);
  await vi.waitUntil(() => answers().length === 3, 20_000);
  expect(answers().map(([, reqId, , , count]) => [reqId, count])).toEqual([
    ["1", "30"],
    ["2", "1"],
    ["3", "2"],
  ]);
  // Its id is free again, and the days are kept.
  askBars(client, 1, "30 D");
  await vi.waitUntil(() => answers().length === 4, 20_000);
  expect(answers()[3]).toEqual(answers()[0]);
  expect(client.codes.filter((code) => code === 162)).toHaveLength(1);
});

it("makes the next day of what is watched after midnight, and misses no price of it", async () => {
  const gateway = await startGateway({ symbols: symbols.slice(0, 3), startTime: "23:59:00", speed: 3000 });
  const client = new RawClient(gateway.port, { clientId: 1 });
  open.push(client);
  await client.frame(4, 2158);
  subscribe(client);
  await vi.waitUntil(() => priced(client).size === 3, 20_000);
  const opensAtS = instantOf("2025-10-08", "04:00");
  const isLastTime = ([id, , , type]: readonly string[]) => id === String(responseIds.TICK_STRING) && type === "45";
  for (const reqId of ["0", "1", "2"]) {
    const first = client.frames.find((fields) => isLastTime(fields) && fields[2] === reqId);
    expect(first?.[4]).toBe(String(opensAtS));
  }
});
