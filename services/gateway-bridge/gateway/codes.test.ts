import { describe, expect, it } from "vitest";
import {
  actionForHistory,
  actionForSession,
  DEAD_STREAM_CODES,
  meaningForOrder,
  REPEAT_STREAM_CODES,
} from "./codes.ts";
import { CODE_TABLE } from "./codes-table.ts";

/** The numbers of tws.md 6.1 and 6.2, and those of risk-rules.md section 4. */
const CONNECTIVITY = `
  1100 1101 1102 1300 2110 2103/2104 2105/2106 2107 2108 2119 2157/2158 326 501/502/503/504/506/507 10182 10225`;
const REQUESTS_AND_ORDERS = `
  100 101 102/322/385/386 103 104 105 106 107 110 135 161 162 200 201 202 300 309 320 321 322 327 354 366 399 404 420
  434 460 481 2100 2101 2102 2109 2137 2148 2150 2161 2168 2169 10089 10090 10091 10147 10148 10167 10168 10186 10187
  10189 10190 10197 10276`;
const REJECTIONS = "103 200 201 203 320 321 326 460 10289 10293";
const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

describe("the table of codes", () => {
  const classified = CODE_TABLE.flatMap(({ codes }) => codes);

  it.each([
    ["tws.md 6.1", CONNECTIVITY],
    ["tws.md 6.2", REQUESTS_AND_ORDERS],
    ["risk-rules.md 4", REJECTIONS],
  ])("names every code of %s", (_where, fixture) => {
    expect(numbersIn(fixture).filter((code) => !classified.includes(code))).toEqual([]);
  });

  it("names each code once, and says for each what is done about it", () => {
    expect(new Set(classified).size).toBe(classified.length);
    for (const row of CODE_TABLE) {
      expect([row.session, row.stream, row.history, row.order].some((action) => action !== undefined)).toBe(true);
    }
  });
});

describe("a code on an order", () => {
  it.each([
    [103, "Duplicate order id", "rejected"],
    [110, "price increment", "rejected"],
    [200, "no security definition", "rejected"],
    [201, "rejected", "rejected"],
    [203, "not allowed", "rejected"],
    [320, "read", "rejected"],
    [321, "Error validating request", "rejected"],
    [321, "The API interface is currently in Read-Only mode.", "read-only"],
    [460, "no trading permission", "rejected"],
    [10289, "x", "rejected"],
    [10293, "x", "rejected"],
    [202, "Order Canceled", "canceled"],
    [399, "your order will not be placed until the open", "warning"],
    [404, "locating shares", "warning"],
    [2109, "outside regular hours ignored", "warning"],
    [2999, "a warning nobody listed", "warning"],
    [161, "cancel attempted", "not-cancelable"],
    [135, "can't find order", "not-found"],
    [10147, "not found", "not-found"],
    [10148, "cannot be cancelled, state: Filled", "not-cancelable"],
    [31337, "nobody knows", "unknown"],
    [31337, "Warning: nobody knows", "warning"],
    // Said of orders by nobody we know: never taken for a rejection.
    [1100, "lost", "unknown"],
  ])("%i %s: %s", (code, text, meaning) => {
    expect(meaningForOrder(code, text)).toBe(meaning);
  });
});

describe("a code of the connection", () => {
  it.each([
    [1100, "broker-lost"],
    [2110, "broker-lost"],
    [1101, "data-lost"],
    [1102, "data-kept"],
    [1300, "port-changed"],
    [326, "client-id-in-use"],
    [2104, "verify-streams"],
    [2106, "verify-streams"],
    [100, "too-fast"],
    // A broken farm concerns data alone: it never ends the order session (nautilus#4412).
    [2103, "note"],
    [2105, "note"],
    [2157, "note"],
    [9999, "note"],
  ])("%i: %s", (code, action) => {
    expect(actionForSession(code)).toBe(action);
  });
});

describe("a code on a stream", () => {
  it("ends it, has it asked for again, or leaves it alone", () => {
    for (const dead of [101, 200, 354, 420, 10089, 10168, 10197]) expect(DEAD_STREAM_CODES).toContain(dead);
    for (const repeated of [10182, 10225]) expect(REPEAT_STREAM_CODES).toContain(repeated);
    for (const alive of [300, 10090, 10091, 10167, 2103, 9999]) {
      expect(DEAD_STREAM_CODES.has(alive) || REPEAT_STREAM_CODES.has(alive)).toBe(false);
    }
  });
});

describe("a code on a question to the broker's history", () => {
  it.each([
    [162, "Historical Market Data Service error message:Historical data request pacing violation", "too-fast"],
    [162, "Historical Market Data Service error message:HMDS query returned no data: SPY@SMART Trades", "no-data"],
    [162, "Historical Market Data Service error message:API historical data query cancelled: 7", "later"],
    [420, "Invalid Real-time Query", "too-fast"],
    [100, "Max rate of messages per second has been exceeded", "too-fast"],
    [200, "No security definition", "refused"],
    [354, "Not subscribed", "refused"],
    [10167, "Displaying delayed data", "keep"],
    [9999, "?", "later"],
  ])("%i %s: %s", (code, text, action) => {
    expect(actionForHistory(code, text)).toBe(action);
  });
});
