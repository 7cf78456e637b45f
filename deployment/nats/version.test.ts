import { describe, expect, it } from "vitest";
import { compareVersions, parseVersion, reasonTooOld } from "./version.ts";

describe("a nats-server version", () => {
  it("is read from what -v prints and from a Debian version", () => {
    expect(parseVersion("nats-server: v2.15.1")).toEqual([2, 15, 1]);
    expect(parseVersion("1:2.10.27-1+b2")).toEqual([2, 10, 27]);
    expect(parseVersion("nats-server: unknown")).toBeUndefined();
  });

  it("is compared by numbers, not by text", () => {
    expect(compareVersions([2, 9, 10], [2, 10, 2])).toBeLessThan(0);
    expect(compareVersions([2, 15, 1], [2, 15, 1])).toBe(0);
  });

  it.each([
    [[2, 12, 0], undefined],
    [[3, 0, 0], undefined],
    [[2, 11, 17], "version 2.11.17 is older than 2.12.0"],
    [[2, 10, 23], "version 2.10.23 is older than 2.12.0"],
  ] as const)("%s is judged %s", (version, reason) => {
    expect(reasonTooOld(version)).toBe(reason);
  });

  it("says more about a version that loses streams", () => {
    expect(reasonTooOld([2, 10, 22])).toContain(
      "older than 2.10.23, below which a killed server can lose whole streams",
    );
    expect(reasonTooOld([2, 9, 10])).toContain("2.10.23");
  });
});
