import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRequest } from "./requests.ts";
import { newestLayoutVersion, oldestLayoutVersion } from "./versions.ts";

describe("requests", () => {
  it("never throw, whatever a client sends", () => {
    const fields = fc.tuple(
      fc.oneof(fc.integer({ min: -1, max: 120 }).map(String), fc.string({ maxLength: 4 })),
      fc.array(fc.oneof(fc.integer({ min: -5, max: 300 }).map(String), fc.string({ maxLength: 5 })), {
        maxLength: 130,
      }),
    );
    const version = fc.integer({ min: oldestLayoutVersion, max: newestLayoutVersion });
    fc.assert(
      fc.property(fields, version, ([id, rest], serverVersion) => {
        expect(["request", "malformed", "unknown"]).toContain(parseRequest([id, ...rest], serverVersion).kind);
      }),
    );
  });

  it("read an unset number in every way clients write it", () => {
    for (const unset of ["", "1.7976931348623157E308", "1.7976931348623157e+308"]) {
      const contract = ["0", "SPY", "STK", "", unset, "", "", "SMART", "", "USD", "", ""];
      const parsed = parseRequest(["1", "11", "7", ...contract, "0", "", "0", "0", ""], 193);
      expect(parsed).toMatchObject({ kind: "request", request: { reqId: 7, contract: { strike: 0 } } });
    }
  });

  it("name the missing field", () => {
    const parsed = parseRequest(["7", "3", "9", "0", "DU1"], 193);
    expect(parsed).toMatchObject({ kind: "malformed", name: "REQ_EXECUTIONS", reqId: 9 });
    expect(parsed.kind === "malformed" ? parsed.reason : "").toContain("'time'");
  });

  it("read CANCEL_ORDER with its version field only below 192", () => {
    expect(parseRequest(["4", "1", "77", ""], 178)).toMatchObject({ request: { orderId: 77 } });
    expect(parseRequest(["4", "77", "", "", "2147483647"], 193)).toMatchObject({ request: { orderId: 77 } });
  });

  it("read the three fields that CANCEL_ORDER had for quote requests, from 187 to 189 alone", () => {
    const cancel = ["4", "1", "77", "", "", "", "2147483647"];
    expect(parseRequest(cancel, 189, "strict")).toMatchObject({ request: { orderId: 77 } });
    expect(parseRequest(cancel, 186, "strict")).toMatchObject({ kind: "malformed", reqId: 77 });
  });

  it("tell what is cut short from what does not exist", () => {
    expect(parseRequest(["87", "5"], 193)).toMatchObject({ kind: "malformed", name: "REQ_HEAD_TIMESTAMP", reqId: 5 });
    expect(parseRequest(["999"], 193)).toEqual({ kind: "unknown", id: "999" });
  });
});
