import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_CHARACTERS_MAX, takeLines } from "./lines.ts";

const texts = (text: string, wait = true) => takeLines(Buffer.from(text, "latin1"), false, wait);

describe("lines", () => {
  it("end with LF or CR LF, and an unfinished one is left for the next reading", () => {
    const taken = texts("one\r\ntwo\nthr");
    expect(taken.lines).toEqual([
      { text: "one", at: 0 },
      { text: "two", at: 5 },
    ]);
    expect(taken.consumed).toBe(9);
  });

  it("of any length are bounded", () => {
    expect(texts(`${"x".repeat(100_000)}\n`).lines[0]?.text).toHaveLength(LINE_CHARACTERS_MAX);
  });

  it("that are not waited for are taken as they are, and their rest is no line of its own", () => {
    const taken = texts("one\ntw", false);
    expect(taken.lines.map(({ text }) => text)).toEqual(["one", "tw"]);
    expect(taken.inLongLine).toBe(true);
    expect(takeLines(Buffer.from("o\nthree\n"), true, true).lines).toEqual([{ text: "three", at: 2 }]);
  });

  it("are the same however the file grows, none twice and none missed", () => {
    const line = fc.string({ maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, " "));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(200), { maxLength: 30 }), (lines, sizes) => {
        const file = Buffer.from(lines.map((text) => `${text}\r\n`).join(""), "latin1");
        const read: string[] = [];
        let offset = 0;
        for (const size of [...sizes.sort((a, b) => a - b), file.length]) {
          const taken = takeLines(file.subarray(offset, Math.max(offset, Math.min(size, file.length))), false, true);
          read.push(...taken.lines.map(({ text }) => text));
          offset += taken.consumed;
        }
        expect(read).toEqual(lines.map((text) => Buffer.from(text, "latin1").toString("latin1")));
      }),
    );
  });
});
