import { describe, expect, it } from "vitest";
import { readinessOf } from "./readiness.ts";

const READY = { timeZone: "Eastern Standard Time", regionalFormat: "en-US" };

describe("the machine the tasks are for", () => {
  it("is ready with New York's zone and the American format", () => {
    expect(readinessOf(READY)).toEqual({ refusals: [], warnings: [] });
  });

  it.each(["Central European Standard Time", "Eastern Standard Time_dstoff", ""])(
    "is refused with the zone %j",
    (zone) => {
      const { refusals } = readinessOf({ ...READY, timeZone: zone });
      expect(refusals).toHaveLength(1);
      expect(refusals[0]).toContain('tzutil /s "Eastern Standard Time"');
    },
  );

  it.each(["en-GB", "de-DE", undefined])("is warned about the regional format %s", (regionalFormat) => {
    const { refusals, warnings } = readinessOf({ ...READY, regionalFormat });
    expect(refusals).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("04:30 PM");
  });

  it("is warned about a zone that could not be read", () => {
    expect(readinessOf({ ...READY, timeZone: undefined }).warnings[0]).toContain("tzutil /g");
  });
});
