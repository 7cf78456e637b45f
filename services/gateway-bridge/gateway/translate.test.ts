import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { meaningForOrder } from "./codes.ts";
import { brokerExecution, brokerTime } from "./translate.ts";

describe("the broker's times", () => {
  it.each([
    ["20260310 09:31:05 US/Eastern", epochMsOf("2026-03-10", "09:31:05")],
    ["20260310  09:31:05", epochMsOf("2026-03-10", "09:31:05")],
    ["20260310-13:31:05", epochMsOf("2026-03-10", "09:31:05")],
    ["20260310 09:31:05 Asia/Tokyo", null],
    ["yesterday", null],
    ["", null],
  ])("%j", (text, expected) => {
    expect(brokerTime(text)).toBe(expected);
  });
});

describe("an execution", () => {
  it("that lacks what makes it one is left out", () => {
    expect(brokerExecution({ symbol: "SPY" }, { execId: "1.1.01", shares: 1, price: 0, side: "BOT" })).toBeUndefined();
    expect(brokerExecution({ symbol: "SPY" }, { execId: "1.1.01", shares: 1, price: 5, side: "???" })).toBeUndefined();
  });
});

describe("codes on an order", () => {
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
    [161, "cancel attempted", "not-cancelable"],
    [10147, "not found", "not-found"],
    [10148, "cannot be cancelled, state: Filled", "not-cancelable"],
    [31337, "nobody knows", "unknown"],
  ])("%i %s: %s", (code, text, meaning) => {
    expect(meaningForOrder(code, text)).toBe(meaning);
  });
});
