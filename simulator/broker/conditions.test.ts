import { beforeEach, describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { Desk, quote } from "../testing/desk.ts";
import type { Observed } from "./conditions.ts";
import { printsAfter } from "./prints.ts";

interface Shown extends Partial<Pick<Observed, "volume" | "change">> {
  readonly last?: number;
  readonly middle?: number;
}

const SPY = 756733;
const QQQ = 320227571;
const IGNORE_RTH = "1";
const price = (isMore: boolean, value: number, tie = "a", conId = QQQ) => [
  ...["1", tie, isMore ? "1" : "0", String(value)],
  ...[String(conId), "SMART", "0"],
];
const time = (isMore: boolean, clock: string, tie = "a") => [
  ...["3", tie, isMore ? "1" : "0"],
  `20251007 ${clock} US/Eastern`,
];
const held = (count: number, fields: string[], { ignoreRth = "0", cancel = "0" } = {}) => ({
  conditionCount: count,
  conditionFields: [...fields, ignoreRth, cancel],
});

describe("an order with conditions", () => {
  let seen: Map<number, Observed>;
  let desk: Desk;
  const shows = (conId: number, { last, middle = last, volume, change }: Shown) => {
    const prints =
      last === undefined || middle === undefined ? undefined : printsAfter(undefined, quote(middle, middle, { last }));
    seen.set(conId, { secType: "STK", prints: () => prints, volume, change });
  };
  const statuses = () =>
    desk.effects.flatMap((effect) => (effect.kind === "order-status" ? [effect.status ?? effect.order.phase] : []));

  beforeEach(() => {
    seen = new Map();
    desk = new Desk((conId) => seen.get(conId));
    shows(SPY, { last: 100 });
    shows(QQQ, { last: 400, middle: 401, volume: 1000, change: 0 });
    desk.quote(quote(99.99, 100.01));
  });

  it("is held back, PreSubmitted, until another instrument's price is reached, and then trades", () => {
    desk.place(1, held(1, price(true, 405)));
    expect(desk.phase(1)).toBe("waiting-condition");
    expect(statuses()).toEqual(["PreSubmitted"]);
    shows(QQQ, { last: 404.99 });
    desk.weigh();
    expect(desk.fills()).toEqual([]);
    shows(QQQ, { last: 405 });
    desk.weigh();
    expect(desk.fills()).toEqual([{ quantity: 100, price: 100.01 }]);
  });

  it("goes at once when they are met as it comes", () => {
    desk.place(1, held(1, price(true, 400)));
    expect(desk.fills()).toHaveLength(1);
  });

  it("stays free once they were met, and works like any other", () => {
    desk.place(1, { ...held(1, price(true, 400)), orderType: "LMT", limitPrice: 99 });
    expect(desk.phase(1)).toBe("working");
    shows(QQQ, { last: 300 });
    desk.weigh();
    desk.quote(quote(98.9, 98.95));
    expect(desk.fills()).toEqual([{ quantity: 100, price: 99 }]);
  });

  it("that is good after a time waits for it, and not for the market to open; one that is past holds nothing", () => {
    const goodAfterTime = "20251007 12:30:00 US/Eastern";
    desk.place(1, { goodAfterTime });
    expect(statuses()).toEqual(["PreSubmitted"]);
    desk.weigh(instantOf("2025-10-07", "12:29:59"));
    expect(desk.fills()).toEqual([]);
    desk.weigh(instantOf("2025-10-07", "12:30"));
    expect(desk.fills()).toHaveLength(1);
    desk.place(2, { goodAfterTime }, instantOf("2025-10-07", "12:31"));
    expect(desk.fills()).toHaveLength(1);
  });

  it("that is good after what is no time is refused", () => {
    desk.place(1, { goodAfterTime: "tomorrow" });
    expect(desk.effects).toMatchObject([
      { kind: "error", code: 321, text: expect.stringContaining("good after time") },
    ]);
  });

  it("waits for a time of day", () => {
    desk.place(1, held(1, time(true, "12:30:00")));
    desk.weigh(instantOf("2025-10-07", "12:29:59"));
    expect(desk.fills()).toEqual([]);
    desk.weigh(instantOf("2025-10-07", "12:30"));
    expect(desk.fills()).toHaveLength(1);
  });

  it("needs all that are tied by and, one of what is tied by or, and and binds closer", () => {
    desk.place(1, held(2, [...price(true, 400), ...price(true, 405)]));
    expect(desk.phase(1)).toBe("waiting-condition");
    desk.place(2, held(2, [...price(true, 400, "o"), ...price(true, 405)]));
    expect(desk.phase(2)).toBe("filled");
    // (above 405 and below 300) or above 400
    desk.place(3, held(3, [...price(true, 405), ...price(false, 300, "o"), ...price(true, 400)]));
    expect(desk.phase(3)).toBe("filled");
    // above 400 and above 405, or below 300, tied on with nothing behind it
    desk.place(4, held(3, [...price(true, 400), ...price(true, 405, "o"), ...price(false, 300, "o")]));
    expect(desk.phase(4)).toBe("waiting-condition");
  });

  it("is looked at in the regular session only, unless it says otherwise", () => {
    const early = instantOf("2025-10-07", "08:00");
    const limit = { orderType: "LMT", limitPrice: 101, outsideRth: true };
    desk.place(1, { ...held(1, price(true, 400)), ...limit }, early);
    expect(desk.phase(1)).toBe("waiting-condition");
    desk.place(2, { ...held(1, price(true, 400), { ignoreRth: IGNORE_RTH }), ...limit }, early);
    expect(desk.phase(2)).toBe("filled");
  });

  it("works at once and is cancelled when they are met, if that is what they are for", () => {
    desk.place(1, { ...held(1, price(true, 405), { cancel: "1" }), orderType: "LMT", limitPrice: 99 });
    expect(desk.phase(1)).toBe("working");
    shows(QQQ, { last: 405 });
    desk.weigh();
    expect(desk.phase(1)).toBe("cancelled");
    expect(desk.codes()).toEqual([202]);
  });

  it("looks at volume, the change of the day, the middle of the quote, the margin and executions", () => {
    desk.place(1, held(1, ["6", "a", "1", "2000", String(QQQ), "SMART"]));
    desk.place(2, held(1, ["7", "a", "0", "-1.5", String(QQQ), "SMART"]));
    desk.place(3, held(1, ["1", "a", "1", "402", String(QQQ), "SMART", "8"]));
    desk.place(4, held(1, ["4", "a", "0", "100"]));
    desk.place(5, held(1, ["5", "a", "STK", "SMART", "SPY"]));
    expect([1, 2, 3, 5].map((id) => desk.phase(id))).toEqual(Array(4).fill("waiting-condition"));
    // The cushion of an account with nothing in it is a hundred per cent.
    expect(desk.phase(4)).toBe("filled");
    shows(QQQ, { volume: 2000, change: -1.5, last: 300, middle: 402 });
    desk.weigh();
    expect([1, 2, 3, 5].map((id) => desk.phase(id))).toEqual(Array(4).fill("filled"));
  });

  it("is held again when a change gives it other conditions", () => {
    const limit = { orderType: "LMT", limitPrice: 99 };
    desk.place(1, { ...held(1, price(true, 400)), ...limit });
    expect(desk.phase(1)).toBe("working");
    desk.place(1, { ...held(1, price(true, 410)), ...limit });
    expect(desk.phase(1)).toBe("waiting-condition");
  });

  it("waits behind its parent first, then for its conditions, and a stop for its trigger after them", () => {
    desk.place(1, { orderType: "LMT", limitPrice: 99, transmit: false });
    desk.place(2, { ...held(1, price(true, 405)), action: "SELL", orderType: "STP", auxPrice: 98, parentId: 1 });
    expect(desk.phase(2)).toBe("waiting-parent");
    desk.quote(quote(98.9, 98.95));
    expect(desk.phase(2)).toBe("waiting-condition");
    shows(QQQ, { last: 405 });
    desk.weigh();
    expect(desk.phase(2)).toBe("waiting-trigger");
  });

  it("ends with its day when they never are", () => {
    desk.place(1, held(1, price(true, 405)));
    desk.quote(quote(99.99, 100.01), instantOf("2025-10-07", "16:00"));
    expect(desk.phase(1)).toBe("cancelled");
  });

  it("is refused when a condition makes no sense or names a contract that is not listed", () => {
    desk.place(1, held(1, ["1", "a", "1", "much", String(QQQ), "SMART", "0"]));
    expect(desk.codes()).toEqual([321]);
    desk.place(1, held(1, price(true, 1, "a", 42)));
    expect(desk.codes()).toEqual([321]);
    desk.place(1, held(1, ["1", "a", "1", "1", String(QQQ), "SMART", "5"]));
    expect(desk.codes()).toEqual([321]);
    desk.place(1, held(1, ["3", "a", "1", "tomorrow"]));
    expect(desk.codes()).toEqual([321]);
  });
});
