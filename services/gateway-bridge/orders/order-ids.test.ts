import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRequestId, RequestIds } from "../desk/request-ids.ts";
import { LAST_ORDER_ID, OrderIds } from "./order-ids.ts";

function open(kept: { highestInLedger?: number; reservedUpTo?: number } = {}) {
  const disk: number[] = [];
  const writing: (() => void)[] = [];
  const ids = new OrderIds({
    highestInLedger: kept.highestInLedger ?? 0,
    reservedUpTo: kept.reservedUpTo ?? 0,
    keep: async (upTo) => {
      await new Promise<void>((resolve) => void writing.push(resolve));
      disk.push(upTo);
    },
  });
  return { ids, disk, written: () => writing.splice(0).forEach((done) => void done()) };
}

it("gives no id of a question before it is on the disk that it may be used", async () => {
  const { ids, disk, written } = open({ highestInLedger: 10 });
  expect(ids.nextReserved()).toBeNull();
  const reserved = Promise.all([ids.reserve(), ids.reserve()]);
  expect(ids.nextReserved()).toBeNull();
  written();
  await reserved;
  expect(disk).toHaveLength(1);
  expect(ids.nextReserved()).toBe(11);
  expect(disk[0]).toBeGreaterThanOrEqual(11);
});

it("gives no id again after a restart, whether an order or a question had it, and whatever the gateway says", async () => {
  const before = open();
  const reserved = before.ids.reserve();
  before.written();
  await reserved;
  const asked = before.ids.nextReserved() ?? 0;
  const after = open({ reservedUpTo: before.disk[0] ?? 0 });
  after.ids.raiseTo(1);
  expect(after.ids.next()).toBeGreaterThan(asked);
});

it("counts orders and questions on one line: a gateway takes no id below one that it has seen (103)", async () => {
  const { ids, disk, written } = open();
  const given: (number | null)[] = [ids.next()];
  const reserved = ids.reserve();
  written();
  await reserved;
  for (let times = 0; times < 3; times += 1) given.push(ids.nextReserved(), ids.next());
  expect(given).toEqual([1, 2, 3, 4, 5, 6, 7]);
  ids.raiseTo((disk[0] ?? 0) + 10);
  expect(ids.nextReserved()).toBeNull();
});

it("are given once, whatever the gateway says in between", () => {
  const step = fc.oneof(
    fc.constant("next" as const),
    fc.integer({ min: -5, max: 1000 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.array(step), (highestInLedger, steps) => {
      const { ids } = open({ highestInLedger });
      let last = highestInLedger;
      for (const what of steps) {
        if (what !== "next") {
          ids.raiseTo(what);
          continue;
        }
        const id = ids.next();
        expect(id).toBeGreaterThan(last);
        last = id;
      }
    }),
  );
});

it("begin where the gateway wants them, when that is higher", () => {
  const { ids } = open({ highestInLedger: 5 });
  ids.raiseTo(100);
  expect(ids.next()).toBe(100);
});

describe("ids that another program drove up", () => {
  it.each([1_499_999_998, 1_500_000_000, 1_500_000_003, 1_599_999_999, 1_790_000_000])(
    "are no request's when the gateway's next is %i",
    async (next) => {
      const { ids, written } = open();
      ids.raiseTo(next);
      const requests = new RequestIds();
      expect(Array.from({ length: 5 }, () => requests.next()).every(isRequestId)).toBe(true);
      const given: (number | null)[] = [];
      for (let times = 0; times < 5; times += 1) {
        const reserved = ids.reserve();
        written();
        await reserved;
        given.push(ids.next(), ids.nextReserved());
      }
      expect(given.filter((id) => id === null || isRequestId(id))).toEqual([]);
      expect(ids.whyNone).toBeNull();
    },
  );

  it("end before the protocol's do: no order has one, and none is lost for good", () => {
    const { ids } = open({ highestInLedger: 7 });
    ids.raiseTo(LAST_ORDER_ID);
    expect(ids.whyNone).toBeNull();
    const { ids: others } = open({ highestInLedger: 7 });
    for (const next of [LAST_ORDER_ID + 1, 2_147_483_647, 5_000_000_000]) {
      others.raiseTo(next);
      expect(others.whyNone).toContain(String(next));
      others.seen(12);
      expect(others.whyNone, "an order of the list has no word on the next one").toContain(String(next));
    }
    // The operator had the gateway begin anew.
    others.raiseTo(1);
    expect(others.whyNone).toBeNull();
    expect(others.next()).toBe(13);
  });
});
