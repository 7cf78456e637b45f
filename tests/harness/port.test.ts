import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { claimPort } from "./port.ts";
import { TEST_FOLDER } from "./whole-run.ts";

it("gives each port once, and none that the system hands out by itself", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, claimPort));
  expect(new Set(ports).size).toBe(200);
  expect(ports.every((port) => port >= 20_000 && port < 32_768)).toBe(true);
});

it("gives none that was given in another run, also while nobody listens there", async () => {
  const random = vi.spyOn(Math, "random");
  const run = process.env[TEST_FOLDER];
  try {
    const drawn = Math.random();
    random.mockReturnValueOnce(drawn);
    const given = await claimPort();
    process.env[TEST_FOLDER] = join(tmpdir(), "another-run");
    random.mockReturnValueOnce(drawn);
    expect(await claimPort()).not.toBe(given);
  } finally {
    process.env[TEST_FOLDER] = run;
    random.mockRestore();
  }
});
