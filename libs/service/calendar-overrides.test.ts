import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCalendarOverrides } from "./calendar-overrides.ts";
import { ConfigurationError } from "./configuration-error.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crucible-overrides-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function refusalOf(text: string): Promise<string> {
  const path = join(folder, "overrides.json");
  await writeFile(path, text);
  const error = await readCalendarOverrides(path).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as Error).message;
}

describe("the file of calendar overrides", () => {
  it("is none when no path is set", async () => {
    expect(await readCalendarOverrides("")).toEqual([]);
  });

  it("is refused in one line, with the entry, the field and what it must be", async () => {
    const entry = { date: "2026-11-24", kind: "closed", reason: "mourning" };
    const message = await refusalOf(JSON.stringify([entry, { ...entry, date: "2026-11-25", kind: "half" }]));
    expect(message).toMatch(
      /CALENDAR_OVERRIDES_PATH: .*overrides\.json cannot be used: entry 2, kind: kind must be "closed"/,
    );
    expect(message).not.toContain("\n");
  });

  it("is refused when it is not JSON, not a list, or not there", async () => {
    expect(await refusalOf("[{")).toMatch(/overrides\.json is not JSON/);
    expect(await refusalOf("{}")).toMatch(/must be a JSON array, for example/);
    await expect(readCalendarOverrides(join(folder, "nothing"))).rejects.toThrow(/nothing is not there/);
  });
});
