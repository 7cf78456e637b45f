import { describe, expect, it } from "vitest";
import { LedgerProgress } from "./ledger-progress.ts";

describe("whether the fold may be behind the ledger", () => {
  it("is not asked of a record on its way, and is of one that does not come back", () => {
    const progress = new LedgerProgress();
    progress.expect(10, 1000);
    expect(progress.behind(9, 2999)).toBeNull();
    expect(progress.behind(9, 3000)).toBe("at_9_of_10");
    expect(progress.behind(10, 3000)).toBeNull();
  });

  it("is true from the loss of the bus until a record made since has come back", () => {
    const progress = new LedgerProgress();
    progress.lost();
    expect(progress.behind(99, 0)).toBe("the_bus_was_away");
    progress.fence(100, 5000);
    expect(progress.behind(99, 5000)).toBe("at_99_of_100");
    expect(progress.behind(100, 5000)).toBeNull();
  });
});
