import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, FrameReader, FrameTooLargeError } from "./frame.ts";

const fieldText = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\0", ""));
const messages = fc.array(fc.array(fieldText, { minLength: 1, maxLength: 8 }), { maxLength: 6 });

describe("frames", () => {
  it("come back as they were sent, however the stream is cut", () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 50 }), (sent, chunkBytes) => {
        const bytes = Buffer.from(sent.map((fields) => encodeFrame(fields)).join(""), "latin1");
        const reader = new FrameReader();
        const received: string[][] = [];
        for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
          received.push(...reader.push(bytes.subarray(offset, offset + chunkBytes)));
        }
        // An unpaired surrogate has no UTF-8 form; it travels as the replacement character.
        expect(received).toEqual(sent.map((fields) => fields.map((field) => field.toWellFormed())));
      }),
    );
  });

  it("write numbers, booleans and absent fields as text", () => {
    const [fields] = new FrameReader().push(Buffer.from(encodeFrame([1, 0.25, true, false, undefined, "x"]), "latin1"));
    expect(fields).toEqual(["1", "0.25", "1", "0", "", "x"]);
  });

  it("have a big-endian length in front and a NUL behind each field", () => {
    expect(Buffer.from(encodeFrame([49, 1]), "latin1").toString("hex")).toBe("000000053439003100");
  });

  it("refuse a length that no message has", () => {
    expect(() => new FrameReader().push(Buffer.from([0x7f, 0xff, 0xff, 0xff]))).toThrow(FrameTooLargeError);
  });
});
