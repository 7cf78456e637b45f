import { describe, expect, it } from "vitest";
import { negotiateVersion, parseHello } from "./handshake.ts";

function hello(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([Buffer.from("API\0"), length, Buffer.from(text)]);
}

describe("hello", () => {
  it("names the range of versions a client speaks", () => {
    expect(parseHello(hello("v100..193"))).toMatchObject({ kind: "hello", minVersion: 100, maxVersion: 193 });
  });

  it("may carry connect options after a space", () => {
    expect(parseHello(hello("v100..178 +PACEAPI"))).toMatchObject({ kind: "hello", maxVersion: 178 });
  });

  it("leaves what follows it for the frame reader", () => {
    const parsed = parseHello(Buffer.concat([hello("v100..193"), Buffer.from("rest")]));
    expect(parsed.kind === "hello" ? parsed.rest.toString() : "").toBe("rest");
  });

  it("waits for the rest of a cut hello, at every byte", () => {
    const whole = hello("v100..193");
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseHello(whole.subarray(0, length)).kind).toBe("incomplete");
    }
  });

  it.each(["GET / HTTP/1.1\r\n", "API\u0001"])("is not %j", (text) => {
    expect(parseHello(Buffer.from(text)).kind).toBe("garbage");
  });

  it("has a version text", () => {
    expect(parseHello(hello("version 9")).kind).toBe("garbage");
  });
});

describe("the negotiated version", () => {
  it("is the smaller of the two maxima", () => {
    expect(negotiateVersion({ minVersion: 100, maxVersion: 178 }, 193)).toBe(178);
    expect(negotiateVersion({ minVersion: 100, maxVersion: 193 }, 177)).toBe(177);
  });

  it("does not exist for a client that is too new or too old", () => {
    expect(negotiateVersion({ minVersion: 201, maxVersion: 210 }, 193)).toBeUndefined();
    expect(negotiateVersion({ minVersion: 100, maxVersion: 150 }, 193)).toBeUndefined();
  });
});
