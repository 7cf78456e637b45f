import { describe, expect, it } from "vitest";
import { growthOf } from "./verdict.ts";

const MIB = 1024 * 1024;
const hour = (mibAt: (minute: number) => number) =>
  Array.from({ length: 60 * 12 }, (_, at) => {
    const minute = at / 12;
    return { minute, bytes: mibAt(minute) * MIB, anonymousBytes: (mibAt(minute) - 50) * MIB };
  });
const judged = (mibAt: (minute: number) => number) => growthOf(hour(mibAt), 60, 25 * MIB);

describe("the verdict of a soak", () => {
  it("finds a leak", () => {
    expect(judged((minute) => 100 + minute / 3)).toMatchObject({ grows: true, live: 25 });
    expect(judged((minute) => 100 + minute / 5).grows).toBe(false);
  });

  it("lets a process take what it needs in the warm-up and then stand", () => {
    const growth = judged((minute) => 100 + Math.min(15, minute));
    expect(growth.slopeLastHalf).toBeCloseTo(0, 5);
    expect(growth).toMatchObject({ end: 115, endAnonymous: 65, grows: false });
  });

  it("acquits nothing for a last half that stands", () => {
    const growth = judged((minute) => 100 + Math.min(60, 2 * minute));
    expect(growth.slopeLastHalf).toBeCloseTo(0, 5);
    expect(growth.grows).toBe(true);
  });
});
