import fc from "fast-check";
import { expect } from "vitest";
import {
  accountSummaryMessage,
  barMessage,
  barsMessage,
  contractMessage,
  foreignOrderMessage,
  orderEventMessage,
  quoteMessage,
} from "#libs/contracts/mod.ts";
import type { ActionInput } from "../../../simulator/mod.ts";
import { eventually } from "../../../tests/harness/bus.ts";
import { resting, Stage } from "./stage.ts";

type Fields = readonly (string | number | boolean | undefined)[];

/** One field of a message, and what it is made to say. */
interface Nonsense {
  /** The field's place in the frame, the message's number first. */
  readonly at: number;
  readonly says: readonly string[];
  /** Words of the one alert about all of it; null for what is cut, or what is the broker's to say. */
  readonly told: string | null;
}

/** What one message of the gateway can be made to say, and what of it holds all the same. */
export interface NonsenseRow {
  readonly message: string;
  /** The frame that is spoilt; without it the newest of that name which the gateway sent. */
  readonly frame?: (stage: Stage) => Fields;
  readonly fields: readonly Nonsense[];
  readonly holds?: (stage: Stage) => Promise<void>;
}

const LONG = "x".repeat(20_000);
const CONTROL = "a\r\nb: c\u0007.01";
/** Not a number, beyond any number, below zero, and too large for what it counts. */
const REALS = ["abc", "1e999", "-7", "5e299", "-5e299"];
/** What is left of those in a field that is read as a whole number: beyond 2^53, and below zero. */
const IDS = ["abc", "99999999999999999999", "-99999999999999999999"];
/** 1970, the year 5000, and milliseconds in the place of seconds. */
const TIMES = ["abc", "5", "95617584000", "177315300000000"];

export const NONSENSE: readonly NonsenseRow[] = [
  {
    message: "POSITION",
    fields: [
      { at: 14, says: ["abc", "1e999", "5e299", "-5e299"], told: "a position of" },
      { at: 15, says: ["abc", "1e999", "5e299"], told: "an average cost of" },
    ],
    holds: async (stage) => {
      // What was known stands, and entries in it are refused, until the broker says something that can be read.
      const before = stage.gateway.frames.sent("POSITION").at(-2)?.fields ?? [];
      await send(stage, before.with(14, "abc"));
      await eventually("unexplained", async () => (await stage.bench.positions()).at(-1)?.explained === false);
      await send(stage, before);
      await eventually("explained again", async () => (await stage.bench.positions()).at(-1)?.explained === true);
      for (const { quantity } of await stage.bench.positions()) expect(quantity).toBe(10);
      expect(await stage.alerts()).not.toContain("POSITION_UNEXPLAINED");
    },
  },
  {
    message: "EXECUTION_DATA",
    fields: [
      { at: 14, says: [LONG], told: "execution xxx" },
      { at: 14, says: [CONTROL], told: "execution a b: c .01" },
      { at: 19, says: REALS, told: "BOT NaN at" },
      { at: 20, says: REALS, told: null },
      { at: 21, says: [...IDS, "-7"], told: "the permId" },
      { at: 22, says: IDS, told: "the client id" },
      { at: 2, says: IDS, told: "the order id" },
      { at: 26, says: [LONG, CONTROL], told: null },
      { at: 15, says: [LONG, CONTROL, "19700101 00:00:05 US/Eastern", "50000101 00:00:05 US/Eastern"], told: null },
    ],
    holds: async (stage) => {
      expect((await stage.bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
      const [first] = stage.gateway.frames.sent("EXECUTION_DATA");
      const other = (first?.fields ?? []).with(14, "other.1.1.01").with(21, "99999999999999999999").with(19, 1);
      await send(stage, other);
      await eventually("the execution counts", async () =>
        (await stage.bench.fills()).some((fill) => fill.executionId === "other.1.1.01"),
      );
    },
  },
  {
    message: "COMMISSION_REPORT",
    fields: [
      { at: 3, says: ["abc", "1e999", "5e299"], told: "the commission" },
      { at: 2, says: [LONG], told: "the id xxx" },
      { at: 2, says: [CONTROL], told: "the id a b: c .01" },
    ],
    holds: async (stage) => {
      expect((await stage.bench.fills()).filter(({ kind }) => kind === "commission")).toHaveLength(1);
    },
  },
  {
    message: "ORDER_STATUS",
    frame: ofResting("ORDER_STATUS"),
    fields: [
      { at: 1, says: ["abc"], told: "of order NaN with" },
      { at: 3, says: ["abc", "1e999", "-7", "5e299"], told: "of order 2 with" },
      { at: 6, says: [...IDS, "-7"], told: "the permId" },
      { at: 9, says: IDS, told: "the client id" },
      { at: 2, says: [LONG, CONTROL], told: null },
      { at: 10, says: [LONG, CONTROL], told: null },
    ],
    holds: restsStill,
  },
  {
    message: "OPEN_ORDER",
    frame: ofResting("OPEN_ORDER"),
    fields: [
      { at: 14, says: ["abc", "-7", "5e299"], told: "the quantity" },
      { at: 16, says: ["abc", "1e999", "-7", "5e299"], told: "the limit" },
      { at: 25, says: [...IDS, "-7"], told: "the permId" },
      { at: 24, says: IDS, told: "the client id" },
    ],
    holds: async (stage) => {
      await restsStill(stage);
      // One of somebody else: without a size it can be told, and not be counted.
      const foreign = ofResting("OPEN_ORDER")(stage).with(23, `by hand ${LONG}`).with(25, 4711).with(1, 77);
      await send(stage, foreign.with(14, "abc"));
      await send(stage, foreign.with(25, "99999999999999999999"));
    },
  },
  {
    message: "COMPLETED_ORDER",
    fields: [
      { at: 13, says: ["abc", "-7", "5e299"], told: "the quantity" },
      { at: 23, says: [...IDS, "-7"], told: "the permId" },
    ],
  },
  {
    message: "ERR_MSG",
    frame: () => [4, 2, -1, 2104, "text", ""],
    fields: [
      { at: 3, says: IDS, told: "the code" },
      { at: 4, says: [LONG, CONTROL], told: null },
      { at: 2, says: ["abc", "99999999999999999999", "-99999999999999999999"], told: null },
    ],
    holds: async (stage) => {
      for (const code of [1100, 1300, 1102]) await send(stage, [4, 2, -1, code, LONG, ""]);
      for (const code of ["GATEWAY_LOST_BROKER", "GATEWAY_PORT_CHANGED", "GATEWAY_BROKER_RESTORED"])
        await stage.alerted(code);
      await stage.ready();
      for (const id of [1, 2, 999]) await send(stage, [4, 2, id, 399, LONG, ""]);
      await restsStill(stage);
    },
  },
  {
    message: "CURRENT_TIME",
    frame: () => [49, 1, 0],
    fields: [{ at: 2, says: TIMES, told: "the time" }],
    holds: async (stage) => {
      expect(Math.abs((stage.bench.clock.nowMs() ?? 0) - stage.gateway.marketTimeMs)).toBeLessThan(3_600_000);
    },
  },
  {
    message: "REAL_TIME_BARS",
    fields: [
      { at: 3, says: TIMES, told: "a bar of 5 s" },
      ...[4, 5, 6, 7].map((at) => ({ at, says: REALS, told: null })),
      { at: 8, says: REALS, told: null },
    ],
    holds: async (stage) => {
      // One of a time to come is not taken for the newest, and those of now go on.
      const second = Math.floor(stage.gateway.marketTimeMs / 5000) * 5;
      const own = stage.gateway.frames.sent("REAL_TIME_BARS").findLast(({ fields }) => {
        const [startsAt, ...figures] = fields.slice(3, 9).map(Number);
        return Math.abs((startsAt ?? 0) - second) < 3600 && figures.every((figure) => figure >= 0 && figure < 1e6);
      });
      await send(stage, (own?.fields ?? []).with(3, second + 7200));
      await isHeard(stage);
      await eventually("it is told", async () =>
        (await stage.bench.alerts()).some(({ text }) => text.includes("a time to come")),
      );
      await eventually("bars go on", async () =>
        (await stage.bench.stored(barMessage)).some(({ startsAt }) => startsAt >= second * 1000),
      );
      for (const bar of await stage.bench.stored(barMessage))
        expect(Math.abs(bar.startsAt - stage.gateway.marketTimeMs)).toBeLessThan(3_600_000);
    },
  },
  { message: "TICK_PRICE", frame: tick(1, 1), fields: [{ at: 4, says: REALS, told: "a price of" }] },
  {
    message: "TICK_SIZE",
    frame: tick(2, 0),
    fields: [{ at: 4, says: ["abc", "-7", "5e299", "-5e299"], told: "a size of" }],
  },
  { message: "TICK_GENERIC", frame: tick(45, 49), fields: [{ at: 4, says: ["abc", "1e999"], told: "the value" }] },
  { message: "MARKET_DATA_TYPE", fields: [{ at: 3, says: ["abc", "-7", "99"], told: "the type" }] },
  {
    message: "ACCOUNT_SUMMARY",
    fields: [{ at: 5, says: ["abc", "1e999", "5e299", LONG], told: "of the account's" }],
  },
  {
    message: "ACCT_VALUE",
    frame: () => [6, 2, "accountReady", "true", "", "DU1234567"],
    fields: [{ at: 3, says: ["abc", LONG, CONTROL], told: "of the account's accountReady" }],
  },
  {
    message: "PNL",
    frame: () => [94, 1, 0, 0, 0],
    fields: [
      { at: 2, says: ["abc", "1e999", "5e299"], told: "a daily profit" },
      { at: 3, says: ["abc", "1e999", "5e299"], told: "a unrealized profit" },
      { at: 4, says: ["abc", "1e999", "5e299"], told: "a realized profit" },
    ],
  },
  {
    message: "HISTORICAL_DATA",
    fields: [
      { at: 5, says: [...TIMES, "20261399", "99991231", LONG], told: "a bar of the history" },
      ...[6, 7, 8, 9, 10].map((at) => ({ at, says: REALS, told: null })),
    ],
  },
  {
    message: "CONTRACT_DATA",
    fields: [
      { at: 13, says: ["abc", "99999999999999999999", "-7"], told: "the id" },
      { at: 14, says: REALS, told: "the price step" },
      { at: 20, says: [LONG, CONTROL], told: null },
    ],
  },
  { message: "NEXT_VALID_ID", fields: [{ at: 2, says: [...IDS, "-7"], told: "the next order id" }] },
  { message: "MANAGED_ACCTS", fields: [{ at: 2, says: [LONG, CONTROL, "DU1234567,é"], told: "the accounts" }] },
];

/** Plays a row: spoils one field after the other, each value twice, and looks at both sides of what came of it. */
export async function playNonsense({ message, frame, fields, holds }: NonsenseRow): Promise<void> {
  const stage = await Stage.open({ proves: [], says: message, play: async () => undefined });
  try {
    await busyDay(stage);
    const sound = [...(frame?.(stage) ?? newest(stage, message))];
    const sessions = stage.sessions;
    for (const { at, says } of fields) {
      expect(sound.length, `${message} has a field ${at}`).toBeGreaterThan(at);
      for (const said of [...says, ...says]) await send(stage, sound.with(at, said));
    }
    await isHeard(stage);
    const garbage = async () =>
      (await stage.bench.alerts()).filter(({ code }) => code === "GATEWAY_GARBAGE").map(({ text }) => text);
    for (const { told } of fields) {
      if (told === null) continue;
      await eventually(told, async () => (await garbage()).some((text) => text.includes(told)));
      expect((await garbage()).filter((text) => text.includes(told))).toHaveLength(1);
    }
    await holds?.(stage);
    await isHeard(stage);
    expect(stage.sessions).toBe(sessions);
    expect(await stage.alerts()).not.toContain("BRIDGE_DEFECT");
    await isSound(stage);
  } finally {
    await stage.close();
  }
}

/** What a field can be made to say, by anybody. */
const anything = fc.oneof(
  fc.constantFrom(...REALS, ...IDS, LONG, CONTROL, "", "0", "-1", "NaN", "Infinity", "1.7976931348623157E308", "é€"),
  fc.double().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", " ")),
);

/** Messages whose words are the gateway's to say, whatever they are, would stop or mislead it: an id of orders, a code. */
const SPOILT = NONSENSE.filter(({ message }) => !["NEXT_VALID_ID", "MANAGED_ACCTS", "ERR_MSG"].includes(message));

/** Spoils fields of messages at random for one long session, and looks whether it lives and stays sound. */
export async function playRandomNonsense(seed: number, runs: number): Promise<void> {
  const stage = await Stage.open({ proves: [], says: "random nonsense", play: async () => undefined });
  try {
    await busyDay(stage);
    const spoilt = fc.record({
      row: fc.constantFrom(...SPOILT),
      changes: fc.array(fc.record({ at: fc.nat(1000), said: anything }), { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt, { minLength: 20, maxLength: 20 }), async (frames) => {
        for (const { row, changes } of frames) {
          let fields = [...(row.frame?.(stage) ?? newest(stage, row.message))];
          // The number of the message stays, and so does its version: it is what follows that is read.
          for (const { at, said } of changes) fields = fields.with(1 + (at % (fields.length - 1)), said);
          await send(stage, fields);
        }
        await isHeard(stage);
        // A count at which the library itself fails costs the session, as P9 has it, and nothing else does.
        const lost = (await stage.bench.alerts()).filter(({ code }) => code === "GATEWAY_CONNECTION_LOST");
        for (const { text } of lost) expect(text).toContain("a message could not be read");
        expect(await stage.alerts()).not.toContain("BRIDGE_DEFECT");
        await isSound(stage);
      }),
      { seed, numRuns: runs, endOnFailure: true, verbose: 0 },
    );
  } finally {
    await stage.close();
  }
}

/** One order filled and one at rest, seen again after a reconnect, and questions answered: every message was sent. */
async function busyDay(stage: Stage): Promise<void> {
  await stage.start();
  await stage.reaches(await stage.bench.approve(stage.bench.intent()), "filled");
  await stage.reaches(await stage.bench.approve(stage.bench.intent(resting)), "accepted");
  await stage.reconnect();
  await eventually("a second session", () => stage.sessions === 2);
  await stage.ready();
  await stage.bench.operator.request(contractMessage, [], { symbol: "SPY" }, { timeoutMs: 20_000 });
  const query = { symbol: "SPY", interval: "1m", until: null, count: 5, outsideRegularHours: false } as const;
  await stage.bench.operator.request(barsMessage, [], query, { timeoutMs: 20_000 });
  await eventually("a bar", () => stage.gateway.frames.sent("REAL_TIME_BARS").length > 0);
}

function newest(stage: Stage, message: string): Fields {
  const frame = stage.gateway.frames.sent(message as never).at(-1);
  if (frame === undefined) throw new Error(`the gateway sent no ${message}`);
  return frame.fields.map((field) => String(field ?? ""));
}

function ofResting(message: string) {
  return (stage: Stage): Fields => {
    const { orderId } = stage.gateway.liveOrders[0] ?? { orderId: 0 };
    const frame = stage.gateway.frames.sent(message as never).findLast(({ fields }) => Number(fields[1]) === orderId);
    if (frame === undefined) throw new Error(`the gateway sent no ${message} of order ${orderId}`);
    return frame.fields.map((field) => String(field ?? ""));
  };
}

function tick(message: number, type: number) {
  return (stage: Stage): Fields => {
    const [, , requestId] = stage.gateway.frames.received("REQ_MKT_DATA").at(-1)?.fields ?? [];
    // The last is a price's size, and the flags of it.
    return [message, 6, requestId, type, 0, ...(message === 1 ? [0, 0] : [])];
  };
}

const send = (stage: Stage, fields: Fields) =>
  stage.perform({ action: "send", fields: [...fields] } as unknown as ActionInput);

let price = 100;

/** Everything that was sent before is taken: a quote that is sent after it is on the bus. */
async function isHeard(stage: Stage): Promise<void> {
  price += 1;
  const last = price;
  stage.gateway.setQuote("SPY", { bid: last - 0.01, ask: last + 0.01, last, lastSize: 10, bidSize: 300, askSize: 300 });
  const quoted = async () => (await stage.bench.operator.lastValue(quoteMessage, ["SPY"]))?.data.last === last;
  await eventually("the bridge still hears", quoted);
}

async function restsStill(stage: Stage): Promise<void> {
  const [order] = stage.gateway.liveOrders;
  expect((await stage.bench.statuses(order?.terms.orderRef ?? "")).at(-1)).toBe("accepted");
}

/** Whatever is published fits its schema (reading it would throw), and has no number that is none. */
async function isSound(stage: Stage): Promise<void> {
  stage.bench.service.health();
  const published = [
    await stage.bench.stored(orderEventMessage),
    await stage.bench.stored(foreignOrderMessage),
    await stage.bench.stored(accountSummaryMessage),
    await stage.bench.stored(barMessage),
    await stage.bench.stored(quoteMessage),
    await stage.bench.fills(),
    await stage.bench.positions(),
    await stage.bench.sessions(),
    await stage.bench.alerts(),
  ];
  JSON.stringify(published, (field, value: unknown) => {
    if (typeof value === "number") expect(Math.abs(value), field).toBeLessThanOrEqual(1e13);
    if (typeof value === "string") expect(value.length, field).toBeLessThanOrEqual(2000);
    return value;
  });
}
