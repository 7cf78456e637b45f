import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NONSENSE, playNonsense, playRandomNonsense } from "./nonsense.ts";

describe("a message of the gateway that cannot be ends nothing, publishes nothing false, and is told once (law 10)", () => {
  const ends: unknown[] = [];
  const note = (error: unknown) => void ends.push(error);
  // What ends a process in production would end the run here, and not say of which message it came.
  beforeAll(() => void process.prependListener("uncaughtException", note));
  afterAll(() => void process.removeListener("uncaughtException", note));

  it.concurrent.each(NONSENSE.map((row) => [row.message, row] as const))("%s", async (_, row) => {
    await playNonsense(row);
    expect(ends).toEqual([]);
  });

  it.concurrent("whatever any field of it says", async () => {
    await playRandomNonsense(Number(process.env.NONSENSE_SEED ?? 20261129), Number(process.env.NONSENSE_RUNS ?? 15));
    expect(ends).toEqual([]);
  });
});
