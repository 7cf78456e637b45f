import { describe, expect, it } from "vitest";
import { type TaskPlaces, taskFile } from "./task-file.ts";

const PLACES: TaskPlaces = { user: "DESKTOP\\trader", projectFolder: "C:\\crucible", ibcFolder: "C:\\IBC" };
const TEMPLATE = '<?xml version="1.0"?>\n<Task>@USER@|@PROJECT@|@IBC@|@USER@</Task>\n';

const textOf = (file: Buffer) => file.toString("utf16le");

describe("a task file for schtasks", () => {
  it("is UTF-16LE with a byte order mark, and says so", () => {
    const file = taskFile(TEMPLATE, PLACES);
    expect([...file.subarray(0, 4)]).toEqual([0xff, 0xfe, "<".charCodeAt(0), 0]);
    expect(textOf(file)).toMatch(/^\ufeff<\?xml version="1\.0" encoding="UTF-16"\?>\n/);
  });

  it("has every place filled in", () => {
    expect(textOf(taskFile(TEMPLATE, PLACES))).toContain(
      "<Task>DESKTOP\\trader|C:\\crucible|C:\\IBC|DESKTOP\\trader</Task>",
    );
  });

  it("keeps names that mean something to XML, to a replacement or to no code page", () => {
    const places = { user: "PC\\$& Müller", projectFolder: "D:\\a & b <c>", ibcFolder: "C:\\$1" };
    expect(textOf(taskFile(TEMPLATE, places))).toContain(
      "PC\\$&amp; Müller|D:\\a &amp; b &lt;c&gt;|C:\\$1|PC\\$&amp; Müller",
    );
  });

  it.each([
    ["a relative folder", "crucible"],
    ["a folder of another system", "/srv/crucible"],
    ["a percent sign, which cmd.exe expands", "C:\\100%\\crucible"],
    ["a quote", 'C:\\a"b'],
    ["a closing backslash, which would end the quoting", "C:\\crucible\\"],
    ["a drive alone", "C:\\"],
    ["more characters than the schema has", `C:\\${"x".repeat(258)}`],
  ])("refuses %s", (_what, projectFolder) => {
    expect(() => taskFile(TEMPLATE, { ...PLACES, projectFolder })).toThrow(
      /cannot be used in a task: give a full path/,
    );
  });
});
