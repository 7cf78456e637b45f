import { describe, expect, it } from "vitest";
import type { Alert } from "#libs/contracts/mod.ts";
import { DeadLetters } from "./dead-letters.ts";
import { StreamFullError } from "./errors.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe("dead letters", () => {
  it("raise their alert also when the stream that keeps them is full (law 8)", async () => {
    const alerts: Alert[] = [];
    const letters = new DeadLetters({
      context: { identity: "risk", logger: silent },
      record: () => Promise.reject(new StreamFullError("DEAD_LETTERS")),
      alert: async (alert) => void alerts.push(alert),
    });
    letters.keep("md.quote.SPY", "not JSON", new Uint8Array(3));
    await new Promise((resolve) => setImmediate(resolve));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.text).toMatch(/could NOT be kept.*size limit/);
  });
});
