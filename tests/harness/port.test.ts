import { expect, it } from "vitest";
import { claimPort } from "./port.ts";

it("gives each port once, and none that the system hands out by itself", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, claimPort));
  expect(new Set(ports).size).toBe(200);
  expect(ports.every((port) => port >= 20_000 && port < 32_768)).toBe(true);
});
