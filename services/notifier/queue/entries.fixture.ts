import type { Severity } from "#libs/contracts/mod.ts";
import type { Entry } from "./entry.ts";

/** An alert in the queue, for tests. */
export function entryOf(sequence: number, severity: Severity, change: Partial<Entry["alert"]> = {}): Entry {
  return {
    key: `alert-${sequence}@0`,
    id: `alert-${sequence}`,
    sequence,
    alert: { severity, code: "TEST_ALERT", title: `alert ${sequence}`, text: "what happened", fields: [], ...change },
    source: "risk",
    mode: "dry-run",
    marketTime: Date.UTC(2026, 10, 23, 14, 31, 5),
    publishedAt: Date.UTC(2026, 10, 23, 14, 31, 6),
    plain: false,
  };
}
