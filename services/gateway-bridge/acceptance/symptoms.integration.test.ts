import { describe, it } from "vitest";
import { play } from "./stage.ts";
import { SYMPTOMS } from "./symptoms.ts";

describe("symptoms of a gateway that is up and no use (tws.md 7.2)", () => {
  // They wait most of their time, each for a deadline of its own.
  it.concurrent.each(SYMPTOMS.map((row) => [row.proves.join(", "), row.says, row] as const))("%s: %s", (_, __, row) =>
    play(row),
  );
});
