import { describe, it } from "vitest";
import { play } from "./stage.ts";
import { THEMES } from "./themes.ts";

describe("what goes wrong elsewhere (risk-rules.md 4)", () => {
  // They wait most of their time, each for a deadline of its own.
  it.concurrent.each(THEMES.map((row) => [row.proves.join(", "), row.says, row] as const))("%s: %s", (_, __, row) =>
    play(row),
  );
});
