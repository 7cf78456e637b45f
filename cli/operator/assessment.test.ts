import { describe, expect, it } from "vitest";
import { roomText } from "./assessment.ts";

describe("what a limit would leave", () => {
  it.each([
    [{ left: 4990, unit: "shares" }, "4990 shares left"],
    [{ left: -1, unit: "shares" }, "1 share beyond"],
    [{ left: -1, unit: "day-trades" }, "1 day trade beyond"],
    [{ left: 2, unit: "day-trades" }, "2 day trades left"],
    [{ left: 1, unit: "ms" }, "1 ms left"],
    [{ left: -3186.714, unit: "USD" }, "3186.71 USD beyond"],
  ])("%j is %s", (room, text) => expect(roomText(room)).toBe(text));
});
