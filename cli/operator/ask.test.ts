import { describe, expect, it } from "vitest";
import { z } from "zod";
import { answerOf } from "./ask.ts";

describe("what a command makes of an error", () => {
  it("says of a reply that it cannot read which field it is, and that versions differ", () => {
    const { error } = z.object({ reserved: z.number() }).safeParse({});
    expect(answerOf(error)).toEqual({
      outcome: "unreachable",
      words: expect.stringMatching(/reserved.*another version.*`npm stop`, then `npm start`/s),
    });
  });

  it("leaves a defect alone", () => {
    expect(answerOf(new TypeError("x is not a function"))).toBeNull();
  });
});
