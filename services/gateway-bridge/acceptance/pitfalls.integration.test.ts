import { describe, it } from "vitest";
import { PITFALLS } from "./pitfalls.ts";
import { play } from "./stage.ts";

describe("pitfalls of the client library (tws.md 1.5)", () => {
  // They wait most of their time, each for a deadline of its own.
  it.concurrent.each(PITFALLS.map((row) => [row.proves.join(", "), row.says, row] as const))("%s: %s", (_, __, row) =>
    play(row),
  );
});
